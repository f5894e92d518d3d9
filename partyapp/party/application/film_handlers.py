"""Another film for a party that goes on: one that somebody chooses, or the next of the queue."""

from dataclasses import dataclass

from partyapp.party.application.commands import (
    ChangeVideoCommand,
    FollowQueueCommand,
    PlayNextCommand,
)
from partyapp.party.application.next_film import choose_next, first_playable
from partyapp.party.application.ports import (
    MemberLookup,
    QueuePort,
    SchedulePort,
    SessionRepository,
    VideoCataloguePort,
)
from partyapp.party.domain.errors import QueueEmpty
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus


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


@dataclass(frozen=True)
class PlayNextHandler:
    """Plays the film that is announced, or else the first of the queue, which leaves the queue with that.

    Raises `QueueEmpty` where no film of it can be played.
    """

    sessions: SessionRepository
    members: MemberLookup
    videos: VideoCataloguePort
    queue: QueuePort
    schedule: SchedulePort

    def __call__(self, command: PlayNextCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        actor = self.members.get(command.party_id, command.actor.user_id)
        session.must_control(actor)
        found = first_playable(session.state, self.queue, self.videos)
        if found is None or not self.queue.take(command.party_id, found.item.item_id):
            raise QueueEmpty()
        session.change_video(
            actor,
            found.video,
            play=True,
            at_ms=self.schedule.now_ms(),
            lead_ms=self.schedule.lead_ms(command.party_id),
        )
        self.sessions.save(session)
        return session


@dataclass(frozen=True)
class FollowQueueHandler:
    """Announces another film, or none, where that which is announced is not in the queue any more."""

    sessions: SessionRepository
    videos: VideoCataloguePort
    queue: QueuePort
    schedule: SchedulePort

    def __call__(self, command: FollowQueueCommand) -> SyncedPartySession:
        session = self.sessions.get(command.party_id)
        following = session.state.playback.next_video
        if following is None or session.state.status is PartyStatus.ENDED:
            return session
        items = self.queue.upcoming(command.party_id, session.state.settings.queue_mode)
        if all(item.item_id != following.item_id for item in items):
            now_ms = self.schedule.now_ms()
            session.follow(choose_next(session.state, self.queue, self.videos, now_ms), now_ms)
            self.sessions.save(session)
        return session
