"""Who may invite others, to what, and whom an invite lets in."""

from collections.abc import Sequence
from uuid import UUID

from partyapp.party.domain.admission import PartyInvite
from partyapp.party.domain.aggregate import PartyAggregate
from partyapp.party.domain.errors import Banned, InvalidInvite, NotGranted, PartyNotFound
from partyapp.party.domain.grants import Grant, Grants
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import Visibility


class InviteRules(PartyAggregate):
    """Invites are no events of the party: what a join by one changes is said by the join."""

    def must_be_allowed_to_invite(self, actor: PartyMember | None, grants: Grants | None = None) -> None:
        """Raise `NotGranted` unless the actor may invite and has `grants` themselves, or `PartyEnded`."""
        inviting = self.must_have(actor, Grant.INVITE)
        self._must_be_active()
        own = self._state.grants_of(inviting.user_id, inviting.state.grants)
        if grants is not None and not grants <= own:
            raise NotGranted("You can hand on only the rights that you have yourself.")

    def _admitted_by(
        self,
        user_id: UUID,
        invite_code: str | None,
        invites: Sequence[PartyInvite],
        banned: bool,
        at_ms: float,
    ) -> PartyInvite | None:
        """The invite that lets somebody in; None where the party's own code does, or it is open to all.

        Raises `PartyNotFound`, `InvalidInvite`, or `Banned` for who may know of the party.
        """
        # The one whose code was given first, then those for the person, which need no code.
        meant = sorted(
            (invite for invite in invites if invite.is_for(user_id, invite_code)),
            key=lambda invite: not invite.has_code(invite_code),
        )
        opening = next((invite for invite in meant if invite.closed_because(at_ms) is None), None)
        if opening is None and not self._state.opened_by(invite_code):
            if self._state.visibility is Visibility.PRIVATE:
                raise PartyNotFound()
            if invite_code is not None and not banned:
                named = next((invite for invite in meant if invite.has_code(invite_code)), None)
                raise InvalidInvite(None if named is None else named.closed_because(at_ms))
        if banned:
            raise Banned()
        return opening
