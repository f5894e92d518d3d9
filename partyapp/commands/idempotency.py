"""Requests with a key, each answered once (draft-ietf-httpapi-idempotency-key-header), without HTTP itself.

A request is accepted as a row under `(user_id, key)`: the row of a command, or a row of the kind `request`
that holds nothing but the answer. A repeat finds that row; with another fingerprint it is refused.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from partyapp.commands.record import REQUEST, CommandRecord, NewCommand
from partyapp.commands.store import CommandStore
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import IdempotencyKeyReused, Refusal, StoredProblem
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.sealing import Sealer

#: status, body (a 204 has none), headers
Answer = tuple[int, Any, dict[str, str]]

#: Does what a request asks for. It is handed an id that is the same for every repeat of the request, so that
#: an effect that carries it is found again even when the answer was lost before it could be stored.
MakeAnswer = Callable[[UUID], Answer]


class IdempotentRequests:
    """The rows of requests, and the answers in them."""

    def __init__(self, store: CommandStore, clock: Clock, sealer: Sealer | None = None) -> None:
        self._store = store
        self._clock = clock
        self._sealer = sealer

    def accept(
        self,
        *,
        user_id: UUID,
        key: str | None,
        fingerprint: str,
        kind: str = REQUEST,
        payload: dict[str, Any] | None = None,
    ) -> CommandRecord:
        """The row of this request, or of the first one of this person with this key.

        `fingerprint` says what was asked for. Raises `IdempotencyKeyReused` when the key stands for another
        request, `Unavailable` without Postgres.
        """
        return self._store.accept(self.new(user_id, key, fingerprint, kind, payload or {}))

    def new(
        self, user_id: UUID, key: str | None, fingerprint: str, kind: str, payload: dict[str, Any]
    ) -> NewCommand:
        """A command of now, with an id of its own, that is in no row yet."""
        return NewCommand(
            id=new_id(),
            user_id=user_id,
            key=key,
            fingerprint=fingerprint,
            kind=kind,
            payload=payload,
            now_ms=self._clock.now_ms(),
        )

    def answer(self, record: CommandRecord, make: MakeAnswer, *, secret: bool = False) -> Answer:
        """The stored answer to the request, or else the one of `make`, which is stored; sealed if `secret`.

        A refusal is stored and raised again for a repeat, but not one that passes: 5xx, and 429, after which
        the same request is to be sent again.
        """
        answer = self.stored(record)
        if answer is not None:
            return answer
        try:
            made = make(record.id)
        except Refusal as refusal:
            problem = refusal.problem()
            if problem["status"] < 500 and problem["status"] != 429:
                self._store.save_response(record.id, {"problem": problem})
            raise
        return self.save(record, made, secret=secret)

    def stored(self, record: CommandRecord) -> Answer | None:
        """The answer in the row, None if there is none yet. Raises the refusal that was answered."""
        return None if record.answer is None else self._answer_in(record.answer)

    def save(self, record: CommandRecord, answer: Answer, *, secret: bool = False) -> Answer:
        """Store the answer, sealed if `secret`; returns whichever came first, or raises the refusal."""
        row = _row_of(answer)
        if secret:
            row = {"sealed": self._needed_sealer().seal(row)}
        return self._answer_in(self._store.save_response(record.id, row))

    def secret_fingerprint(self, fingerprint: str) -> str:
        """A fingerprint of a request whose body is a secret, from which that can't be guessed."""
        return self._needed_sealer().mark(fingerprint)

    def _answer_in(self, row: dict[str, Any]) -> Answer:
        if "problem" in row:
            raise StoredProblem(row["problem"])
        if "sealed" in row:
            row = self._needed_sealer().opened(row["sealed"])
            if row is None:
                raise IdempotencyKeyReused("The answer to this key can't be read any more; use another key.")
        return row["status"], row["body"], row["headers"]

    def _needed_sealer(self) -> Sealer:
        if self._sealer is None:
            raise ValueError("an answer that holds a secret needs a sealer")
        return self._sealer


def _row_of(answer: Answer) -> dict[str, Any]:
    status, body, headers = answer
    return {"status": status, "body": body, "headers": headers}
