"""Create, join, rename, leave, transfer, end; each returns the party that it was about.

All but rename run in a worker.
"""

from dataclasses import dataclass
from uuid import UUID

from partyapp.party.application.admission_ports import AdmissionLookup
from partyapp.party.application.commands import (
    ClosePartySessionCommand,
    CreatePartySessionCommand,
    EndPartySessionCommand,
    JoinPartySessionCommand,
    LeavePartySessionCommand,
    RenameMemberCommand,
    TransferHostCommand,
)
from partyapp.party.application.invite_handlers import new_invite_code
from partyapp.party.application.ports import (
    MemberRepository,
    PartyMemberPort,
    PartySessionPort,
    PresencePort,
    SchedulePort,
    SessionRepository,
    VideoCataloguePort,
)
from partyapp.party.domain.admission import Vouching
from partyapp.party.domain.errors import NotAMember, PartyFull, PartyNotFound, TokenUsed
from partyapp.party.domain.events import MemberJoined
from partyapp.party.domain.grants import grants_of
from partyapp.party.domain.json_values import wait_from
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.settings import PartySettings
from partyapp.party.domain.settings_rules import must_be_a_date
from partyapp.party.domain.state import SEAT_MS, PartyStatus, SyncedPartySessionState, Visibility
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.errors import QuotaExceeded


@dataclass(frozen=True)
class CreatePartySessionHandler:
    """Starts a party; a larger one than `quotas.members` is made that small.

    Raises `ValidationFailed` or `VideoNotReady` for a video that can't be played, and `QuotaExceeded`.
    """

    sessions: PartySessionPort
    members: PartyMemberPort
    videos: VideoCataloguePort
    schedule: SchedulePort
    quotas: Quotas

    def __call__(self, command: CreatePartySessionCommand) -> SyncedPartySession:
        video = self.videos.playable(command.video_id, command.actor.user_id, command.party_id)
        if self.sessions.hosted_by(command.actor.user_id) >= self.quotas.parties:
            raise QuotaExceeded("You host as many parties as you may; end another one first.")
        now_ms = self.schedule.now_ms()
        if command.starts_at_ms is not None:
            must_be_a_date(command.starts_at_ms, now_ms)
        session = SyncedPartySession.create(
            SyncedPartySessionState(
                id=command.party_id,
                title=command.title or video.title,
                video=video,
                host_id=command.actor.user_id,
                visibility=command.visibility,
                control=command.control,
                max_members=min(command.max_members, self.quotas.members),
                invite_code=new_invite_code(),
                created_at_ms=now_ms,
                starts_at_ms=command.starts_at_ms,
                lead_ms=self.schedule.lead_ms(command.party_id),
                settings=PartySettings(wait=wait_from(command.wait)),
                site=command.actor.site,
            ),
            command.actor.display_name,
        )
        self.sessions.add(session)
        self.members.add(session.host_member(command.actor.display_name))
        return session


@dataclass(frozen=True)
class JoinPartySessionHandler:
    """Makes the actor a member; a member stays one, under their present name.

    In a full party the member who has been gone longest, and for `SEAT_MS`, gives the seat up. Without Redis
    it is unknown who is connected, and then nobody does.
    """

    sessions: SessionRepository
    members: MemberRepository
    presence: PresencePort
    schedule: SchedulePort
    admissions: AdmissionLookup

    def __call__(self, command: JoinPartySessionCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        known = self.members.get(command.party_id, command.actor.user_id)
        now_ms = self.schedule.now_ms()
        try:
            joined = self._join(session, command, known, now_ms)
        except PartyFull:
            gone = self._longest_gone(session, now_ms)
            if gone is None:
                raise
            self.members.add(session.give_seat_up(gone, now_ms))
            joined = self._join(session, command, known, now_ms)
        if session.events:
            self.sessions.save(session)
            self.members.add(joined)
            happened = session.events[-1]
            if isinstance(happened, MemberJoined):
                self._use(session, command, happened.invite_id)
        return session

    def _use(
        self, session: SyncedPartySession, command: JoinPartySessionCommand, invite_id: UUID | None
    ) -> None:
        """Count what has let somebody in. Raises `TokenUsed`."""
        if invite_id is not None:
            self.admissions.count_use(invite_id)
        vouching = _vouching(command)
        if vouching is None or command.token_id is None or not session.is_vouched_by(vouching):
            return
        if not self.admissions.use_token(command.token_id, command.token_until_ms or 0.0):
            raise TokenUsed()

    def _join(
        self,
        session: SyncedPartySession,
        command: JoinPartySessionCommand,
        known: PartyMember | None,
        now_ms: float,
    ) -> PartyMember:
        actor, code, party_id = command.actor, command.invite_code, command.party_id
        if known is not None and known.present:
            return session.join(actor.user_id, actor.display_name, code, known, now_ms)
        return session.join(
            actor.user_id,
            actor.display_name,
            code,
            known,
            now_ms,
            invites=self.admissions.invites_for(party_id, actor.user_id, code),
            banned=self.admissions.ban_of(party_id, actor.user_id) is not None,
            vouching=_vouching(command),
        )

    def _longest_gone(self, session: SyncedPartySession, now_ms: float) -> PartyMember | None:
        party = session.state
        connected = self.presence.connected(party.id)
        if connected is None:
            return None
        return self.members.longest_gone(party.id, now_ms - SEAT_MS, {*connected, party.host_id})


@dataclass(frozen=True)
class RenameMemberHandler:
    """Gives the actor's membership their present name; who is no member, or of an ended party, is let be."""

    sessions: SessionRepository
    members: MemberRepository
    schedule: SchedulePort

    def __call__(self, command: RenameMemberCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        member = self.members.get(command.party_id, command.actor.user_id)
        if member is None or not member.present or session.state.status is PartyStatus.ENDED:
            return session
        renamed = session.rename(member, command.actor.display_name, self.schedule.now_ms())
        if session.events:
            self.sessions.save(session)
            self.members.add(renamed)
        return session


@dataclass(frozen=True)
class LeavePartySessionHandler:
    """Ends the actor's membership; leaving twice is the same as once.

    Raises `NotAMember`, for a private party `PartyNotFound`.
    """

    sessions: PartySessionPort
    members: PartyMemberPort
    presence: PresencePort
    schedule: SchedulePort

    def __call__(self, command: LeavePartySessionCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        member = self.members.get(command.party_id, command.actor.user_id)
        if member is None:
            _must_be_visible(session)
            raise NotAMember()
        if not member.present:
            return session
        successor = None
        if member.user_id == session.state.host_id:
            connected = self.presence.connected(command.party_id) or frozenset()
            successor = self.members.successor(command.party_id, member.user_id, connected)
        gone = session.leave(member, successor, self.schedule.now_ms())
        if session.events:
            self.sessions.save(session)
        self.members.add(gone)
        return session


@dataclass(frozen=True)
class TransferHostHandler:
    """Makes another member the host."""

    sessions: PartySessionPort
    members: PartyMemberPort
    schedule: SchedulePort

    def __call__(self, command: TransferHostCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        to = self.members.get(command.party_id, command.user_id)
        session.transfer_host(actor, to, self.schedule.now_ms())
        if session.events:
            self.sessions.save(session)
        return session


@dataclass(frozen=True)
class EndPartySessionHandler:
    """Ends the party for everybody."""

    sessions: PartySessionPort
    members: PartyMemberPort
    schedule: SchedulePort

    def __call__(self, command: EndPartySessionCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        present = actor is not None and actor.present
        if not session.state.readable_whole_by(command.actor.user_id, present=present):
            _must_be_visible(session)
        session.end(actor, command.actor.user_id, self.schedule.now_ms())
        if session.events:
            self.sessions.save(session)
        return session


@dataclass(frozen=True)
class ClosePartySessionHandler:
    """Ends the party for everybody, for the operator. Raises `PartyNotFound`."""

    sessions: PartySessionPort
    schedule: SchedulePort

    def __call__(self, command: ClosePartySessionCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        session.close(self.schedule.now_ms())
        if session.events:
            self.sessions.save(session)
        return session


def _vouching(command: JoinPartySessionCommand) -> Vouching | None:
    if command.actor.site is None or not command.vouched:
        return None
    grants = None if command.token_grants is None else grants_of(command.token_grants)
    return Vouching(site=command.actor.site, grants=grants)


def _must_be_visible(session: SyncedPartySession) -> None:
    if session.state.visibility is Visibility.PRIVATE:
        raise PartyNotFound()
