"""Who is in a party: joining, leaving, the host's role, rights, and who is put out."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from partyapp.party.domain.admission import PartyInvite, Vouching
from partyapp.party.domain.errors import Banned, HostCannotBeRemoved, NotAMember, PartyFull
from partyapp.party.domain.events import (
    HostTransferred,
    InviteCodeChanged,
    MemberBanned,
    MemberGrantsChanged,
    MemberJoined,
    MemberLeft,
    MemberRemoved,
    MemberRenamed,
    MemberUnbanned,
    PartySessionEnded,
)
from partyapp.party.domain.grants import Grant, Grants
from partyapp.party.domain.invite_rules import InviteRules
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import ABSENT, PartyStatus


class MembershipRules(InviteRules):
    """What may become of a party's members."""

    def join(
        self,
        user_id: UUID,
        display_name: str,
        invite_code: str | None,
        member: PartyMember | None,
        at_ms: float,
        *,
        invites: Sequence[PartyInvite] = (),
        banned: bool = False,
        vouching: Vouching | None = None,
    ) -> PartyMember:
        """Become a member; who is one already stays one, and takes the name that they come with.

        `invites` are those that have this code or are for this person. The event names the one that counted.
        Whom the party's own site vouches for needs none, see `is_vouched_by`.
        Raises `PartyNotFound` for a private party without an invite, `InvalidInvite` for a public one with a
        wrong one, `Banned`, `PartyEnded`, `PartyFull`.
        """
        if member is not None and member.present:
            return self.rename(member, display_name, at_ms)
        admitted: PartyInvite | Vouching | None
        if vouching is None or not self.is_vouched_by(vouching):
            admitted = self._admitted_by(user_id, invite_code, invites, banned, at_ms)
        elif banned:
            raise Banned()
        else:
            admitted = vouching
        self._must_be_active()
        if self._state.member_count >= self._state.max_members:
            raise PartyFull()
        joined = (
            PartyMember.new(self._state.id, user_id, display_name, at_ms)
            if member is None
            else member.joined_again(display_name, at_ms)
        )
        if admitted is not None:
            joined = joined.with_grants(admitted.grants)
        self._entered(joined, admitted.id if isinstance(admitted, PartyInvite) else None, at_ms)
        return joined

    def is_vouched_by(self, vouching: Vouching) -> bool:
        """Whether the word of this site counts here: the party is its own."""
        return vouching.site == self._state.site

    def _entered(self, member: PartyMember, invite_id: UUID | None, at_ms: float) -> None:
        self._state = replace(self._state, member_count=self._state.member_count + 1)
        own = member.state.grants
        self._record(
            MemberJoined,
            at_ms,
            member.user_id,
            user_id=member.user_id,
            display_name=member.state.display_name,
            grants=self._state.grants_of(member.user_id, own),
            own_grants=own,
            invite_id=invite_id,
        )

    def rename(self, member: PartyMember, display_name: str, at_ms: float) -> PartyMember:
        """Give a present member another name; the same name changes nothing. Raises `PartyEnded`."""
        self._must_be_active()
        user_id, former = member.user_id, member.state.display_name
        if display_name == former:
            return member
        self._record(
            MemberRenamed, at_ms, user_id, user_id=user_id, display_name=display_name, former_name=former
        )
        return member.renamed(display_name)

    def leave(self, member: PartyMember, successor: PartyMember | None, at_ms: float) -> PartyMember:
        """Leave. A host hands over to `successor`; without one the party ends with the last to leave.

        A party that is over has had its last event: then only the membership ends.
        """
        if self._state.status is PartyStatus.ENDED:
            return member.left(at_ms)
        if member.user_id == self._state.host_id and successor is not None:
            # First the hand-over, so that the host is a member at every revision.
            self._hand_over(successor, member.user_id, "left", at_ms)
        self._member_left(member, member.user_id, "left", at_ms)
        if self._state.member_count == 0:
            self._end("empty", member.user_id, at_ms)
        return member.left(at_ms)

    def give_seat_up(self, member: PartyMember, at_ms: float) -> PartyMember:
        """End the membership of somebody who has been gone for `SEAT_MS`, since the party is full."""
        self._must_be_active()
        self._member_left(member, None, ABSENT, at_ms)
        return member.left(at_ms)

    def transfer_host(self, actor: PartyMember | None, to: PartyMember | None, at_ms: float) -> None:
        """Make another member the host. Only the host may; a transfer to oneself changes nothing."""
        host = self._must_be_host(actor)
        self._must_be_active()
        if to is None or not to.present:
            raise NotAMember("Whom you want to hand over to is not a member of this party.")
        if to.user_id != host.user_id:
            self._hand_over(to, host.user_id, "transfer", at_ms)

    def succeed_host(self, successor: PartyMember, at_ms: float) -> None:
        """Hand over from a host who has been gone for too long."""
        self._must_be_active()
        if successor.user_id != self._state.host_id:
            self._hand_over(successor, None, ABSENT, at_ms)

    def give_grants(
        self, actor: PartyMember | None, member: PartyMember | None, grants: Grants | None, at_ms: float
    ) -> PartyMember:
        """Give a member rights of their own, or with None those of the party again. Only the host may.

        What changes nothing is no event. Raises `NotAMember` where the other is none.
        """
        host = self._must_be_host(actor)
        self._must_be_active()
        if member is None or not member.present:
            raise NotAMember("Whom you want to give rights is not a member of this party.")
        if member.state.grants == grants:
            return member
        name = member.state.display_name
        facts = {"user_id": member.user_id, "display_name": name, "grants": grants}
        self._record(MemberGrantsChanged, at_ms, host.user_id, **facts)
        return member.with_grants(grants)

    def remove_member(
        self, actor: PartyMember | None, member: PartyMember, *, banned: bool, at_ms: float
    ) -> PartyMember:
        """Put a member out; who is gone already is left as they are, but for the ban.

        `banned`: they are banned by this, and weren't before. Raises `NotGranted`, or `HostCannotBeRemoved`.
        """
        by = self.must_have(actor, Grant.MODERATE)
        return self._put_out(member, by.user_id, banned, at_ms)

    def expel_member(self, member: PartyMember, *, banned: bool, at_ms: float) -> PartyMember:
        """The same for the operator, who needs no right. Raises `HostCannotBeRemoved`."""
        return self._put_out(member, None, banned, at_ms)

    def _put_out(self, member: PartyMember, actor_id: UUID | None, banned: bool, at_ms: float) -> PartyMember:
        self._must_be_active()
        if member.user_id == self._state.host_id:
            raise HostCannotBeRemoved()
        if not member.present:
            if banned:
                facts = {"user_id": member.user_id, "display_name": member.state.display_name}
                self._record(MemberBanned, at_ms, actor_id, **facts)
            return member
        self._state = replace(self._state, member_count=self._state.member_count - 1)
        facts = {"user_id": member.user_id, "display_name": member.state.display_name, "banned": banned}
        self._record(MemberRemoved, at_ms, actor_id, **facts)
        return member.left(at_ms)

    def unban(self, actor: PartyMember | None, user_id: UUID, display_name: str, at_ms: float) -> None:
        """Let somebody who is banned come back. Raises `NotGranted`."""
        by = self.must_have(actor, Grant.MODERATE)
        self._must_be_active()
        self._record(MemberUnbanned, at_ms, by.user_id, user_id=user_id, display_name=display_name)

    def change_invite_code(self, actor: PartyMember | None, invite_code: str, at_ms: float) -> None:
        """Another invite code; the one before opens nothing any more. Only the host may."""
        host = self._must_be_host(actor)
        self._must_be_active()
        self._state = replace(self._state, invite_code=invite_code)
        self._record(InviteCodeChanged, at_ms, host.user_id)

    def _hand_over(self, to: PartyMember, actor_id: UUID | None, reason: str, at_ms: float) -> None:
        former = self._state.host_id
        self._state = self._state.handed_over(to.user_id, reason, at_ms)
        known = {"to_display_name": to.state.display_name, "to_joined_at_ms": to.state.joined_at_ms}
        facts = {"from_user_id": former, "to_user_id": to.user_id, **known, "reason": reason}
        self._record(HostTransferred, at_ms, actor_id, **facts)

    def _member_left(self, member: PartyMember, actor_id: UUID | None, reason: str, at_ms: float) -> None:
        name = member.state.display_name
        self._state = replace(self._state, member_count=self._state.member_count - 1)
        self._record(MemberLeft, at_ms, actor_id, user_id=member.user_id, display_name=name, reason=reason)

    def _end(self, reason: str, actor_id: UUID | None, at_ms: float) -> None:
        self._state = self._state.ended(at_ms)
        self._record(PartySessionEnded, at_ms, actor_id, reason=reason)
