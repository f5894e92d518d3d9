"""What the host sets, the rights that members have, and who is put out."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from partyapp.party.application.admission_ports import AdmissionPort
from partyapp.party.application.invite_handlers import new_invite_code
from partyapp.party.application.next_film import choose_next
from partyapp.party.application.ports import (
    MemberRepository,
    QueuePort,
    SchedulePort,
    SessionRepository,
    VideoCataloguePort,
)
from partyapp.party.application.rights_commands import (
    ChangeInviteCodeCommand,
    ChangePartySessionCommand,
    ExpelMemberCommand,
    GiveGrantsCommand,
    RemoveMemberCommand,
    UnbanMemberCommand,
)
from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.domain.errors import NoSuchMember
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.shared.kernel.bounds import Quotas


@dataclass(frozen=True)
class ChangePartySessionHandler:
    """Sets what the host may set; more members than `quotas.members` are made that many.

    Who loses a right that all had loses the invites that would hand it on, too. A film that is announced to
    follow does so after the other pause, or not.
    """

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort
    admissions: AdmissionPort
    quotas: Quotas
    videos: VideoCataloguePort
    queue: QueuePort

    def __call__(self, command: ChangePartySessionCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        host = self.members.get(command.party_id, command.actor.user_id)
        changes = dict(command.changes)
        if "max_members" in changes:
            changes["max_members"] = min(changes["max_members"], self.quotas.members)
        now_ms, before = self.schedule.now_ms(), session.state.default_grants
        after_s = session.state.settings.next_after_s
        if session.change_settings(host, changes, now_ms):
            if session.state.settings.next_after_s != after_s:
                session.follow(choose_next(session.state, self.queue, self.videos, now_ms), now_ms)
            self.sessions.save(session)
        if not before <= session.state.default_grants:
            self._revoke_beyond(session, now_ms)
        return session

    def _revoke_beyond(self, session: SyncedPartySession, now_ms: float) -> None:
        invites = self.admissions.all_open(session.state.id, now_ms)
        beyond: list[UUID] = []
        for maker_id in {invite.created_by for invite in invites}:
            maker = self.members.get(session.state.id, maker_id)
            if maker is not None and maker.present:
                beyond += _beyond(session, maker, invites)
        self.admissions.revoke(beyond, now_ms)


@dataclass(frozen=True)
class GiveGrantsHandler:
    """Gives a member rights. Invites of theirs that hand on what they have no more are revoked."""

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort
    admissions: AdmissionPort

    def __call__(self, command: GiveGrantsCommand) -> tuple[SyncedPartySession, PartyMember]:
        session = self.sessions.get(command.party_id)
        host = self.members.get(command.party_id, command.actor.user_id)
        member = self.members.get(command.party_id, command.user_id)
        now_ms = self.schedule.now_ms()
        changed = session.give_grants(host, member, command.grants, now_ms)
        if session.events:
            self.sessions.save(session)
            self.members.add(changed)
            invites = self.admissions.invites_of(session.state.id, changed.user_id)
            self.admissions.revoke(_beyond(session, changed, invites), now_ms)
        return session, changed


def _beyond(session: SyncedPartySession, maker: PartyMember, invites: Iterable[PartyInvite]) -> list[UUID]:
    """Those of these invites that the member made, and may not hand on."""
    have = session.state.grants_of(maker.user_id, maker.state.grants)
    return [
        invite.id
        for invite in invites
        if invite.created_by == maker.user_id
        and (Grant.INVITE not in have or not (invite.grants or have) <= have)
    ]


@dataclass(frozen=True)
class RemoveMemberHandler:
    """Puts a member out. Who has gone already can be banned all the same.

    Invites that they made, or that are for them, are revoked: they would be their way back.
    """

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort
    admissions: AdmissionPort

    def __call__(self, command: RemoveMemberCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        member = self.members.get(command.party_id, command.user_id)
        now_ms = self.schedule.now_ms()
        if member is None:
            session.must_have(actor, Grant.MODERATE)
            raise NoSuchMember()
        banned = _is_banned_by(self.admissions, command)
        gone = session.remove_member(actor, member, banned=banned, at_ms=now_ms)
        by = _By(user_id=command.actor.user_id, ban=command.ban, at_ms=now_ms)
        _keep_removal(self, session, gone, by)
        return session


@dataclass(frozen=True)
class ExpelMemberHandler:
    """Puts a member out for the operator; for the rest as above."""

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort
    admissions: AdmissionPort

    def __call__(self, command: ExpelMemberCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        member = self.members.get(command.party_id, command.user_id)
        if member is None:
            raise NoSuchMember()
        now_ms = self.schedule.now_ms()
        gone = session.expel_member(member, banned=_is_banned_by(self.admissions, command), at_ms=now_ms)
        _keep_removal(self, session, gone, _By(user_id=None, ban=command.ban, at_ms=now_ms))
        return session


@dataclass(frozen=True, kw_only=True)
class _By:
    """Who put somebody out, None for the operator, whether for good, and when."""

    user_id: UUID | None
    ban: bool
    at_ms: float


def _is_banned_by(admissions: AdmissionPort, command: RemoveMemberCommand | ExpelMemberCommand) -> bool:
    """Whether this command bans somebody who wasn't banned before."""
    return command.ban and admissions.ban_of(command.party_id, command.user_id) is None


def _keep_removal(
    ports: RemoveMemberHandler | ExpelMemberHandler, session: SyncedPartySession, gone: PartyMember, by: _By
) -> None:
    """Save what a removal has changed, and take away what would be the way back."""
    party_id = session.state.id
    if session.events:
        ports.sessions.save(session)
        ports.members.add(gone)
    if by.ban:
        name = gone.state.display_name
        ban = PartyBan(user_id=gone.user_id, display_name=name, banned_by=by.user_id, at_ms=by.at_ms)
        ports.admissions.add_ban(party_id, ban)
    invites = ports.admissions.invites_of(party_id, gone.user_id)
    ports.admissions.revoke([invite.id for invite in invites], by.at_ms)


@dataclass(frozen=True)
class UnbanMemberHandler:
    """Lets somebody who was banned come back; of who is not banned nothing changes."""

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort
    admissions: AdmissionPort

    def __call__(self, command: UnbanMemberCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        ban = self.admissions.ban_of(command.party_id, command.user_id)
        if ban is None:
            session.must_have(actor, Grant.MODERATE)
            return session
        session.unban(actor, ban.user_id, ban.display_name, self.schedule.now_ms())
        self.sessions.save(session)
        self.admissions.remove_ban(command.party_id, command.user_id)
        return session


@dataclass(frozen=True)
class ChangeInviteCodeHandler:
    """Gives the party another invite code."""

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort

    def __call__(self, command: ChangeInviteCodeCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        host = self.members.get(command.party_id, command.actor.user_id)
        session.change_invite_code(host, new_invite_code(), self.schedule.now_ms())
        self.sessions.save(session)
        return session
