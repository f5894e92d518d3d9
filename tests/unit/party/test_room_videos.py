"""What becomes of a party's film reaches its room: the replica, and everybody connected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.views import video_view
from partyapp.party.live.room_videos import PartyVideoChanged, RoomVideos, video_publisher
from partyapp.realtime.messages import MessageRouter, encode
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import LiveEnv

URL = "/media/g/v/3/film.mp4"


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


def change(env: LiveEnv, **changes: Any) -> PartyVideoChanged:
    """A film that has become playable meanwhile."""
    shown = video_view(env.store.session.state.video)
    now = {
        "title": "New",
        "playback_url": URL,
        "state": "playable",
        "sources": [{"url": URL}],
        "duration_s": 1.0,
    }
    return PartyVideoChanged(party=env.store.id, video={**shown, **now, **changes})


def test_the_room_is_told_and_its_replica_moves_on(env: LiveEnv) -> None:
    line, room = env.enter()
    before = room.state.replica.state.video
    RoomVideos(env.hub).receive(change(env))
    video = room.state.replica.state.video
    assert (video.title, video.playback_url) == ("New", URL)
    # How long the party takes its film to be, only its own event changes.
    assert video == replace(
        before, title="New", playback_url=URL, details={"state": "playable", "sources": [{"url": URL}]}
    )
    assert line.messages[-1] == {"type": "video", "video": video_view(video)}
    assert room.state.replica.state.revision == env.store.session.state.revision


def test_another_film_changes_nothing(env: LiveEnv) -> None:
    line, room = env.enter()
    before = room.state.replica.state
    RoomVideos(env.hub).receive(change(env, id=str(new_id())))
    RoomVideos(env.hub).receive(replace_party(change(env), new_id()))
    assert room.state.replica.state is before
    assert [message["type"] for message in line.messages] == ["welcome"]


def replace_party(message: PartyVideoChanged, party_id: UUID) -> PartyVideoChanged:
    return PartyVideoChanged(party=party_id, video=message.video)


def test_it_goes_from_process_to_process(env: LiveEnv) -> None:
    line, _ = env.enter()
    router = MessageRouter("another process")
    router.register(PartyVideoChanged, RoomVideos(env.hub).receive)
    tell = video_publisher(lambda party_id, message: router.received(str(party_id), encode(message)))
    tell(env.store.id, change(env).video)
    assert line.messages[-1]["type"] == "video"
