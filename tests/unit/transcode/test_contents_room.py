"""How much room a table of contents gets in front of a film."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Plan, SoundPlan, Way
from partyapp.transcode.infrastructure.ffmpeg.contents_room import (
    LARGE_BYTES,
    MOST_BYTES,
    contents_room,
)

SOUND = SoundPlan(id="s", stream=1, copy=True, language=None, label="Sound 1", default=True)
FILM = Plan(
    way=Way.REMUX,
    container="matroska",
    duration_s=7200.0,
    picture=PicturePlan(stream=0, copy=True, width=1920, height=1080),
    frame_rate=25.0,
    sounds=(SOUND,),
)


def room(**changes: object) -> int:
    found = contents_room(replace(FILM, **changes), LARGE_BYTES)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_it_grows_with_all_that_the_table_has_entries_for() -> None:
    # A film of two hours at 25 frames a second, with sound, had 5.6 to 6 MB.
    assert 6_000_000 < room() < 12_000_000
    assert room(duration_s=3600.0) == pytest.approx(room() / 2, rel=0.01)
    assert room(frame_rate=None) > room(frame_rate=50.0) > room() > room(sounds=())


def test_it_has_a_bound_whatever_a_file_says_of_itself() -> None:
    assert room(duration_s=7 * 86400.0) == room(frame_rate=1e9) == MOST_BYTES


def test_a_small_film_and_one_of_unknown_length_are_moved() -> None:
    assert contents_room(FILM, LARGE_BYTES - 1) is None
    assert contents_room(replace(FILM, duration_s=None), LARGE_BYTES) is None
