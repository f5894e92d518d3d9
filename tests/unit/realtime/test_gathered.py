"""Questions that are asked at the same time share one, and no answer is older than its question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gevent
import pytest
from gevent.event import Event

from partyapp.realtime.gathered import Gathered, GatheredWork
from partyapp.shared.kernel.errors import Unavailable
from tests.support.socket_pairs import run_until


class Library:
    """Answers with what it was asked; each going there waits for `open`."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.error: Callable[[Sequence[int]], Exception | None] = lambda _: None
        self.open = Event()

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.asked.append(list(questions))
        self.open.wait()
        error = self.error(questions)
        if error is not None:
            raise error
        return [10 * number for number in questions]


@pytest.fixture
def library() -> Library:
    return Library()


def asked(gathered: Gathered[int, int], *questions: int) -> list[gevent.Greenlet]:
    """Greenlets that wait for the answers."""
    found = [gevent.spawn(gathered, number) for number in questions]
    gevent.sleep(0)
    return found


def test_who_asks_while_a_question_is_under_way_shares_the_next(library: Library) -> None:
    gathered: Gathered[int, int] = Gathered(library, most=3)
    first = asked(gathered, 1)
    run_until(lambda: library.asked == [[1]])
    others = asked(gathered, 2, 3, 4, 5)
    assert library.asked == [[1]]
    library.open.set()
    assert [one.get(timeout=5) for one in (*first, *others)] == [10, 20, 30, 40, 50]
    assert library.asked == [[1], [2, 3, 4], [5]]
    assert asked(gathered, 6)[0].get(timeout=5) == 60


def test_a_refusal_is_that_of_all_who_wait(library: Library) -> None:
    gathered: Gathered[int, int] = Gathered(library)
    library.error = lambda _: Unavailable()
    first = asked(gathered, 1)
    run_until(lambda: library.asked == [[1]])
    late = asked(gathered, 2, 3)
    library.open.set()
    for one in (*first, *late):
        with pytest.raises(Unavailable):
            one.get(timeout=5)
    assert library.asked == [[1]]
    library.error = lambda _: None
    assert asked(gathered, 4)[0].get(timeout=5) == 40


def test_a_question_that_fails_costs_the_others_nothing(library: Library) -> None:
    gathered: Gathered[int, int] = Gathered(library)
    library.error = lambda questions: KeyError() if 2 in questions else None
    library.open.set()
    one, two, three = asked(gathered, 1, 2, 3)
    assert (one.get(timeout=5), three.get(timeout=5)) == (10, 30)
    with pytest.raises(KeyError):
        two.get(timeout=5)
    assert library.asked == [[1, 2, 3], [1], [2], [3]]


def test_work_is_done_for_all_that_came_meanwhile() -> None:
    done: list[list[int]] = []
    may_go_on = Event()

    def work(numbers: Sequence[int]) -> None:
        done.append(list(numbers))
        may_go_on.wait()

    gathered: GatheredWork[int] = GatheredWork(work)
    gathered(1)
    run_until(lambda: done == [[1]])
    gathered(2)
    gathered(3)
    may_go_on.set()
    run_until(lambda: done == [[1], [2, 3]])
    gathered(4)
    run_until(lambda: done == [[1], [2, 3], [4]])


def test_work_for_many_waits_a_little_for_more() -> None:
    done: list[list[int]] = []
    gathered: GatheredWork[int] = GatheredWork(lambda numbers: done.append(list(numbers)), pause_s=0.3)
    for number in (1, 2, 3):
        gathered(number)
    run_until(lambda: done == [[1, 2, 3]])
    for number in (4, 5):
        gathered(number)
        gevent.sleep(0)
    run_until(lambda: done == [[1, 2, 3], [4, 5]])
