"""Commands over HTTP: the answer to a request that is durable or has a key, and what became of a command."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from flask import Blueprint, Response, json, jsonify, request

from partyapp.commands.dispatcher import CommandDispatcher
from partyapp.commands.idempotency import Answer, IdempotentRequests, MakeAnswer
from partyapp.commands.record import CommandRecord, fingerprint
from partyapp.commands.store import CommandStore
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_raw_body
from partyapp.shared.kernel.address_key import address_key
from partyapp.shared.kernel.errors import NotFound, Refusal, StoredProblem, ValidationFailed
from partyapp.shared.kernel.ids import derived_id, new_id

#: So long the outcome of a command is awaited whose request was answered with 202, in s.
ANSWER_AWAITED_S = 60.0

#: Makes of a command's result the answer to the request.
AnswerOf = Callable[[dict[str, Any]], Answer]
#: The same, of what this process saw of a command that it has run itself.
AnswerSeen = Callable[[Any], Answer]


class IdempotentPost:
    """Answers a POST, at most once for a key of a user."""

    def __init__(self, requests: IdempotentRequests) -> None:
        self._requests = requests

    def respond(
        self, make: MakeAnswer, *, secret: bool = False, anybody: bool = False, content: str | None = None
    ) -> Response:
        """The first answer to this request; without a key each request is the first.

        `secret`: the answer or the request holds a secret, of which no row may tell. `anybody`: the request
        needs no sign-in; a key is then that of a client at its address. `content` says what was asked for
        where the body, sent again, would be another one.
        """
        key = idempotency_key()
        if key is None:
            return response_of(make(new_id()))
        mark = request_fingerprint(content)
        record = self._requests.accept(
            user_id=client_id() if anybody else current.principal().accountable_id,
            key=key,
            fingerprint=self._requests.secret_fingerprint(mark) if secret else mark,
        )
        return response_of(self._requests.answer(record, make, secret=secret))


@dataclass(frozen=True, kw_only=True)
class CommandResponder:
    """Answers a request that has a durable command run. `wait_s`: how long the answer may take.

    `spawn` runs something that may wait, beside the request.
    """

    dispatcher: CommandDispatcher
    requests: IdempotentRequests
    wait_s: float
    spawn: Callable[[Callable[[], None]], Any]

    def respond(self, command: Any, answer_of: AnswerOf, answer_seen: AnswerSeen | None = None) -> Response:
        """Have the command run and answer with `answer_of(result)`, or 202 with where to look.

        `answer_seen` makes the same answer where this process has run the command and seen what it needs.
        Raises the problem that is the command's outcome, and what `accept` raises.
        """
        key = idempotency_key()
        is_later = "respond-async" in request.headers.get("Prefer", "").lower()
        asked = (command, current.principal(), key, request_fingerprint())
        done = None if is_later else self.dispatcher.run_directly(*asked)
        record = done or self.dispatcher.accept(*asked)
        answer = self.requests.stored(record)
        if answer is not None:
            return response_of(answer)
        outcome = None if is_later else self.dispatcher.outcome(record, self.wait_s)
        if outcome is None:
            if key is not None:
                self.spawn(lambda: self._keep_answer(record, answer_of))
            elif is_later:
                self.dispatcher.wake(record)
            return _pending(record.id)
        if "problem" in outcome:
            raise StoredProblem(outcome["problem"])
        if answer_seen is not None and record.seen is not None:
            made = answer_seen(record.seen)
        else:
            made = answer_of(outcome["result"])
        return response_of(made if key is None else self.requests.save(record, made))

    def _keep_answer(self, record: CommandRecord, answer_of: AnswerOf) -> None:
        """Keep what a repeat is answered as soon as the command is done: later the party may be another one,
        and closed to who asked. A repeat before that, or after a wait in vain, makes the answer itself.
        """
        with suppress(Refusal):
            outcome = self.dispatcher.outcome(record, ANSWER_AWAITED_S)
            if outcome is not None and "result" in outcome:
                self.requests.save(record, answer_of(outcome["result"]))


class ResultView(Protocol):
    """Shows the result of one kind of command."""

    def __call__(self, result: dict[str, Any]) -> Any:
        """The result as its owner may see it now; None for nothing to show."""
        ...


def commands_blueprint(store: CommandStore, results: Mapping[str, ResultView]) -> Blueprint:
    """`/api/commands/{id}`. `results` by the kind's name; the result of a kind that is not in it is null."""
    blueprint = Blueprint("commands", __name__)

    @blueprint.get("/api/commands/<uuid:command_id>")
    def show_command(command_id: UUID) -> Response:
        record = store.command_of(current.principal().accountable_id, command_id)
        if record is None:
            raise NotFound()
        body: dict[str, Any] = {"id": str(record.id), "state": record.state}
        if record.outcome is not None and "problem" in record.outcome:
            body["problem"] = record.outcome["problem"]
        elif record.outcome is not None:
            view = results.get(record.kind)
            body["result"] = None if view is None else view(record.outcome["result"])
        return jsonify(body)

    return blueprint


def idempotency_key() -> str | None:
    """The request's key. Raises `ValidationFailed` for one that is empty, too long or not printable ASCII."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationFailed(errors={"Idempotency-Key": ["Must be 1 to 255 printable characters."]})
    return key


def client_id() -> UUID:
    """Stands for a client that has not signed in: its address and its program."""
    agent = request.headers.get("User-Agent", "")
    return derived_id("client", request.path, address_key(request.remote_addr), agent)


def request_fingerprint(content: str | None = None) -> str:
    """What a key stands for: the method, the address and the body, or what stands for that."""
    if content is None:
        content = read_raw_body().decode("utf-8", "replace")
    return fingerprint(request.method, request.path, content)


def response_of(answer: Answer) -> Response:
    """The answer as a Flask response."""
    status, body, headers = answer
    if status == 204:
        response = Response(status=status)
        response.headers.pop("Content-Type", None)
    else:
        response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers.update(headers)
    return response


def _pending(command_id: UUID) -> Response:
    location = f"/api/commands/{command_id}"
    body = {"id": str(command_id), "state": "pending"}
    return response_of((202, body, {"Location": location, "Retry-After": "1"}))
