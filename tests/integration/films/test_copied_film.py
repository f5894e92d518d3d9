"""Large films whose picture is copied: written once, with room in front for their table of contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.transcode.domain.probed_film import Packaging
from partyapp.transcode.infrastructure.ffmpeg import contents_room
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from tests.support.film_clips import Clips, frame_hashes, frame_times
from tests.support.film_preparing import Preparing


@pytest.mark.parametrize(
    ("head_bytes", "runs"),
    [(contents_room.HEAD_BYTES, ["-moov_size"]), (-1_000_000, ["-moov_size", "+faststart"])],
)
def test_a_large_copy_is_moved_only_where_its_contents_need_more_room(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head_bytes: int, runs: list[str]
) -> None:
    monkeypatch.setattr(contents_room, "LARGE_BYTES", 0)
    monkeypatch.setattr(contents_room, "HEAD_BYTES", head_bytes)
    run = Ffmpeg.run
    made: list[str] = []

    def noted(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        made.extend(word for word in arguments if word in ("-moov_size", "+faststart"))
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", noted)
    source = clips.film("b-frames.mkv", rate="24000/1001", sound=("-c:a", "aac"))
    work = Preparing(tmp_path / "work")
    work.of(source)
    assert made == runs
    assert probe(work.main).packaging is Packaging.FASTSTART
    assert frame_hashes(work.main) == frame_hashes(source)
    assert frame_times(work.main) == pytest.approx(frame_times(source), abs=2e-3)


@pytest.mark.parametrize(("sound", "is_awaited"), [("aac", True), ("ac3", False)])
def test_a_copy_is_awaited_and_a_sound_that_is_encoded_stands_back(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str, is_awaited: bool
) -> None:
    source = clips.film(f"awaited-{sound}.mkv", sound=("-c:a", sound))
    run, copies = Ffmpeg.run, []

    def noted(self: Ffmpeg, arguments: list[str], **options: object) -> object:
        if "copy" in arguments:
            copies.append(options["is_awaited"])
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ffmpeg, "run", noted)
    Preparing(tmp_path / "work").of(source)
    assert copies == [is_awaited]
