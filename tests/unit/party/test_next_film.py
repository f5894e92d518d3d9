"""The next film of the queue begins by itself: when, which, and what keeps it from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partyapp.party.application.commands import FollowQueueCommand, PlayNextCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Ports
from partyapp.party.application.rights_commands import ChangePartySessionCommand
from partyapp.party.contract import QueuedVideo
from partyapp.party.domain.errors import NotGranted, QueueEmpty
from partyapp.party.domain.playback import LONGEST_LEAD_MS, PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_admission import InMemoryAdmissions
from tests.support.party_objects import T0, film, principal
from tests.unit.party.test_upkeep_handlers import UpkeepEnv

END_MS = T0 + 1000.0
NEXT_MS = END_MS + 8000.0


class QueueEnv(UpkeepEnv):
    """A film with a second left, and two that follow."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = self.queue_up(film()), self.queue_up(film())
        self.play_to_the_end()

    def queue_up(self, video: PartyVideo) -> QueuedVideo:
        self.videos.videos[video.id] = video
        item = QueuedVideo(item_id=new_id(), video_id=video.id)
        self.queue.items.setdefault(self.id, []).append(item)
        return item

    @property
    def playback(self) -> PlaybackState:
        return self.sessions.get(self.id).state.playback

    @property
    def announced(self) -> object:
        following = self.playback.next_video
        return None if following is None else following.item_id

    def settle(self, **settings: Any) -> None:
        state = self.sessions.states[self.id]
        self.sessions.states[self.id] = replace(state, settings=replace(state.settings, **settings))

    def press(self, action: PlaybackAction, at_ms: float) -> None:
        session = self.sessions.get(self.id)
        session.control(
            action,
            self.host,
            at_ms=at_ms,
            lead_ms=0.0,
            position_s=None,
            rate=None,
            expected_revision=None,
        )
        self.sessions.save(session)

    def run(self, command: Any) -> Any:
        ports = Ports(
            sessions=self.sessions,
            members=self.members,
            schedule=self.schedule,
            queue=self.queue,
            videos=self.videos,
            admissions=InMemoryAdmissions(),
            quotas=Quotas(),
        )
        return handle(command, ports)


@pytest.fixture
def env() -> QueueEnv:
    return QueueEnv()


def test_it_is_announced_at_the_end_and_begins_on_the_instant(env: QueueEnv) -> None:
    assert env.sessions.running_past_end(END_MS, 9) == [env.id]
    assert env.look_as_it_is(END_MS) == ["playback_finished"]
    following = env.playback.next_video
    assert following is not None
    assert (following.item_id, following.video_id) == (env.first.item_id, env.first.video_id)
    assert following.at_ms == NEXT_MS
    due_ms = NEXT_MS - LONGEST_LEAD_MS
    assert env.sessions.running_past_end(due_ms - 1, 9) == []
    assert env.look_as_it_is(due_ms - 1) == []
    assert env.sessions.running_past_end(due_ms, 9) == [env.id]
    assert env.look_as_it_is(due_ms) == ["video_changed"]
    state = env.sessions.get(env.id).state
    assert state.video.id == env.first.video_id
    assert (state.playback.status, state.playback.at_ms) == (PlaybackStatus.PLAYING, NEXT_MS)
    assert env.queue.items[env.id] == [env.second], "it has left the queue, once"
    assert env.look_as_it_is(NEXT_MS) == []


def test_who_looks_too_late_begins_it_a_lead_later(env: QueueEnv) -> None:
    env.look_as_it_is(END_MS)
    assert env.look_as_it_is(NEXT_MS + 60_000) == ["video_changed"]
    assert env.playback.at_ms == NEXT_MS + 60_000 + env.schedule.lead


def test_at_once_is_one_look_and_never_is_none(env: QueueEnv) -> None:
    env.settle(next_after_s=0.0)
    assert env.look_as_it_is(END_MS) == ["playback_finished", "video_changed"]
    assert env.playback.at_ms == END_MS + env.schedule.lead
    other = QueueEnv()
    other.settle(next_after_s=None)
    assert other.look_as_it_is(END_MS) == ["playback_finished"]
    assert other.announced is None


def test_another_pause_before_it_counts_at_once_and_never_takes_it_back(env: QueueEnv) -> None:
    env.look_as_it_is(END_MS)

    def sets(at_ms: float, **changes: Any) -> int:
        env.schedule.time_ms = at_ms
        actor = principal(user_id=env.host.user_id)
        session = env.run(ChangePartySessionCommand(actor=actor, party_id=env.id, changes=changes))
        return len(session.events)

    assert sets(END_MS + 1000, next_after_s=60.0) == 2
    assert (env.announced, env.playback.next_video.at_ms) == (env.first.item_id, END_MS + 61_000)  # type: ignore[union-attr]
    assert sets(END_MS + 2000, title="Another title") == 1
    assert sets(END_MS + 3000, next_after_s=None) == 2
    assert (env.announced, env.playback.status) == (None, PlaybackStatus.STOPPED)
    assert sets(END_MS + 4000, next_after_s=8.0) == 1, "it was taken back"
    assert env.look_as_it_is(END_MS + 90_000) == []


@pytest.mark.parametrize("action", PlaybackAction)
def test_a_press_cancels_it(env: QueueEnv, action: PlaybackAction) -> None:
    env.look_as_it_is(END_MS)
    env.press(action, END_MS + 1000)
    assert env.announced is None
    assert env.look_as_it_is(NEXT_MS) == []
    assert env.queue.items[env.id] == [env.first, env.second]


def test_one_that_is_taken_out_gives_way_to_the_next_and_that_to_none(env: QueueEnv) -> None:
    env.look_as_it_is(END_MS)
    env.queue.take(env.id, env.first.item_id)
    env.schedule.time_ms = END_MS + 1000
    env.run(FollowQueueCommand(party_id=env.id))
    assert (env.announced, env.playback.next_video.at_ms) == (env.second.item_id, END_MS + 9000)  # type: ignore[union-attr]
    revision = env.sessions.get(env.id).state.revision
    env.run(FollowQueueCommand(party_id=env.id))
    assert env.sessions.get(env.id).state.revision == revision, "nothing to say"
    env.queue.take(env.id, env.second.item_id)
    env.run(FollowQueueCommand(party_id=env.id))
    assert (env.announced, env.playback.status) == (None, PlaybackStatus.STOPPED)


def test_one_that_is_gone_when_it_is_due_is_not_played(env: QueueEnv) -> None:
    """The process that took it out died before it could say so."""
    env.look_as_it_is(END_MS)
    env.queue.take(env.id, env.first.item_id)
    assert env.look_as_it_is(NEXT_MS) == ["playback_finished"]
    assert env.announced == env.second.item_id


def test_what_cannot_be_played_is_passed_over(env: QueueEnv) -> None:
    del env.videos.videos[env.first.video_id]
    env.look_as_it_is(END_MS)
    assert env.announced == env.second.item_id


def test_who_may_control_plays_what_is_announced_now(env: QueueEnv) -> None:
    ada = principal("Ada", env.host.user_id)
    env.look_as_it_is(END_MS)
    env.queue.items[env.id].reverse()
    with pytest.raises(NotGranted):
        env.run(PlayNextCommand(actor=principal("Grace", env.grace.user_id), party_id=env.id))
    for item in (env.first, env.second):
        env.run(PlayNextCommand(actor=ada, party_id=env.id))
        state = env.sessions.get(env.id).state
        assert (state.video.id, state.playback.status) == (item.video_id, PlaybackStatus.PLAYING)
    with pytest.raises(QueueEmpty):
        env.run(PlayNextCommand(actor=ada, party_id=env.id))
