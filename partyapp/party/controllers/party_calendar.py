"""A party's date for calendars, over HTTP."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response
from marshmallow import Schema

from partyapp.party.application.inbound_ports import Admissions, PartyReader, SyncAdvisor
from partyapp.party.controllers.calendar_file import calendar_file
from partyapp.party.controllers.party_link import party_link
from partyapp.party.domain.errors import NotAMember
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.shared.http import current
from partyapp.shared.http.schemas import Text, read_query
from partyapp.shared.kernel.errors import NotFound


class CalendarQuery(Schema):
    """`invite`: its code, in the place of a token, which calendar programs don't have."""

    invite = Text(1, 200, load_default=None)


def party_calendar_blueprint(
    reader: PartyReader, admissions: Admissions, advisor: SyncAdvisor, page_url: Callable[[], str]
) -> Blueprint:
    """`/api/parties/{id}/calendar.ics`. `page_url` gives scheme, host and port of the page."""
    blueprint = Blueprint("party_calendar", __name__)

    @blueprint.get("/api/parties/<uuid:party_id>/calendar.ics")
    def show_calendar(party_id: UUID) -> Response:
        invite = read_query(CalendarQuery())["invite"]
        party = _party(reader, admissions, party_id, invite)
        if party.starts_at_ms is None:
            raise NotFound("This party has no date.")
        link = party_link(page_url(), party_id, invite)
        body = calendar_file(party, party.starts_at_ms, advisor.now_ms(), link)
        named = {"Content-Disposition": 'attachment; filename="party.ics"'}
        return Response(body, mimetype="text/calendar", headers=named)

    return blueprint


def _party(
    reader: PartyReader, admissions: Admissions, party_id: UUID, invite: str | None
) -> SyncedPartySessionState:
    """The party for who holds its invite, or for a member."""
    if invite is not None:
        state, _ = admissions.preview(party_id, invite)
        return state
    reading = reader.membership(party_id, current.principal().user_id)
    if not reading.readable_whole:
        raise NotAMember()
    return reading.state
