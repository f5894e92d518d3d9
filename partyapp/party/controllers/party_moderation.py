"""Who is put out of a party and may not come back, over HTTP."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.party.application.inbound_ports import Admissions, PartyChanges, SignsOfLife
from partyapp.party.application.rights_commands import RemoveMemberCommand, UnbanMemberCommand
from partyapp.party.application.views import ban_view
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.rights_schemas import RemovalQuery
from partyapp.party.controllers.schemas import PageQuery
from partyapp.party.domain.grants import Grant
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import read_query


def party_moderation_blueprint(
    changes: PartyChanges,
    answers: PartyAnswers,
    admissions: Admissions,
    idempotent: IdempotentPost,
    signs: SignsOfLife,
) -> Blueprint:
    """The addresses under /api/parties that are for who may moderate."""
    blueprint = Blueprint("party_moderation", __name__)

    @blueprint.delete("/api/parties/<uuid:party_id>/members/<uuid:user_id>")
    def remove_member(party_id: UUID, user_id: UUID) -> Response:
        ban, actor = read_query(RemovalQuery())["ban"] == "true", current.principal()
        command = RemoveMemberCommand(actor=actor, party_id=party_id, user_id=user_id, ban=ban)

        def make(request_id: UUID) -> Answer:
            changes.run(command, request_id)
            signs.left(party_id, user_id)
            return 204, None, {}

        return idempotent.respond(make, content=f"ban={ban}")

    @blueprint.get("/api/parties/<uuid:party_id>/bans")
    def list_bans(party_id: UUID) -> Response:
        return _bans_page(answers, admissions, party_id)

    @blueprint.delete("/api/parties/<uuid:party_id>/bans/<uuid:user_id>")
    def unban_member(party_id: UUID, user_id: UUID) -> Response:
        command = UnbanMemberCommand(actor=current.principal(), party_id=party_id, user_id=user_id)

        def make(request_id: UUID) -> Answer:
            changes.run(command, request_id)
            return 204, None, {}

        return idempotent.respond(make)

    return blueprint


def _bans_page(answers: PartyAnswers, admissions: Admissions, party_id: UUID) -> Response:
    query = read_query(PageQuery())
    answers.must_have(party_id, current.principal().user_id, Grant.MODERATE)
    rows = admissions.bans(party_id, id_of_cursor(query["cursor"]), query["limit"] + 1)
    found, next_cursor = page(rows, query["limit"], lambda ban: ban.user_id)
    return jsonify(items=[ban_view(ban) for ban in found], next_cursor=next_cursor)
