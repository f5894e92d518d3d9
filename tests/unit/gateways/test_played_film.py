"""What the party is told of a desktop member's player, and when it is told at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.played_film import BETWEEN_NEWS_MS, PlayedFilm
from partyapp.gateways.syncplay.states import MemberReading
from tests.support.syncplay_env import party_json, playback_json

NOW_MS = 1_700_000_000_000.0
READING = MemberReading(
    error_s=0.01,
    bound_ms=25.0,
    paused=False,
    position_s=12.0,
    sampled_ms=NOW_MS - 300.0,
    buffering=False,
    settled=True,
    round_trip_ms=80.0,
)


def room(**changes: Any) -> PartyRoom:
    playing = playback_json("playing", 10.0, at_ms=NOW_MS - 2000.0)
    return PartyRoom(msgspec.convert(party_json(playback=playing, **changes), news.Party))


def film() -> PlayedFilm:
    found = PlayedFilm()
    found.opened({"name": "film.mkv", "duration": 600.0}, "film")
    return found


def test_a_status_has_the_error_of_many_samples_at_this_instant() -> None:
    status = film().status(READING, room(), NOW_MS)
    assert status is not None
    assert status["position_s"] == pytest.approx(12.01)
    assert (status["sampled_at_ms"], status["state"], status["bound_ms"]) == (NOW_MS, "playing", 25.0)
    assert (status["video_id"], status["revision"]) == ("film", 3)


def test_without_an_error_it_has_the_latest_sample() -> None:
    status = film().status(replace(READING, error_s=None, bound_ms=None), room(), NOW_MS)
    assert status is not None
    assert (status["position_s"], status["sampled_at_ms"]) == (12.0, NOW_MS - 300.0)
    assert "bound_ms" not in status


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"paused": True}, "paused"), ({"buffering": True}, "buffering"), ({"paused": None}, "playing")],
)
def test_the_state_is_that_of_the_player(changes: dict[str, Any], state: str) -> None:
    status = film().status(replace(READING, **changes), room(), NOW_MS)
    assert status is not None
    assert status["state"] == state


def test_nothing_is_told_without_a_position_or_of_a_film_before() -> None:
    assert film().status(replace(READING, position_s=None), room(), NOW_MS) is None
    assert PlayedFilm().status(READING, room(), NOW_MS) is None
    other = room(video={"id": "other", "title": "Another", "duration_s": None})
    found = film()
    assert found.status(READING, other, NOW_MS) is None
    assert not found.is_news(READING, other, NOW_MS)
    found.opened({"duration": 90}, "other")
    assert found.status(READING, other, NOW_MS) is not None


def test_another_state_is_told_at_once_and_another_error_after_a_second() -> None:
    found, party = film(), room()
    assert found.is_news(READING, party, NOW_MS)
    found.status(READING, party, NOW_MS)
    assert not found.is_news(READING, party, NOW_MS)
    assert found.is_news(replace(READING, paused=True), party, NOW_MS)
    drifted = replace(READING, error_s=0.05)
    assert not found.is_news(drifted, party, NOW_MS + BETWEEN_NEWS_MS / 2)
    assert found.is_news(drifted, party, NOW_MS + BETWEEN_NEWS_MS + 1)
    assert not found.is_news(replace(READING, error_s=0.015), party, NOW_MS + BETWEEN_NEWS_MS + 1)


@pytest.mark.parametrize("file", [None, {}, {"duration": "long"}, {"duration": -1}, {"duration": True}])
def test_a_length_that_is_none_is_unknown(file: Any) -> None:
    assert PlayedFilm().opened(file, "film") is None
