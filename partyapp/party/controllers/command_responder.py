"""A lifecycle command over HTTP: accepted, waited for, and answered with 202 when it takes too long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, request

from partyapp.commands.idempotency import (
    Answer,
    idempotency_key,
    request_mark,
    respond,
    restored,
    stored,
)
from partyapp.commands.store import CommandStore
from partyapp.party.application.inbound_ports import CommandBus, PartyReader, Presences
from partyapp.party.application.views import member_view, party_view
from partyapp.party.domain.errors import PartyNotFound
from partyapp.shared.http import current
from partyapp.shared.kernel.errors import StoredProblem


@dataclass(frozen=True, kw_only=True)
class CommandResponder:
    """Answers lifecycle commands as PROTOCOL's table has it. `wait_s`: how long an answer may take."""

    command_bus: CommandBus
    commands: CommandStore
    reader: PartyReader
    presences: Presences
    wait_s: float

    def __call__(self, command: Any, answer: Callable[[dict[str, Any]], Answer]) -> Response:
        """Have the command run and answer with `answer(result)`, or 202 with where to look."""
        principal = current.principal()
        key = idempotency_key()
        record = self.command_bus.accept(command, principal, key, request_mark())
        if record.answer is not None:
            return respond(restored(record.answer))
        if "respond-async" in request.headers.get("Prefer", "").lower():
            self.command_bus.wake(record)
            return _accepted(record.id)
        outcome = self.command_bus.outcome(record, self.wait_s)
        if outcome is None:
            return _accepted(record.id)
        if "problem" in outcome:
            raise StoredProblem(outcome["problem"])
        made = answer(outcome["result"])
        if key is not None:
            made = restored(self.commands.save_response(record.id, stored(made)))
        return respond(made)

    def party(self, result: dict[str, Any]) -> dict[str, Any]:
        """The Party that a command was about, as it is now."""
        party_id, user_id = UUID(result["party_id"]), UUID(result["user_id"])
        reading = self.reader.party(party_id, user_id)
        return party_view(reading.state, reading.members, self.presences(party_id))

    def joined(self, result: dict[str, Any]) -> dict[str, Any]:
        """The answer to a join: the member and the party."""
        party_id, user_id = UUID(result["party_id"]), UUID(result["user_id"])
        reading = self.reader.party(party_id, user_id)
        if reading.own is None:
            raise PartyNotFound()
        presences = self.presences(party_id)
        return {
            "member": member_view(reading.own, reading.state.host_id, presences.get(user_id)),
            "party": party_view(reading.state, reading.members, presences),
        }

    def result_of(self, kind: str, result: dict[str, Any]) -> Any:
        """What `/api/commands/{id}` shows of a command that succeeded."""
        if kind == "join":
            return self.joined(result)
        if kind in ("create", "transfer"):
            return self.party(result)
        return None


def _accepted(command_id: UUID) -> Response:
    location = f"/api/commands/{command_id}"
    body = {"id": str(command_id), "state": "pending"}
    return respond((202, body, {"Location": location, "Retry-After": "1"}))
