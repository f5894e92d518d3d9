"""Invites over HTTP: made, listed and revoked."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.party.application.inbound_ports import Admissions, PartyChanges
from partyapp.party.application.rights_commands import CreateInviteCommand, RevokeInviteCommand
from partyapp.party.application.views import party_invite_view
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.party_link import party_link
from partyapp.party.controllers.rights_schemas import CreateInviteSchema, grants_in
from partyapp.party.controllers.schemas import PageQuery
from partyapp.party.domain.admission import InviteUse, PartyInvite
from partyapp.party.domain.grants import Grant
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import read_body, read_query

_NOT_STORED = {"Cache-Control": "no-store"}
#: Where the page is, as others reach it.
PageUrl = Callable[[], str]


def party_invites_blueprint(
    changes: PartyChanges,
    answers: PartyAnswers,
    admissions: Admissions,
    idempotent: IdempotentPost,
    page_url: PageUrl,
) -> Blueprint:
    """The addresses under /api/parties that are for who may invite."""
    blueprint = Blueprint("party_invites", __name__)

    @blueprint.post("/api/parties/<uuid:party_id>/invites")
    def create_invite(party_id: UUID) -> Response:
        body, actor = read_body(CreateInviteSchema()), current.principal()
        asked = {**body, "grants": grants_in(body)}

        def make(request_id: UUID) -> Answer:
            command = CreateInviteCommand(actor=actor, party_id=party_id, invite_id=request_id, **asked)
            return 201, _shown(changes.run(command), page_url), _NOT_STORED

        return idempotent.respond(make, secret=True)

    @blueprint.get("/api/parties/<uuid:party_id>/invites")
    def list_invites(party_id: UUID) -> Response:
        return _invites_page(answers, admissions, page_url, party_id)

    @blueprint.delete("/api/parties/<uuid:party_id>/invites/<uuid:invite_id>")
    def revoke_invite(party_id: UUID, invite_id: UUID) -> Response:
        command = RevokeInviteCommand(actor=current.principal(), party_id=party_id, invite_id=invite_id)

        def make(_: UUID) -> Answer:
            changes.run(command)
            return 204, None, {}

        return idempotent.respond(make)

    return blueprint


def _invites_page(
    answers: PartyAnswers, admissions: Admissions, page_url: PageUrl, party_id: UUID
) -> Response:
    query = read_query(PageQuery())
    own = answers.must_have(party_id, current.principal().user_id, Grant.INVITE)
    rows = admissions.invites(party_id, id_of_cursor(query["cursor"]), query["limit"] + 1)
    found, next_cursor = page(rows, query["limit"], lambda invite: invite.id)
    # Who sees a code can hand on what it gives.
    uses = admissions.uses(party_id, [invite.id for invite in found if invite.uses])
    items = [
        _shown(invite, page_url, uses.get(invite.id, ()), with_code=(invite.grants or own) <= own)
        for invite in found
    ]
    response = jsonify(items=items, next_cursor=next_cursor)
    response.headers.update(_NOT_STORED)
    return response


def _shown(
    invite: PartyInvite, page_url: PageUrl, used_by: Sequence[InviteUse] = (), *, with_code: bool = True
) -> dict[str, Any]:
    url = party_link(page_url(), invite.party_id, invite.code)
    return party_invite_view(invite, url if with_code else None, used_by)
