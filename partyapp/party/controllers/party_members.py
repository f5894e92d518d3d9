"""Membership over HTTP: join, leave, hand over, and the ticket for a WebSocket."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.commands.controllers import CommandResponder, IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.party.application.commands import (
    LeavePartySessionCommand,
    TransferHostCommand,
)
from partyapp.party.application.inbound_ports import MembersQuery, PartyReader, SignsOfLife, Tickets
from partyapp.party.application.views import member_view
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.schemas import JoinPartySchema, MembersSchema, TransferSchema
from partyapp.party.controllers.site_keys import joining
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.state import PartyStatus
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import Nothing, read_body, read_query


def party_members_blueprint(
    commands: CommandResponder,
    answers: PartyAnswers,
    tickets: Tickets,
    idempotent: IdempotentPost,
    signs: SignsOfLife,
) -> Blueprint:
    """The addresses under /api/parties that are about who is in it."""
    blueprint = Blueprint("party_members", __name__)

    @blueprint.post("/api/parties/<uuid:party_id>/join")
    def join_party(party_id: UUID) -> Response:
        command = joining(read_body(JoinPartySchema()), party_id)
        return commands.respond(command, _as_answer(answers.joined), _as_answer(answers.joined_at))

    @blueprint.get("/api/parties/<uuid:party_id>/members")
    def list_members(party_id: UUID) -> Response:
        return _members_page(answers, party_id)

    @blueprint.post("/api/parties/<uuid:party_id>/leave")
    def leave_party(party_id: UUID) -> Response:
        read_body(Nothing())
        command = LeavePartySessionCommand(actor=current.principal(), party_id=party_id)
        response = commands.respond(command, lambda _: (204, None, {}))
        signs.left(party_id, command.actor.user_id)
        return response

    @blueprint.post("/api/parties/<uuid:party_id>/transfer")
    def transfer_party(party_id: UUID) -> Response:
        body = read_body(TransferSchema())
        command = TransferHostCommand(actor=current.principal(), party_id=party_id, user_id=body["user_id"])
        response = commands.respond(command, lambda result: (200, answers.party(result), {}))
        if command.actor.key_id is None:
            signs.seen(party_id, command.actor.user_id)
        return response

    @blueprint.post("/api/parties/<uuid:party_id>/ticket")
    def give_ticket(party_id: UUID) -> Response:
        read_body(Nothing())
        return idempotent.respond(_ticket(answers.reader, tickets, party_id), secret=True)

    return blueprint


def _members_page(answers: PartyAnswers, party_id: UUID) -> Response:
    """A page of the members, for members."""
    query = read_query(MembersSchema())
    reading = answers.reader.membership(party_id, current.principal().user_id)
    if not reading.readable_whole:
        raise NotAMember()
    connected = answers.presences.connected(party_id) if query["online"] == "true" else None
    wanted = MembersQuery(prefix=query["q"], online=connected, after=id_of_cursor(query["cursor"]))
    host_id = reading.state.host_id
    rows = answers.reader.members(party_id, host_id=host_id, query=wanted, limit=query["limit"] + 1)
    found, next_cursor = page(rows, query["limit"], lambda member: member.user_id)
    presences = answers.presences.presences_of(party_id, [member.user_id for member in found])
    items = [member_view(member, reading.state, presences.get(member.user_id)) for member in found]
    return jsonify(items=items, next_cursor=next_cursor)


def _ticket(reader: PartyReader, tickets: Tickets, party_id: UUID) -> Callable[[UUID], Answer]:
    """What gives a member a ticket. Raises `NotAMember` or `PartyEnded`."""
    principal = current.principal()
    reading = reader.membership(party_id, principal.user_id)
    if reading.own is None:
        raise NotAMember()
    if reading.state.status is PartyStatus.ENDED:
        raise PartyEnded()

    def make(_: UUID) -> Answer:
        ticket, expires_in_s = tickets.issue(party_id, principal)
        return 201, {"ticket": ticket, "expires_in": expires_in_s}, {"Cache-Control": "no-store"}

    return make


def _as_answer(view: Callable[[Any], dict[str, Any]]) -> Callable[[Any], Answer]:
    return lambda done: (200, view(done), {})
