"""The opening of a large film that is copied: watched in segments until the copy is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from partyapp.transcode.domain.probed_film import FilmRefused, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg import copied_film, live_segments, opening
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from partyapp.transcode.infrastructure.ffmpeg.contents_room import LARGE_BYTES
from partyapp.transcode.infrastructure.ffmpeg.opening import LONGEST_S, SHORTEST_S, opening_s
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from tests.integration.films.test_segments import Viewer
from tests.support.film_clips import Clips, frame_hashes, frame_numbers, frame_times
from tests.support.film_preparing import as_webvtt
from tests.support.fragment_times import shown_times

SEGMENTS, MP4 = "application/vnd.apple.mpegurl", "video/mp4"


class OpeningFirst:
    """`Beside` whose work is done before its block: a copy of a few seconds would be there before it."""

    def __init__(self, work: Callable[[Callable[[], bool]], None], should_stop: Callable[[], bool]) -> None:
        self._work, self.should_stop = work, should_stop

    def __enter__(self) -> Self:
        self._work(self.should_stop)
        return self

    def __exit__(self, *_error: object) -> None:
        """It has ended."""


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    monkeypatch.setattr(opening, "LARGE_BYTES", 0)
    monkeypatch.setattr(live_segments, "CATCH_UP_S", 0.0)
    monkeypatch.setattr(copied_film, "Beside", OpeningFirst)
    return Viewer(tmp_path / "work", tmp_path / "store")


def prepare(source: Path, viewer: Viewer) -> Path:
    film = FfmpegFilmPreparer(as_webvtt, threads=1).prepare(source, viewer.work, viewer, lambda: False)
    return viewer.work / film.sources[0].file


@pytest.mark.parametrize("rate", ["25", "24000/1001"])
def test_an_opening_shows_each_frame_when_the_copy_does(clips: Clips, viewer: Viewer, rate: str) -> None:
    name = f"opening-{rate.split('/')[0]}.mkv"
    source = clips.film(name, rate=rate, seconds=9, sound=("-c:a", "ac3"))
    whole = prepare(source, viewer)
    assert viewer.kinds[0] == SEGMENTS
    assert viewer.kinds[-1] == MP4
    assert viewer.kinds == sorted(viewer.kinds)
    # Its last segment has no keyframe behind it that would tell that it is whole.
    assert max(viewer.ready) >= 4.0
    watched = viewer.watched("picture")
    seen = shown_times(watched)
    assert seen == pytest.approx(frame_times(whole)[: len(seen)], abs=1e-3)
    assert frame_numbers(watched) == frame_numbers(whole)[: len(seen)]
    assert frame_hashes(whole) == frame_hashes(source)
    assert "#EXT-X-ENDLIST" not in (viewer.store / "picture.m3u8").read_text()
    assert not list(viewer.work.glob("picture*"))


def test_a_broadcast_has_an_opening_too(clips: Clips, viewer: Viewer) -> None:
    film = clips.film("broadcast.mp4", seconds=9)
    # Its sound has a head on each frame (ADTS) that MP4 has no place for.
    whole = prepare(clips.copied(film, "broadcast.ts"), viewer)
    assert viewer.kinds[0] == SEGMENTS
    seen = shown_times(viewer.watched("picture"))
    assert len(seen) >= 100
    # The sound begins some ms earlier; ffmpeg tells the whole film's times in frames.
    assert seen == pytest.approx(frame_times(whole)[: len(seen)], abs=0.021)
    assert frame_hashes(whole) == frame_hashes(film)


def test_a_picture_that_begins_late_is_there_from_the_start(clips: Clips, viewer: Viewer) -> None:
    film = clips.film("early.mkv", seconds=9, sound=("-c:a", "ac3"))
    late = ("-itsoffset", "0.7", "-i", film, "-i", film, "-c", "copy", "-map", "0:v", "-map", "1:a")
    whole = prepare(clips.made("late-opening.mkv", *late), viewer)
    assert shown_times(viewer.watched("picture"))[:3] == pytest.approx([0, 0.74, 0.78], abs=2e-3)
    assert frame_times(whole)[:3] == pytest.approx([0, 0.74, 0.78], abs=0.021)
    assert frame_hashes(whole) == frame_hashes(film)


def test_an_opening_that_fails_costs_nothing(
    clips: Clips, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, tried = Ffmpeg.run, []

    def refuse(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        tried.append(any(word.endswith("opening-picture.part") for word in arguments))
        if tried[-1]:
            raise FilmRefused("It can't be cut.")
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", refuse)
    source = clips.disc()
    whole = prepare(source, viewer)
    assert tried[:2] == [True, False]
    assert set(viewer.kinds) == {MP4}
    assert frame_hashes(whole) == frame_hashes(source)


def test_an_opening_is_ended_with_the_copy(
    clips: Clips, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copied_film, "Beside", Beside)
    run, ended = Ffmpeg.run, []

    def endless(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        if any(word.endswith("opening-picture.part") for word in arguments):
            arguments = ["-re", "-stream_loop", "-1", *arguments]
            try:
                return run(self, arguments, **options)  # type: ignore[arg-type]
            except PreparationStopped:
                ended.append("opening")
                raise
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", endless)
    source = clips.disc()
    assert frame_hashes(prepare(source, viewer)) == frame_hashes(source)
    assert ended == ["opening"]


def test_only_what_takes_long_and_is_not_played_as_it_came_has_one(
    clips: Clips, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(clips.film(), viewer)
    assert set(viewer.kinds) == {MP4}
    monkeypatch.setattr(copied_film, "opening_s", lambda size: None)
    other = Viewer(viewer.work.with_name("other"), viewer.store.with_name("other-store"))
    prepare(clips.disc(), other)
    assert set(other.kinds) == {MP4}


def test_how_long_an_opening_is() -> None:
    assert opening_s(LARGE_BYTES - 1) is None
    assert opening_s(LARGE_BYTES) == SHORTEST_S
    assert opening_s(4 * 1024**3) == pytest.approx(172, abs=1)
    assert opening_s(100 * 1024**3) == LONGEST_S
