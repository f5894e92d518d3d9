"""Invites and bans in memory; tests/ports holds them to what the ones in Postgres do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyInvitation
from partyapp.party.domain.admission import PartyBan, PartyInvite


class InMemoryAdmissions:
    """`AdmissionPort` without a database."""

    def __init__(self) -> None:
        self.invites: dict[UUID, PartyInvite] = {}
        self.bans: dict[tuple[UUID, UUID], PartyBan] = {}
        self.used_tokens: dict[UUID, float] = {}

    def ban_of(self, party_id: UUID, user_id: UUID) -> PartyBan | None:
        """The ban."""
        return self.bans.get((party_id, user_id))

    def add_ban(self, party_id: UUID, ban: PartyBan) -> None:
        """The first one stays."""
        self.bans.setdefault((party_id, ban.user_id), ban)

    def remove_ban(self, party_id: UUID, user_id: UUID) -> None:
        """End it."""
        self.bans.pop((party_id, user_id), None)

    def invites_for(self, party_id: UUID, user_id: UUID, code: str | None) -> Sequence[PartyInvite]:
        """By code or by person."""
        return [one for one in self._of(party_id) if user_id == one.user_id or one.code == code]

    def invites_of(self, party_id: UUID, user_id: UUID) -> Sequence[PartyInvite]:
        """Made by them or for them, and not revoked."""
        return [
            one
            for one in self._of(party_id)
            if user_id in (one.created_by, one.user_id) and one.revoked_at_ms is None
        ]

    def invite(self, party_id: UUID, invite_id: UUID) -> PartyInvite | None:
        """One of the party's."""
        return next((one for one in self._of(party_id) if one.id == invite_id), None)

    def open_invites(self, party_id: UUID, now_ms: float) -> int:
        """How many are open."""
        return sum(one.closed_because(now_ms) is None for one in self._of(party_id))

    def all_open(self, party_id: UUID, now_ms: float) -> Sequence[PartyInvite]:
        """Those that are open."""
        return [one for one in self._of(party_id) if one.closed_because(now_ms) is None]

    def add_invite(self, invite: PartyInvite) -> None:
        """Keep it."""
        self.invites[invite.id] = invite

    def count_use(self, invite_id: UUID) -> None:
        """One use more, if there is one left."""
        invite = self.invites[invite_id]
        if invite.closed_because(0.0) is not None:
            raise ConcurrentChange()
        self.invites[invite_id] = replace(invite, uses=invite.uses + 1)

    def use_token(self, token_id: UUID, until_ms: float) -> bool:
        """Once."""
        is_new = token_id not in self.used_tokens
        self.used_tokens.setdefault(token_id, until_ms)
        return is_new

    def revoke(self, invite_ids: Collection[UUID], at_ms: float) -> None:
        """Close them."""
        for invite_id in invite_ids:
            invite = self.invites[invite_id]
            if invite.revoked_at_ms is None:
                self.invites[invite_id] = replace(invite, revoked_at_ms=at_ms)

    def _of(self, party_id: UUID) -> list[PartyInvite]:
        return sorted(
            (one for one in self.invites.values() if one.party_id == party_id), key=lambda one: one.id
        )


class RecordedInvitations(list[PartyInvitation]):
    """`InvitationNotices`: who was told, in order."""

    def invited(self, invitation: PartyInvitation) -> None:
        """Record it."""
        self.append(invitation)
