"""One question for all who ask at the same time: while one is under way, who comes is gathered for the next.

A question to Postgres costs a process more than what it brings. Where many ask alike, each within a moment of
the others, they share one; who is alone waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import gevent
from gevent.event import AsyncResult

from partyapp.shared.kernel.errors import Refusal

Q = TypeVar("Q")
A = TypeVar("A")

#: So many are asked about at once.
MOST = 50
#: Work for so many at once is followed by a pause of so long, in s: more of it comes, and nobody waits.
SEVERAL, PAUSE_S = 3, 0.05


class Gathered(Generic[Q, A]):
    """Answers questions by `ask`, which takes several, may wait, and returns their answers in their order.

    An answer is never older than its question. A `Refusal` is everybody's who waits, since what could not be
    asked now could not be asked for them either; after another error each is asked about alone.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Sequence[A]], most: int = MOST) -> None:
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[Q, AsyncResult[A]]] = []
        self._asking = False

    def __call__(self, question: Q) -> A:
        """The answer to this question. Waits; raises what `ask` does."""
        answer: AsyncResult[A] = AsyncResult()
        self._waiting.append((question, answer))
        if not self._asking:
            self._asking = True
            gevent.spawn(self._ask_all)
        found: A = answer.get()
        return found

    def _ask_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._answer(asked)
        finally:
            self._asking = False

    def _answer(self, asked: Sequence[tuple[Q, AsyncResult[A]]]) -> None:
        try:
            found = self._ask([question for question, _ in asked])
        except Refusal as refusal:
            waiting, self._waiting = self._waiting, []
            for _, answer in (*asked, *waiting):
                answer.set_exception(refusal)
        except Exception as error:
            if len(asked) == 1:
                asked[0][1].set_exception(error)
                return
            for one in asked:
                self._answer([one])
        else:
            for (_, answer), value in zip(asked, found, strict=True):
                answer.set(value)


class GatheredWork(Generic[Q]):
    """Does for several at once what nobody waits for: `work` takes all that came while the last one went on.

    It may wait, and has to handle its own errors.
    """

    def __init__(self, work: Callable[[Sequence[Q]], None], pause_s: float = PAUSE_S) -> None:
        self._work = work
        self._pause_s = pause_s
        self._waiting: list[Q] = []
        self._working = False

    def __call__(self, one: Q) -> None:
        """Have it done soon. Doesn't wait."""
        self._waiting.append(one)
        if not self._working:
            self._working = True
            gevent.spawn(self._work_on_all)

    def _work_on_all(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                self._work(taken)
                if len(taken) >= SEVERAL:
                    gevent.sleep(self._pause_s)
        finally:
            self._working = False
