"""Start, pause, seek. They run in the web process; the schedule says when everybody acts."""

from dataclasses import dataclass
from typing import ClassVar

from partyapp.party.application.commands import PlaybackCommand
from partyapp.party.application.ports import MemberLookup, SchedulePort, SessionRepository
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession


@dataclass(frozen=True)
class _PlaybackHandler:
    """What the three have in common: all but the action."""

    action: ClassVar[PlaybackAction]

    sessions: SessionRepository
    members: MemberLookup
    schedule: SchedulePort

    def __call__(self, command: PlaybackCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        session.control(
            self.action,
            actor,
            at_ms=self.schedule.now_ms(),
            lead_ms=self.schedule.lead_ms(command.party_id),
            position_s=command.position_s,
            rate=command.rate,
            expected_revision=command.expected_revision,
        )
        self.sessions.save(session)
        return session


class StartPlaybackHandler(_PlaybackHandler):
    """Plays."""

    action = PlaybackAction.PLAY


class PausePlaybackHandler(_PlaybackHandler):
    """Pauses."""

    action = PlaybackAction.PAUSE


class SeekPlaybackHandler(_PlaybackHandler):
    """Seeks."""

    action = PlaybackAction.SEEK
