"""Start, pause, seek, and the length of what is played. They run in the web process.

The schedule says when all members act.
"""

from dataclasses import dataclass

from partyapp.party.application.commands import (
    PausePlaybackCommand,
    PlaybackCommand,
    ReportVideoDurationCommand,
    SeekPlaybackCommand,
    SettleWaitCommand,
    StartPlaybackCommand,
)
from partyapp.party.application.ports import MemberLookup, SchedulePort, SessionRepository
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession


@dataclass(frozen=True)
class _PlaybackHandler:
    sessions: SessionRepository
    members: MemberLookup
    schedule: SchedulePort

    def _control(self, action: PlaybackAction, command: PlaybackCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        session.control(
            action,
            actor,
            at_ms=self.schedule.now_ms(),
            lead_ms=self.schedule.lead_ms(command.party_id),
            position_s=command.position_s,
            rate=command.rate,
            expected_revision=command.expected_revision,
            players=command.players if command.when_ready else None,
        )
        self.sessions.save(session)
        return session


@dataclass(frozen=True)
class StartPlaybackHandler(_PlaybackHandler):
    """Plays."""

    def __call__(self, command: StartPlaybackCommand) -> SyncedPartySession:
        return self._control(PlaybackAction.PLAY, command)


@dataclass(frozen=True)
class PausePlaybackHandler(_PlaybackHandler):
    """Pauses."""

    def __call__(self, command: PausePlaybackCommand) -> SyncedPartySession:
        return self._control(PlaybackAction.PAUSE, command)


@dataclass(frozen=True)
class SeekPlaybackHandler(_PlaybackHandler):
    """Seeks."""

    def __call__(self, command: SeekPlaybackCommand) -> SyncedPartySession:
        return self._control(PlaybackAction.SEEK, command)


@dataclass(frozen=True)
class SettleWaitHandler:
    """Carries out what a party's rule says of waiting for its members' players."""

    sessions: SessionRepository
    schedule: SchedulePort

    def __call__(self, command: SettleWaitCommand) -> bool:
        """Whether anything was due."""
        session = self.sessions.get(command.party_id)
        now_ms, lead_ms = self.schedule.now_ms(), self.schedule.lead_ms(command.party_id)
        settled = session.settle(command.players, at_ms=now_ms, lead_ms=lead_ms)
        if settled:
            self.sessions.save(session)
        return settled


@dataclass(frozen=True)
class ReportVideoDurationHandler:
    """Takes the length of the film from a member's player, where its word counts."""

    sessions: SessionRepository
    members: MemberLookup
    schedule: SchedulePort

    def __call__(self, command: ReportVideoDurationCommand) -> bool:
        """Whether that changed anything."""
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        changed = session.know_duration(
            actor, command.video_id, command.duration_s, command.agreed, self.schedule.now_ms()
        )
        if changed:
            self.sessions.save(session)
        return changed
