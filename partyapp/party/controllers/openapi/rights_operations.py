"""The operations on rights, members who are put out, and invites."""

from partyapp.openapi.fields import Answer, ident, instant, many, text, whole, words
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.party.controllers.openapi import objects
from partyapp.party.controllers.openapi.event_facts import GRANTS
from partyapp.party.controllers.rights_schemas import (
    ChangePartySchema,
    CreateInviteSchema,
    GrantsSchema,
    RemovalQuery,
)
from partyapp.party.controllers.schemas import PageQuery
from partyapp.shared.http.schemas import Nothing

_PARTY = "/api/parties/{party_id}"


class Ban(Answer):
    """Somebody who may not come back."""

    user_id = ident("Who it is.")
    display_name = text("Their name when they were put out.")
    banned_by = ident("Who put them out; null: the operator of the service.", null=True)
    at_ms = instant("When.")


class InviteUse(Answer):
    """Somebody who joined by an invite."""

    user_id = ident("Who.")
    display_name = text("The name that they had then.")
    at_ms = instant("When.")


class Invite(Answer):
    """An invite beside the party's own code."""

    id = ident("The invite's id.")
    code = text("What opens the party; null for who has not all of its rights themselves.", null=True)
    url = text("The link that opens the page with it; null where the code is.", null=True)
    created_by = ident("Who made it.")
    created_at_ms = instant("When.")
    expires_at_ms = instant("Until when it opens the party; null: as long as the party lasts.", null=True)
    max_uses = whole("How many may join by it; null: any number.", 1, null=True)
    uses = whole("How many have.")
    used_by = many(InviteUse, "The first 20 of them, in order.")
    revoked_at_ms = instant("When it was revoked; null while it was not.", null=True)
    user_id = ident("For whom alone it is, who needs no code; null: for anybody who has it.", null=True)
    grants = words("The rights of who joins by it; null: those that all have.", *GRANTS, null=True)


InvitePage = page_of(Invite)
BanPage = page_of(Ban)

TAGS = {"Invites": "Ways into a party that end, are counted, and may give rights."}

OPERATIONS = (
    Operation(
        id="changeParty",
        method="patch",
        path=_PARTY,
        tag="Parties",
        summary="Change what is set of a party",
        about="Host only. What is not named stays; what changes nothing is no event.",
        body=ChangePartySchema,
        body_optional=True,
        answer=objects.Party,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
    Operation(
        id="giveGrants",
        method="put",
        path=f"{_PARTY}/members/{{user_id}}/grants",
        tag="Members",
        summary="Give a member rights of their own",
        about=(
            "Host only. They take the place of the party's `default_grants`, which null gives back. Invites "
            "of that member that would hand on what they have no more are revoked."
        ),
        body=GrantsSchema,
        answer=objects.Member,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
    Operation(
        id="removeMember",
        method="delete",
        path=f"{_PARTY}/members/{{user_id}}",
        tag="Members",
        summary="Put a member out",
        about=(
            "For who may moderate. With `ban=true` they may not come back. Who is gone already is answered "
            "the same, without an event. Invites that they made, or that are for them, are revoked."
        ),
        query=RemovalQuery,
        status=204,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended", "host_cannot_be_removed"),
    ),
    Operation(
        id="listBans",
        method="get",
        path=f"{_PARTY}/bans",
        tag="Members",
        summary="List who is banned",
        about="For who may moderate.",
        query=PageQuery,
        answer=BanPage,
        problems=("forbidden", "not_a_member"),
    ),
    Operation(
        id="unbanMember",
        method="delete",
        path=f"{_PARTY}/bans/{{user_id}}",
        tag="Members",
        summary="Let somebody who was banned come back",
        about="For who may moderate. Of who is not banned nothing changes.",
        status=204,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
    Operation(
        id="createInvite",
        method="post",
        path=f"{_PARTY}/invites",
        tag="Invites",
        summary="Make an invite",
        about=(
            "For who may invite; only rights that one has oneself can be handed on. With `user_id` it is for "
            "that person alone, who is notified and may join without the code."
        ),
        body=CreateInviteSchema,
        body_optional=True,
        status=201,
        answer=Invite,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended", "quota_exceeded"),
    ),
    Operation(
        id="listInvites",
        method="get",
        path=f"{_PARTY}/invites",
        tag="Invites",
        summary="List the invites",
        about="For who may invite, newest first.",
        query=PageQuery,
        answer=InvitePage,
        problems=("forbidden", "not_a_member"),
    ),
    Operation(
        id="revokeInvite",
        method="delete",
        path=f"{_PARTY}/invites/{{invite_id}}",
        tag="Invites",
        summary="Revoke an invite",
        about="For who may invite. It is for ever; again changes nothing.",
        status=204,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
    Operation(
        id="changeInviteCode",
        method="post",
        path=f"{_PARTY}/invite_code",
        tag="Invites",
        summary="Give the party another invite code",
        about="Host only. The code before opens nothing from then on.",
        body=Nothing,
        body_optional=True,
        answer=objects.Party,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
)
