"""What a film needs no more is removed, in a real folder too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.film_store import source_key
from partyapp.transcode.application.stored_films import remove_unused
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.folder_store import FolderStore
from tests.support.film_machine import FILM, MP4


def left(folder: Path, film: PreparedFilm) -> set[str]:
    """What is in the film's folder after two leases and an owner's subtitles, and in it again afterwards."""
    video = Video(
        id=new_id(),
        title="Ours",
        duration_s=None,
        playback_url="",
        owner_id=new_id(),
        created_at_ms=1,
        kind=VideoKind.UPLOAD,
        film=film,
    )
    video = replace(video, source=FilmFile(key=source_key(video.id), size=6))
    store = FolderStore(folder)
    for name in ("source", "1/poster.jpg", "1/film.mp4", "2/film.mp4", "2/old.mp4", "2/p.jpg", "2/s.vtt"):
        store.put_bytes(f"films/{video.id}/{name}", b"x")
    remove_unused(store, video)
    top = folder / "films" / str(video.id)
    return {path.relative_to(top).as_posix() for path in top.rglob("*")}


def test_only_what_is_played_stays(tmp_path: Path) -> None:
    film = FILM.with_names(lambda name: f"2/{name}")
    assert left(tmp_path, film) == {"2", "2/film.mp4", "2/p.jpg", "2/s.vtt"}


def test_no_empty_folder_stays(tmp_path: Path) -> None:
    as_it_came = replace(FILM, sources=(replace(MP4, file=""),), subtitles=(), poster="2/p.jpg")
    assert left(tmp_path, as_it_came) == {"source", "2", "2/p.jpg"}
