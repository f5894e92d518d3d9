"""Parties over HTTP: list, create, read, end."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request

from partyapp.commands.controllers import CommandResponder
from partyapp.commands.idempotency import Answer
from partyapp.party.application.commands import (
    CreatePartySessionCommand,
    EndPartySessionCommand,
)
from partyapp.party.application.inbound_ports import Admissions
from partyapp.party.application.views import (
    invite_view,
    party_view,
    preview_view,
    stranger_view,
    summary_view,
)
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.schemas import (
    CreatePartySchema,
    InvitedQuery,
    PartiesQuery,
)
from partyapp.party.controllers.site_keys import acting_for, sees_invite_code
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import read_body, read_query
from partyapp.shared.kernel.ids import new_id

#: A header, since a query string is written to the logs of whatever the request passes through.
INVITE_HEADER = "Party-Invite"


def party_sessions_blueprint(
    commands: CommandResponder, answers: PartyAnswers, admissions: Admissions
) -> Blueprint:
    """The addresses under /api/parties that are about the party itself."""
    blueprint = Blueprint("party_sessions", __name__)
    reader = answers.reader

    @blueprint.get("/api/parties")
    def list_parties() -> Response:
        query = read_query(PartiesQuery())
        status = None if query["state"] == "all" else PartyStatus(query["state"])
        asks, after = current.principal(), id_of_cursor(query["cursor"])
        if asks.key_id is not None and asks.site is not None:
            rows = reader.site_parties(asks.site, status, after, query["limit"])
        else:
            rows = reader.parties(asks.user_id, status, after, query["limit"])
        items, next_cursor = page(rows, query["limit"], lambda state: state.id)
        online = answers.presences.online_counts(
            [state.id for state in items if state.status is PartyStatus.ACTIVE]
        )
        summaries = [summary_view(state, online.get(state.id, 0)) for state in items]
        return jsonify(items=summaries, next_cursor=next_cursor)

    @blueprint.post("/api/parties")
    def create_party() -> Response:
        body = read_body(CreatePartySchema())
        command = _creation(body)

        def answer(result: dict[str, Any]) -> Answer:
            return 201, answers.party(result), {"Location": f"/api/parties/{result['party_id']}"}

        return commands.respond(command, answer)

    @blueprint.get("/api/parties/<uuid:party_id>")
    def show_party(party_id: UUID) -> Response:
        return _shown(answers, admissions, party_id)

    @blueprint.delete("/api/parties/<uuid:party_id>")
    def end_party(party_id: UUID) -> Response:
        command = EndPartySessionCommand(actor=current.principal(), party_id=party_id)
        return commands.respond(command, lambda _: (204, None, {}))

    _add_previews(blueprint, answers, admissions)
    return blueprint


def _add_previews(blueprint: Blueprint, answers: PartyAnswers, admissions: Admissions) -> None:
    """What an invite shows before one has joined by it."""

    @blueprint.get("/api/parties/invited")
    def show_invited() -> Response:
        name = read_query(InvitedQuery())["display_name"]
        principal = current.principal()
        code = request.headers.get(INVITE_HEADER, "")
        found = admissions.by_code(code, principal.user_id, name or principal.display_name)
        view = invite_view(found.state, found.host_name, answers.presences.online(found.state.id).total)
        return jsonify({**view, "name_taken": found.name_taken})

    @blueprint.get("/api/parties/<uuid:party_id>/preview")
    def preview_party(party_id: UUID) -> Response:
        state, host_name = admissions.preview(party_id, request.headers.get(INVITE_HEADER))
        return jsonify(invite_view(state, host_name, answers.presences.online(party_id).total))


def _shown(answers: PartyAnswers, admissions: Admissions, party_id: UUID) -> Response:
    """The party as the reader may see it: whole, from outside, or as a preview for an invite."""
    asks = current.principal()
    user_id = asks.user_id
    try:
        reading, online = answers.reading(party_id, user_id)
    except PartyNotFound:
        invite_code = request.headers.get(INVITE_HEADER)
        # A token for this party alone says that its site lets them in.
        site = asks.site if asks.party_id == party_id else None
        return jsonify(preview_view(admissions.invited(party_id, invite_code, user_id, site)))
    if reading.readable_whole:
        view = party_view(reading.state, reading.members, online, user_id)
        if not sees_invite_code(asks):
            del view["invite_code"]
    else:
        view = stranger_view(reading.state, reading.members, online.total)
    response = jsonify(view)
    response.headers["ETag"] = f'"{reading.state.revision}"'
    return response


def _creation(body: dict[str, Any]) -> CreatePartySessionCommand:
    return CreatePartySessionCommand(
        actor=acting_for(body["person"]),
        party_id=new_id(),
        video_id=body["video_id"],
        title=body["title"],
        visibility=Visibility(body["visibility"]),
        control=Control(body["control"]),
        max_members=body["max_members"],
        wait=body["wait"],
        starts_at_ms=body["starts_at_ms"],
    )
