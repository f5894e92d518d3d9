"""Segments of a film that is still encoded: what is told is there, fits together, and is the film."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.infrastructure.ffmpeg.fragments import FragmentedFile, fragments_of
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from partyapp.transcode.infrastructure.ffmpeg.segments import INDEX, Segments
from tests.support.film_clips import Clips, ffmpeg, frame_numbers, frame_times
from tests.support.film_preparing import as_webvtt
from tests.support.fragment_times import shown_times

HEVC = ("-c:v", "libx265", "-x265-params", "log-level=none:keyint=40")


class Viewer:
    """Keeps a copy of what was told, as a store does, and checks that all that an index names is there."""

    def __init__(self, work: Path, store: Path) -> None:
        self.work, self.store = work, store
        store.mkdir()
        self.ready: list[float] = []
        self.kinds: list[str] = []

    def __call__(self, progress: Progress) -> None:
        for name in progress.segments:
            (self.store / name).write_bytes((self.work / name).read_bytes())
            if name.endswith(".m3u8"):
                assert [one for one in self.named(name) if not (self.store / one).exists()] == []
        if progress.film is not None:
            self.kinds.append(progress.film.sources[0].type)
            self.ready.append(progress.ready_until_s)

    def named(self, name: str) -> list[str]:
        text = (self.store / name).read_text()
        return re.findall(r'URI="([^"]+)"', text) + re.findall(r"^[^#\s].*$", text, re.M)

    def watched(self, name: str) -> Path:
        """What a player has in its buffer after all segments."""
        whole = self.store / f"{name}-watched.mp4"
        whole.write_bytes(b"".join((self.store / one).read_bytes() for one in self.named(f"{name}.m3u8")))
        return whole


@pytest.fixture
def viewer(tmp_path: Path) -> Viewer:
    return Viewer(tmp_path / "work", tmp_path / "store")


def prepare(source: Path, viewer: Viewer) -> Path:
    # Chunks that are no multiple of a segment, and a first one that is short.
    preparer = FfmpegFilmPreparer(as_webvtt, threads=1, chunk_lengths_s=(1.0, 5.0))
    film = preparer.prepare(source, viewer.work, viewer, lambda: False)
    return viewer.work / film.sources[0].file


def test_a_film_is_watched_in_segments_until_it_is_whole(clips: Clips, viewer: Viewer) -> None:
    source = clips.film("segments.mkv", seconds=8, codec=HEVC, sound=("-c:a", "ac3"))
    whole = prepare(source, viewer)
    assert viewer.kinds[0] == "application/vnd.apple.mpegurl"
    assert viewer.kinds[-1] == "video/mp4"
    assert viewer.kinds == sorted(viewer.kinds)
    index = viewer.named(INDEX)
    assert index == ["sound.m3u8", "picture.m3u8"]
    assert frame_numbers(viewer.watched("picture")) == frame_numbers(whole) == list(range(200))
    assert frame_times(viewer.watched("picture")) == pytest.approx(frame_times(whole), abs=1e-4)
    told = (viewer.store / INDEX).read_text()
    assert re.search(r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=64x36,AUDIO="sound"', told)
    for name in ("picture", "sound"):
        text = (viewer.store / f"{name}.m3u8").read_text()
        assert text.endswith("#EXT-X-ENDLIST\n")
        lengths = [float(one) for one in re.findall(r"#EXTINF:([\d.]+)", text)]
        assert sum(lengths) == pytest.approx(8.0, abs=0.1)
        assert max(lengths) <= 4.1
        assert int(re.findall(r"TARGETDURATION:(\d+)", text)[0]) >= max(lengths)
    # What can be watched grows from the first chunk to the whole; 0 says that nothing is waited for.
    growing = [ready for ready in viewer.ready if ready]
    assert growing == sorted(growing)
    assert growing[-1] == pytest.approx(8.0, abs=0.1)
    assert viewer.ready[-1] == 0


def test_a_silent_film_is_watched_in_segments_too(clips: Clips, viewer: Viewer) -> None:
    prepare(clips.film("silent.mkv", codec=HEVC, sound=("-an",)), viewer)
    assert viewer.named(INDEX) == ["picture.m3u8"]
    assert "AUDIO" not in (viewer.store / INDEX).read_text()
    assert viewer.ready[0] == pytest.approx(1.0, abs=0.1)


def test_a_sound_that_becomes_whole_while_it_is_looked_at_is_taken_once(
    clips: Clips, viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(clips.film("hevc-segments.mkv", codec=HEVC, seconds=6), viewer)
    sound, picture = viewer.watched("sound"), viewer.watched("picture")
    folder = tmp_path / "again"
    folder.mkdir()
    growing, whole = folder / "sound-1.part", folder / "sound-1.mp4"
    growing.write_bytes(sound.read_bytes())

    def read_and_renamed(path: Path) -> FragmentedFile:
        parts = fragments_of(path)
        if path == growing:
            growing.replace(whole)
        return parts

    monkeypatch.setattr("partyapp.transcode.infrastructure.ffmpeg.segments.fragments_of", read_and_renamed)
    again = Segments(folder, PicturePlan(stream=0, copy=False, width=64, height=36), whole, growing)
    again.add_chunk(picture, fragments_of(picture))
    told = Viewer(folder, tmp_path / "told")
    for name in again.published(ended=True):
        (told.store / name).write_bytes((folder / name).read_bytes())
    assert told.watched("sound").read_bytes() == sound.read_bytes()
    assert told.watched("picture").read_bytes() == picture.read_bytes()


def test_after_a_kill_all_segments_are_told_again(clips: Clips, viewer: Viewer, tmp_path: Path) -> None:
    source = clips.film("segments.mkv", seconds=8, codec=HEVC, sound=("-c:a", "ac3"))
    first = Viewer(viewer.work, tmp_path / "first")

    class Killed(Exception):
        pass

    def report(progress: Progress) -> None:
        first(progress)
        if first.ready:
            raise Killed

    preparer = FfmpegFilmPreparer(as_webvtt, threads=1, chunk_lengths_s=(1.0, 5.0))
    with pytest.raises(Killed):
        preparer.prepare(source, viewer.work, report, lambda: False)
    prepare(source, viewer)
    assert frame_numbers(viewer.watched("picture")) == list(range(200))


def test_what_begins_late_is_late_in_segments_too(clips: Clips, viewer: Viewer, tmp_path: Path) -> None:
    film = clips.film("late-segments.mkv", seconds=6, codec=HEVC)
    late = ("-itsoffset", "0.7", "-i", film, "-i", film, "-c", "copy")
    whole = prepare(clips.made("late-sound.mkv", *late, "-map", "1:v", "-map", "0:a"), viewer)
    sound = viewer.watched("sound")
    assert shown_times(sound)[0] == 0
    for path in (sound, whole):
        told = ffmpeg("-i", path, "-af", "silencedetect=d=0.3,ametadata=print:file=-", "-f", "null", "-")
        begins_s = float(re.findall(r"lavfi.silence_end=([\d.]+)", told)[0])
        assert begins_s == pytest.approx(0.7, abs=0.03)

    other = Viewer(tmp_path / "other", tmp_path / "other-store")
    whole = prepare(clips.made("late-picture.mkv", *late, "-map", "0:v", "-map", "1:a"), other)
    # The first frame is there from the start, so that a player begins; the second is where it was.
    assert shown_times(other.watched("picture"))[:2] == pytest.approx([0, 0.74], abs=2e-3)
    assert frame_times(whole)[:2] == pytest.approx([0, 0.74], abs=0.021)
    assert frame_numbers(whole) == list(range(150))
