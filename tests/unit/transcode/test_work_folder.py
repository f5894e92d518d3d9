"""What of a folder that a film is prepared in is gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Plan, Way
from partyapp.transcode.infrastructure.ffmpeg.work_folder import WorkFolder

PLAN = Plan(
    way=Way.REMUX,
    container="matroska",
    duration_s=9.0,
    picture=PicturePlan(stream=0, copy=True, width=64, height=36),
    frame_rate=25.0,
)


@pytest.fixture
def folder(tmp_path: Path) -> WorkFolder:
    found = WorkFolder(tmp_path / "made")
    found.begin(_source(tmp_path), PLAN)
    for path in (found.path / "film.mp4", found.path / "poster.jpg", found.parts / "chunk"):
        path.write_text(path.name)
    found.mark_lasting(["film.mp4"])
    return found


def _source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    if not path.exists():
        path.write_bytes(b"a film")
    return path


def _files(folder: WorkFolder) -> set[str]:
    return {path.name for path in (*folder.path.iterdir(), *folder.parts.iterdir()) if path.is_file()}


def test_what_may_have_been_damaged_is_made_again(folder: WorkFolder, tmp_path: Path) -> None:
    folder.begin(_source(tmp_path), PLAN)
    assert {"film.mp4", "chunk"} <= _files(folder)
    assert "poster.jpg" not in _files(folder)


def test_another_film_finds_nothing(folder: WorkFolder, tmp_path: Path) -> None:
    _source(tmp_path).write_bytes(b"another film")
    folder.begin(_source(tmp_path), PLAN)
    assert _files(folder) == {"of.json"}


def test_a_file_that_is_not_there_is_not_marked(folder: WorkFolder) -> None:
    with pytest.raises(FileNotFoundError):
        folder.mark_lasting(["gone.mp4"])
