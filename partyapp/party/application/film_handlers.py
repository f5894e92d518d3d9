"""Another film for a party that goes on."""

from dataclasses import dataclass

from partyapp.party.application.commands import ChangeVideoCommand
from partyapp.party.application.ports import (
    MemberLookup,
    SchedulePort,
    SessionRepository,
    VideoCataloguePort,
)
from partyapp.party.domain.session import SyncedPartySession


@dataclass(frozen=True)
class ChangeVideoHandler:
    """Shows another film.

    Who may not control the playback learns nothing of the film. Raises `ValidationFailed` or `VideoNotReady`
    for one that can't be played.
    """

    sessions: SessionRepository
    members: MemberLookup
    videos: VideoCataloguePort
    schedule: SchedulePort

    def __call__(self, command: ChangeVideoCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        session.must_control(actor)
        video = self.videos.playable(command.video_id, command.actor.user_id, command.party_id)
        session.change_video(
            actor,
            video,
            position_s=command.position_s,
            play=command.play,
            at_ms=self.schedule.now_ms(),
            lead_ms=self.schedule.lead_ms(command.party_id),
        )
        self.sessions.save(session)
        return session
