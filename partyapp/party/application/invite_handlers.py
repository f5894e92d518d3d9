"""Invites: made and revoked. What a join by one counts is part of the join."""

import secrets
from dataclasses import dataclass

from partyapp.party.application.admission_ports import AdmissionPort
from partyapp.party.application.ports import MemberLookup, SchedulePort, SessionRepository
from partyapp.party.application.rights_commands import CreateInviteCommand, RevokeInviteCommand
from partyapp.party.contract import InvitationNotices, PartyInvitation
from partyapp.party.domain.admission import PartyInvite
from partyapp.party.domain.errors import NoSuchInvite
from partyapp.party.domain.session import SyncedPartySession
from partyapp.shared.kernel.errors import QuotaExceeded, ValidationFailed

#: 192 bits of chance: an invite can't be guessed.
INVITE_BYTES = 24

#: So many invites of a party may be open at a time.
MOST_INVITES = 200


def new_invite_code() -> str:
    """A code that nobody can guess. It begins and ends with a letter or a digit.

    A program that is given one with a `-` in front takes it for an option, and what finds links in texts
    leaves signs at their end out.
    """
    while True:
        code = secrets.token_urlsafe(INVITE_BYTES)
        if code[0].isalnum() and code[-1].isalnum():
            return code


@dataclass(frozen=True)
class CreateInviteHandler:
    """Makes an invite, and tells the person whom it is for. The same `invite_id` again is the same invite.

    Raises `ValidationFailed` for a person who is a member already, and `QuotaExceeded`.
    """

    sessions: SessionRepository
    members: MemberLookup
    schedule: SchedulePort
    admissions: AdmissionPort
    notices: InvitationNotices

    def __call__(self, command: CreateInviteCommand) -> PartyInvite:
        session = self.sessions.get(command.party_id)
        first = self.admissions.invite(command.party_id, command.invite_id)
        if first is not None and first.created_by == command.actor.user_id:
            return first
        actor = self.members.get(command.party_id, command.actor.user_id)
        session.must_be_allowed_to_invite(actor, command.grants)
        now_ms = self.schedule.now_ms()
        self._must_be_new(command)
        if self.admissions.open_invites(command.party_id, now_ms) >= MOST_INVITES:
            raise QuotaExceeded("The party has as many open invites as it may have; revoke some first.")
        invite = PartyInvite(
            id=command.invite_id,
            party_id=command.party_id,
            code=new_invite_code(),
            created_by=command.actor.user_id,
            created_at_ms=now_ms,
            expires_at_ms=None if command.expires_in_s is None else now_ms + command.expires_in_s * 1000,
            max_uses=command.max_uses,
            user_id=command.user_id,
            grants=command.grants,
        )
        self.admissions.add_invite(invite)
        self._tell(session, invite, command.actor.display_name)
        return invite

    def _must_be_new(self, command: CreateInviteCommand) -> None:
        if command.user_id is None:
            return
        member = self.members.get(command.party_id, command.user_id)
        if member is not None and member.present:
            raise ValidationFailed(errors={"user_id": ["Is a member of this party already."]})

    def _tell(self, session: SyncedPartySession, invite: PartyInvite, inviter_name: str) -> None:
        if invite.user_id is None:
            return
        self.notices.invited(
            PartyInvitation(
                id=invite.id,
                party_id=invite.party_id,
                party_title=session.state.title,
                user_id=invite.user_id,
                invited_by=invite.created_by,
                inviter_name=inviter_name,
                at_ms=invite.created_at_ms,
            )
        )


@dataclass(frozen=True)
class RevokeInviteHandler:
    """Revokes an invite, for ever; again changes nothing. Raises `NoSuchInvite`."""

    sessions: SessionRepository
    members: MemberLookup
    schedule: SchedulePort
    admissions: AdmissionPort

    def __call__(self, command: RevokeInviteCommand) -> None:
        session = self.sessions.get(command.party_id)
        session.must_be_allowed_to_invite(self.members.get(command.party_id, command.actor.user_id))
        invite = self.admissions.invite(command.party_id, command.invite_id)
        if invite is None:
            raise NoSuchInvite()
        self.admissions.revoke([invite.id], self.schedule.now_ms())
