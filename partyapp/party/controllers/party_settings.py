"""What the host sets, over HTTP: the party's settings, its invite code, and members' rights."""

from uuid import UUID

from flask import Blueprint, Response

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.party.application.inbound_ports import PartyChanges
from partyapp.party.application.rights_commands import (
    ChangeInviteCodeCommand,
    ChangePartySessionCommand,
    GiveGrantsCommand,
)
from partyapp.party.application.views import member_view
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.rights_schemas import ChangePartySchema, GrantsSchema, grants_in
from partyapp.shared.http import current
from partyapp.shared.http.schemas import Nothing, read_body


def party_settings_blueprint(
    changes: PartyChanges, answers: PartyAnswers, idempotent: IdempotentPost
) -> Blueprint:
    """The addresses under /api/parties that are for the host. The answers hold the party's invite code."""
    blueprint = Blueprint("party_settings", __name__)

    @blueprint.patch("/api/parties/<uuid:party_id>")
    def change_party(party_id: UUID) -> Response:
        actor, wishes = current.principal(), read_body(ChangePartySchema())

        def make(request_id: UUID) -> Answer:
            command = ChangePartySessionCommand(actor=actor, party_id=party_id, changes=wishes)
            changes.run(command, request_id)
            return 200, answers.party_of(party_id, actor.user_id), {}

        return idempotent.respond(make, secret=True)

    @blueprint.post("/api/parties/<uuid:party_id>/invite_code")
    def change_invite_code(party_id: UUID) -> Response:
        read_body(Nothing())
        actor = current.principal()

        def make(request_id: UUID) -> Answer:
            changes.run_once(ChangeInviteCodeCommand(actor=actor, party_id=party_id), request_id)
            return 200, answers.party_of(party_id, actor.user_id), {"Cache-Control": "no-store"}

        return idempotent.respond(make, secret=True)

    @blueprint.put("/api/parties/<uuid:party_id>/members/<uuid:user_id>/grants")
    def give_grants(party_id: UUID, user_id: UUID) -> Response:
        grants, actor = grants_in(read_body(GrantsSchema())), current.principal()
        command = GiveGrantsCommand(actor=actor, party_id=party_id, user_id=user_id, grants=grants)

        def make(request_id: UUID) -> Answer:
            session, member = changes.give_grants(command, request_id)
            presence = answers.presences.presences_of(party_id, (user_id,)).get(user_id)
            return 200, member_view(member, session.state, presence), {}

        return idempotent.respond(make)

    return blueprint
