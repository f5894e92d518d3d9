"""What a server's key opens: which scope each address asks for, and for whom the server acts there.

A server with a key stands beside the parties of its site: those that it made, and those that people made with
tokens of its own. There it does what the host may do, for the host, and the log names its key. Any other
party doesn't exist for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from flask import Flask, g, request

from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.shared.http import current
from partyapp.shared.kernel.errors import Forbidden, ValidationFailed
from partyapp.shared.kernel.ids import site_user_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.scopes import InsufficientScope, Scope

#: By endpoint and method; None where any key will do. What isn't here is for people.
SCOPES: Mapping[tuple[str, str], Scope | None] = {
    ("auth.me", "GET"): None,
    ("commands.show_command", "GET"): None,
    ("party_sessions.list_parties", "GET"): Scope.PARTIES_READ,
    ("party_sessions.show_party", "GET"): Scope.PARTIES_READ,
    ("party_members.list_members", "GET"): Scope.PARTIES_READ,
    ("party_moderation.list_bans", "GET"): Scope.PARTIES_READ,
    ("transcode.list_videos", "GET"): Scope.PARTIES_READ,
    ("transcode.one_video", "GET"): Scope.PARTIES_READ,
    ("transcode.register_video", "POST"): Scope.PARTIES_WRITE,
    ("party_sessions.create_party", "POST"): Scope.PARTIES_WRITE,
    ("party_sessions.end_party", "DELETE"): Scope.PARTIES_WRITE,
    ("party_settings.change_party", "PATCH"): Scope.PARTIES_WRITE,
    ("party_settings.change_invite_code", "POST"): Scope.PARTIES_WRITE,
    ("party_members.join_party", "POST"): Scope.MEMBERS_WRITE,
    ("party_members.transfer_party", "POST"): Scope.MEMBERS_WRITE,
    ("party_settings.give_grants", "PUT"): Scope.MEMBERS_WRITE,
    ("party_moderation.remove_member", "DELETE"): Scope.MEMBERS_WRITE,
    ("party_moderation.unban_member", "DELETE"): Scope.MEMBERS_WRITE,
    ("party_history.audit_log", "GET"): Scope.EVENTS_READ,
}

#: So much longer than it holds a token is remembered that has let somebody in, in ms.
TOKEN_MARGIN_MS = 60_000.0


class NotForKeys(Forbidden):
    """A server's key was brought where none counts."""

    detail = "No key of a server opens this address; a person's token does."


class PartyStates(Protocol):
    """Reads a party without regard to a reader."""

    def state(self, party_id: UUID) -> SyncedPartySessionState:
        """The party. Raises `PartyNotFound`."""
        ...


def install_site_keys(app: Flask, parties: PartyStates) -> None:
    """Let a server's key to what its scopes are for; to be installed after what authenticates."""

    @app.before_request
    def let_key_through() -> None:
        principal = g.get("principal")
        if not isinstance(principal, Principal) or principal.key_id is None or request.endpoint is None:
            return
        method = "GET" if request.method == "HEAD" else request.method
        if (request.endpoint, method) not in SCOPES:
            raise NotForKeys()
        scope = SCOPES[request.endpoint, method]
        if scope is not None and scope not in principal.scopes:
            raise InsufficientScope(scope)
        party_id = (request.view_args or {}).get("party_id")
        if party_id is not None:
            current.set_principal(_as_host(principal, parties.state(party_id)))


def _as_host(principal: Principal, party: SyncedPartySessionState) -> Principal:
    if party.site is None or party.site != principal.site:
        raise PartyNotFound()
    return replace(principal, user_id=party.host_id)


def acting_for(person: dict[str, Any] | None) -> Principal:
    """Whoever asks; where that is a server, the `person` that it names. Raises `ValidationFailed`."""
    principal = current.principal()
    if principal.key_id is None or principal.site is None:
        if person is not None:
            raise ValidationFailed(errors={"person": ["Only a server with a key asks for somebody else."]})
        return principal
    if person is None:
        raise ValidationFailed(errors={"person": ["Missing data for required field."]})
    user_id = site_user_id(principal.site, person["sub"])
    return replace(principal, user_id=user_id, display_name=person["name"])


def sees_invite_code(asks: Principal) -> bool:
    """Whether the invite code is for who reads the party. It lets people in, which no key may that reads."""
    return asks.key_id is None or not asks.scopes.isdisjoint((Scope.PARTIES_WRITE, Scope.MEMBERS_WRITE))


def joining(body: dict[str, Any], party_id: UUID) -> JoinPartySessionCommand:
    """A join as it was asked for: by a person, with a site's token for this party, or by a site's server.

    Raises `ValidationFailed`, or `Forbidden` for a token that gives rights which there are not.
    """
    actor = acting_for(body["person"])
    by_token = actor.key_id is None and actor.site is not None and actor.party_id == party_id
    unknown = set(actor.grants or ()) - set(Grant)
    if unknown:
        raise Forbidden("The token's `grants` name a right that there is not.")
    return JoinPartySessionCommand(
        actor=actor,
        party_id=party_id,
        invite_code=body["invite_code"],
        vouched=by_token or actor.key_id is not None,
        token_grants=None if actor.grants is None else list(actor.grants),
        token_id=actor.token_id if by_token else None,
        # Clocks differ: it is remembered for longer than it can be shown.
        token_until_ms=actor.expires_at_ms + TOKEN_MARGIN_MS if by_token and actor.token_id else None,
    )
