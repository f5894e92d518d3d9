"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the first answer again, no second effect."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, json, request

from partyapp.commands.record import REQUEST, fingerprint
from partyapp.commands.store import CommandStore
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_raw_body
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal, StoredProblem, ValidationFailed
from partyapp.shared.kernel.ids import new_id

#: status, body (a 204 has none), headers
Answer = tuple[int, Any, dict[str, str]]
Make = Callable[[UUID], Answer]


def idempotency_key() -> str | None:
    """The request's key. Raises `ValidationFailed` for one that is empty, too long or not printable ASCII."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationFailed(errors={"Idempotency-Key": ["Must be 1 to 255 printable characters."]})
    return key


def request_mark() -> str:
    """What the key stands for: the method, the address and the body."""
    return fingerprint(request.method, request.path, read_raw_body().decode("utf-8", "replace"))


def respond(answer: Answer) -> Response:
    """The answer as a Flask response."""
    status, body, headers = answer
    if status == 204:
        response = Response(status=status)
        response.headers.pop("Content-Type", None)
    else:
        response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers.update(headers)
    return response


def stored(answer: Answer) -> dict[str, Any]:
    """The answer as it is kept in the command's row."""
    status, body, headers = answer
    return {"status": status, "body": body, "headers": headers}


def restored(row: dict[str, Any]) -> Answer:
    """The answer as it was kept. Raises the refusal when that is what was answered."""
    if "problem" in row:
        raise StoredProblem(row["problem"])
    return row["status"], row["body"], row["headers"]


class IdempotentPost:
    """Runs what a POST does, at most once for a key of a user.

    `make` is handed an id that is the same for every repeat; effects that carry it find each other even
    when the answer was lost before it could be kept.
    """

    def __init__(self, commands: CommandStore, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock

    def __call__(self, make: Make) -> Response:
        """The first answer to this request."""
        key = idempotency_key()
        if key is None:
            return respond(make(new_id()))
        record = self._commands.accept(
            command_id=new_id(),
            user_id=current.principal().user_id,
            key=key,
            mark=request_mark(),
            kind=REQUEST,
            payload={},
            now_ms=self._clock.now_ms(),
        )
        if record.answer is not None:
            return respond(restored(record.answer))
        try:
            answer = stored(make(record.id))
        except Refusal as refusal:
            body = refusal.problem()
            if body["status"] < 500:
                self._commands.save_response(record.id, {"problem": body})
            raise
        return respond(restored(self._commands.save_response(record.id, answer)))
