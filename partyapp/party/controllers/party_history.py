"""What has happened to a party, over HTTP: its audit log."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.party.application.inbound_ports import PartyReader
from partyapp.party.application.views import event_view
from partyapp.party.contract import PartyEvent
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
        answer: dict[str, Any] = {"items": [event_view(event) for event in items], "next_cursor": next_cursor}
        if query["names"] == "true":
            names = reader.names(party_id, {user_id for event in items for user_id in _named_in(event)})
            answer["names"] = {str(user_id): name for user_id, name in names.items()}
        return jsonify(answer)

    return blueprint


def _named_in(event: PartyEvent) -> Iterator[UUID]:
    """The people whom an event names: who did it, whom it is about, for whom the party waited."""
    if event.actor_id is not None:
        yield event.actor_id
    about = [event.data.get("user_id"), event.data.get("to_user_id"), *event.data.get("for", ())]
    yield from (UUID(user_id) for user_id in about if user_id is not None)
