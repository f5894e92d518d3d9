"""An event of a newer program: the room is sent it, and its replica is read anew for the fast path."""

from __future__ import annotations

import itertools
from typing import Any

import gevent
import pytest

from partyapp.party.application.commands import StartPlaybackCommand
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.playback_statement import Written
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.room_feed import REREAD_TRIES
from partyapp.party.live.room_lookup import RoomLookup
from partyapp.party.live.room_messages import publication
from partyapp.realtime.rooms import DeviceKey
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import FixedSchedule
from tests.support.live_env import LiveEnv
from tests.support.party_objects import T0, host_of, principal
from tests.support.socket_pairs import run_for_a_moment, run_until


class Statement:
    """In place of Postgres's statement: commits to the store what was decided on its revision."""

    def __init__(self, env: LiveEnv) -> None:
        self.env = env

    def write(self, session: SyncedPartySession, command_id: Any) -> Written:
        self.env.store.session = session
        (event,) = self.env.store.commit(command_id).events
        return Written(event=event, first=True)


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of what is read again, which take no time here."""
    taken: list[float] = []

    def sleep(seconds: float = 0.0) -> None:
        taken.append(seconds)
        pause(0)

    pause = gevent.sleep
    monkeypatch.setattr("partyapp.party.live.room_feed.gevent.sleep", sleep)
    return taken


def fast_path(env: LiveEnv) -> PlaybackFastPath:
    presence: Any = None
    statement: Any = Statement(env)
    return PlaybackFastPath(
        replicas=RoomLookup(env.hub, env.clock, presence),
        statement=statement,
        schedule=FixedSchedule(T0),
        feed=env.feed,
    )


def plays(env: LiveEnv, path: PlaybackFastPath) -> bool:
    """Whether a command takes the fast path."""
    actor = principal(user_id=env.store.session.state.host_id)
    return path.try_run(StartPlaybackCommand(actor=actor, party_id=env.store.id), new_id()) is not None


def newer_program_commits(env: LiveEnv) -> None:
    env.feed.receive(publication(env.store.id, [env.store.unknown_event()], None))


def test_the_fast_path_is_taken_again_once_the_party_was_read(env: LiveEnv) -> None:
    line, room = env.enter()
    path = fast_path(env)
    newer_program_commits(env)
    assert not plays(env, path), "what an unknown event has changed, nobody here knows"
    run_until(lambda: not room.state.replica.stale)
    assert room.state.replica.state == env.store.session.state
    assert plays(env, path)
    assert line.revisions == [2, 3], "and the room was sent the unknown event all the same"


def test_a_changed_invite_code_is_read(env: LiveEnv) -> None:
    """No event tells it, and the welcome of who connects next does."""
    _, room = env.enter()
    store = env.store
    store.session.change_invite_code(host_of(store.session), "another-code", T0)
    env.feed.receive(store.publication(store.commit()))
    run_until(lambda: not room.state.replica.stale)
    assert room.state.replica.state.invite_code == "another-code"
    line, _ = env.enter()
    assert line.messages[0]["party"]["invite_code"] == "another-code"


def test_what_is_missed_during_the_reading_is_sent_too(env: LiveEnv, pauses: list[float]) -> None:
    line, room = env.enter()
    late = itertools.count()

    def meanwhile() -> None:
        if next(late) == 0:
            env.store.join()

    newer_program_commits(env)
    env.store.after_reading = meanwhile
    run_until(lambda: not room.state.replica.stale)
    run_for_a_moment()
    env.feed.tick()
    assert line.revisions == [2, 3]
    assert room.state.replica.state == env.store.session.state


def test_a_reading_that_is_newer_than_the_room_is_sent_before_it_is_taken(env: LiveEnv) -> None:
    line, room = env.enter()
    newer_program_commits(env)
    env.store.join()
    run_until(lambda: not room.state.replica.stale)
    assert line.revisions == [2, 3]


def test_many_unknown_events_are_one_reading(env: LiveEnv) -> None:
    line, room = env.enter()
    env.store.readings = 0
    for _ in range(50):
        newer_program_commits(env)
    run_until(lambda: not room.state.replica.stale)
    assert env.store.readings == 1
    assert line.revisions == list(range(2, 52))


def test_without_postgres_it_is_tried_again_after_a_pause(env: LiveEnv, pauses: list[float]) -> None:
    _, room = env.enter()
    env.store.error = Unavailable()
    newer_program_commits(env)
    run_until(lambda: len(pauses) > 3)
    assert room.state.replica.stale
    env.store.error = None
    run_until(lambda: not room.state.replica.stale)
    run_until(lambda: not room.state.rereading)
    assert set(pauses) == {1.0}


def test_a_party_that_never_rests_is_read_a_bounded_number_of_times(
    env: LiveEnv, pauses: list[float]
) -> None:
    _, room = env.enter()
    env.store.readings = 0
    env.store.after_reading = lambda: newer_program_commits(env) if not pauses else None
    newer_program_commits(env)
    run_until(lambda: pauses)
    # Each try reads the party, and perhaps what was missed meanwhile.
    assert env.store.readings <= 2 * REREAD_TRIES
    run_until(lambda: not room.state.replica.stale)


def test_a_room_that_is_closed_is_not_read_any_more(env: LiveEnv, pauses: list[float]) -> None:
    line, room = env.enter()
    env.store.error = Unavailable()
    newer_program_commits(env)
    run_until(lambda: pauses)
    env.join.leave(room, DeviceKey(env.store.session.state.host_id, None), line)
    run_until(lambda: not room.state.rereading)
