"""What has happened to a party, over HTTP: its audit log."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.party.application.inbound_ports import PartyReader
from partyapp.party.application.views import event_view
from partyapp.party.controllers.schemas import EventsQuery
from partyapp.party.domain.errors import NotAMember
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_query


def party_history_blueprint(reader: PartyReader) -> Blueprint:
    """`/api/parties/{id}/events`."""
    blueprint = Blueprint("party_history", __name__)

    @blueprint.get("/api/parties/<uuid:party_id>/events")
    def audit_log(party_id: UUID) -> Response:
        query = read_query(EventsQuery())
        reading = reader.membership(party_id, current.principal().user_id)
        if not reading.readable_whole:
            raise NotAMember()
        after = max(query["after"], query["cursor"])
        rows = reader.events(party_id, after, query["limit"] + 1)
        items = rows[: query["limit"]]
        # The cursor is itself a revision, so that it can also be handed back as `after`.
        next_cursor = str(items[-1].revision) if len(rows) > len(items) else None
        return jsonify(items=[event_view(event) for event in items], next_cursor=next_cursor)

    return blueprint
