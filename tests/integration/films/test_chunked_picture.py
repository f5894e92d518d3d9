"""A picture encoded in chunks: the same frames, none twice, none lost, and the same again after a kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from partyapp.transcode.domain.preparation import Rendition, decide
from partyapp.transcode.domain.probed_film import FilmRefused, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg import chunked_picture
from partyapp.transcode.infrastructure.ffmpeg.chunked_picture import Chunk, ChunkedPicture
from partyapp.transcode.infrastructure.ffmpeg.film_reading import FilmReading
from partyapp.transcode.infrastructure.ffmpeg.fragments import fragments_of
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from tests.support.film_clips import Clips, frame_hashes, frame_numbers, frame_times

#: Open groups of pictures, as discs have them: the frames before a keyframe need the group before.
HEVC = ("-c:v", "libx265", "-x265-params", "log-level=none:keyint=40:open-gop=1:bframes=3")
VARIABLE = ("-vf", "select='lt(mod(n\\,7)\\,4)+gt(n\\,60)'", "-fps_mode", "vfr", *HEVC)


class Made:
    """The chunks of a film in a folder, and the film joined of them."""

    def __init__(self, source: Path, folder: Path, lengths_s: tuple[float, ...] = (1.0, 2.0)) -> None:
        self.source, self.folder = source, folder
        folder.mkdir(exist_ok=True)
        self.plan = decide(probe(source))
        picture = self.plan.picture
        size = Rendition(width=picture.width, height=picture.height)
        ran = Ffmpeg(threads=1)
        self.pictures = ChunkedPicture(
            ran, FilmReading(source, self.plan), size, folder, "picture", lengths_s
        )
        self.chunks: list[Chunk] = []

    def film(self, should_stop: Callable[[], bool] = lambda: False) -> Path:
        self.pictures.encode(
            on_time=lambda time_s: None,
            on_chunk=self.chunks.append,
            should_stop=should_stop,
        )
        joined = self.folder / "joined.mp4"
        self.pictures.join(None, joined, lambda: False)
        return joined


FILMS = {
    "23.976": ("24000/1001", HEVC, ".mkv"),
    "25": ("25", HEVC, ".mp4"),
    "29.97": ("30000/1001", HEVC, ".mkv"),
    "29.97 in mp4": ("30000/1001", HEVC, ".mp4"),
    "60": ("60", HEVC, ".mkv"),
    "variable": ("30", VARIABLE, ".mkv"),
    "variable in mp4": ("30", VARIABLE, ".mp4"),
}


@pytest.mark.parametrize("name", FILMS)
def test_chunks_have_each_frame_once_at_its_time(clips: Clips, tmp_path: Path, name: str) -> None:
    rate, codec, ending = FILMS[name]
    source = clips.film(
        f"chunks {name}{ending}".replace(" ", "-"), rate=rate, seconds=4, codec=codec, sound=("-an",)
    )
    made = Made(source, tmp_path / "work")
    joined = made.film()
    assert len(made.chunks) >= 2
    assert frame_numbers(joined) == frame_numbers(source)
    assert frame_times(joined) == pytest.approx(frame_times(source), abs=1e-3)


def test_a_turned_film_has_each_frame_once(clips: Clips, tmp_path: Path) -> None:
    upright = clips.film("chunks-25.mp4", seconds=4, codec=HEVC, sound=("-an",))
    source = clips.made("chunks-turned.mp4", "-display_rotation", "270", "-i", upright, "-c", "copy")
    joined = Made(source, tmp_path / "work").film()
    assert len(frame_hashes(joined)) == len(frame_hashes(source)) == 100


def test_a_picture_that_begins_late_is_its_first_frame_until_then(clips: Clips, tmp_path: Path) -> None:
    film = clips.film("chunks-sound.mkv", seconds=4, codec=HEVC, sound=("-c:a", "ac3"))
    late = clips.made(
        "late-chunks.mkv",
        *("-itsoffset", "0.5", "-i", film, "-i", film),
        *("-map", "0:v", "-map", "1:a", "-c", "copy"),
    )
    made = Made(late, tmp_path / "work")
    times = frame_times(made.film())
    # Players that are fed with segments wait for ever where there is none.
    assert times == pytest.approx([0, *frame_times(late)[1:]], abs=0.002)
    assert made.chunks[0].start_s == 0


def test_a_run_that_was_stopped_goes_on_and_makes_the_same_frames(clips: Clips, tmp_path: Path) -> None:
    source = clips.film("chunks-25.mp4", seconds=4, codec=HEVC, sound=("-an",))
    undisturbed = frame_hashes(Made(source, tmp_path / "undisturbed").film())
    stopped = Made(source, tmp_path / "stopped")
    with pytest.raises(PreparationStopped):
        stopped.film(should_stop=lambda: len(stopped.chunks) == 1)
    first = (tmp_path / "stopped" / "picture-00000.mp4").stat()
    resumed = Made(source, tmp_path / "stopped").film()
    assert frame_hashes(resumed) == undisturbed
    assert (tmp_path / "stopped" / "picture-00000.mp4").stat().st_mtime_ns == first.st_mtime_ns


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends ffmpeg with the worker")
def test_a_run_that_was_killed_goes_on_and_makes_the_same_frames(clips: Clips, tmp_path: Path) -> None:
    source = clips.film("chunks-25.mp4", seconds=4, codec=HEVC, sound=("-an",))
    undisturbed = frame_hashes(Made(source, tmp_path / "undisturbed").film())
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from tests.integration.films.test_chunked_picture import Made;"
        "made = Made(Path(sys.argv[1]), Path(sys.argv[2]));"
        # In the midst of the second chunk, as the kernel or an operator would.
        "made.film(lambda: bool(made.chunks) and any(made.folder.glob('*.part'))"
        " and os.kill(os.getpid(), signal.SIGKILL))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(source), str(tmp_path / "killed")], timeout=60)
    assert killed.returncode == -9
    assert len(list((tmp_path / "killed").glob("*.mp4"))) >= 1
    assert not (tmp_path / "killed" / "joined.mp4").exists()
    assert frame_hashes(Made(source, tmp_path / "killed").film()) == undisturbed


def test_a_place_that_is_found_too_late_is_looked_for_again(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clips.film("chunks-25.mp4", seconds=4, codec=HEVC, sound=("-an",))
    # As if the file's index led one and a half seconds behind the place.
    monkeypatch.setattr(chunked_picture, "LEADS_S", (-1.5, None))
    assert frame_numbers(Made(source, tmp_path / "work").film()) == list(range(100))


def test_a_film_without_a_single_frame_is_refused(clips: Clips, tmp_path: Path) -> None:
    made = Made(clips.film("chunks-25.mp4", seconds=4, codec=HEVC, sound=("-an",)), tmp_path / "work")
    with pytest.raises(FilmRefused):
        made.pictures.join(None, tmp_path / "joined.mp4", lambda: False)


def test_fragments_of_a_growing_file_are_those_that_are_whole(clips: Clips, tmp_path: Path) -> None:
    flags = (
        "-g",
        "25",
        "-bf",
        "0",
        "-sc_threshold",
        "0",
        "-movflags",
        "+frag_keyframe+default_base_moof+delay_moov",
    )
    whole = clips.film("fragments.mp4", codec=("-c:v", "libx264", *flags), sound=("-an",))
    found = fragments_of(whole)
    assert [(round(one.start_s, 3), round(one.end_s, 3)) for one in found.fragments] == [
        (0, 1), (1, 2), (2, 3), (3, 4),
    ]  # fmt: skip
    assert found.fragments[1].last_s == pytest.approx(1.96)
    growing = tmp_path / "growing.mp4"
    growing.write_bytes(whole.read_bytes()[: found.fragments[2].offset + 200])
    assert fragments_of(growing).fragments == found.fragments[:2]
    growing.write_bytes(b"")
    assert fragments_of(growing).fragments == ()


def test_the_first_seconds_come_in_short_chunks_that_do_not_stand_back(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, awaited = Ffmpeg.run, []

    def noted(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        awaited.append(options["is_awaited"])
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", noted)
    made = Made(clips.film("awaited.mkv", seconds=6), tmp_path / "made", chunked_picture.CHUNK_LENGTHS_S)
    made.film()
    assert [chunk.last_s < end_s for chunk, end_s in zip(made.chunks, (2, 4, 8), strict=True)] == [True] * 3
    assert awaited[:3] == [True, True, False]
