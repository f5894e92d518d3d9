"""What has happened, over HTTP: a party's audit log, and what became of a command."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.party.application.views import event_view
from partyapp.party.controllers.command_responder import CommandResponder
from partyapp.party.controllers.schemas import EventsQuery
from partyapp.party.domain.errors import NotAMember, PartyNotFound
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_query
from partyapp.shared.kernel.errors import NotFound


def party_history_blueprint(lifecycle: CommandResponder) -> Blueprint:
    """The addresses that only read what was written down."""
    blueprint = Blueprint("party_history", __name__)
    reader = lifecycle.reader

    @blueprint.get("/api/parties/<uuid:party_id>/events")
    def audit_log(party_id: UUID) -> Response:
        query = read_query(EventsQuery())
        reading = reader.party(party_id, current.principal().user_id)
        if not reading.readable_whole:
            raise NotAMember()
        after = max(query["after"], query["cursor"])
        rows = reader.events(party_id, after, query["limit"] + 1)
        items = rows[: query["limit"]]
        # The cursor is itself a revision, so that it can also be handed back as `after`.
        next_cursor = str(items[-1].revision) if len(rows) > len(items) else None
        return jsonify(items=[event_view(event) for event in items], next_cursor=next_cursor)

    @blueprint.get("/api/commands/<uuid:command_id>")
    def show_command(command_id: UUID) -> Response:
        record = lifecycle.commands.get(command_id)
        if record is None or record.user_id != current.principal().user_id or record.kind == "request":
            raise NotFound()
        body: dict[str, Any] = {"id": str(record.id), "state": record.state}
        if record.outcome is not None and "problem" in record.outcome:
            body["problem"] = record.outcome["problem"]
        elif record.outcome is not None:
            try:
                body["result"] = lifecycle.result_of(record.kind, record.outcome["result"])
            except PartyNotFound:
                # Who has left a private party since then may no longer see what came of it.
                body["result"] = None
        return jsonify(body)

    return blueprint
