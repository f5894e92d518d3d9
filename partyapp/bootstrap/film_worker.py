"""What a worker needs to prepare films."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from partyapp.bootstrap.resources import Resources
from partyapp.shared.kernel.clock import WallClock
from partyapp.transcode.application.library import ScanLibrary
from partyapp.transcode.application.prepare_films import PrepareFilms
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from partyapp.transcode.infrastructure.ffmpeg.warm_up import warm_up_beside
from partyapp.transcode.infrastructure.library_folder import LibraryFolder
from partyapp.transcode.infrastructure.postgres_film_jobs import PostgresFilmJobs
from partyapp.transcode.infrastructure.subtitles.conversion import to_webvtt


def build_prepare_films(resources: Resources, is_ending: Callable[[], bool]) -> PrepareFilms | None:
    """What runs the jobs of films; None where there is no place to keep films."""
    settings, store = resources.settings.films, resources.films
    if store is None:
        return None
    # Beat has a worker look for films from its start, so this is mostly before there is one.
    warm_up_beside(is_ending)
    return PrepareFilms(
        jobs=PostgresFilmJobs(resources.transactions),
        videos=resources.videos,
        store=store,
        library=LibraryFolder(settings.library),
        preparer=FfmpegFilmPreparer(_webvtt),
        parties=resources.shown,
        clock=resources.clock,
        work_dir=_work_dir(settings.place),
        convert=to_webvtt,
        is_ending=is_ending,
    )


def build_scan_library(resources: Resources) -> ScanLibrary | None:
    """What keeps the catalogue in step with the library; None where there is none."""
    settings = resources.settings.films
    if settings.library is None:
        return None
    return ScanLibrary(
        videos=resources.videos,
        parties=resources.shown,
        library=LibraryFolder(settings.library),
        files=StoredFilmFiles(store=resources.films),
        clock=WallClock(),
    )


def _work_dir(place: object) -> Path:
    """Where films are prepared: beside where they are kept, if that is a disk, so that no file is copied."""
    return place / "work" if isinstance(place, Path) else Path(tempfile.gettempdir()) / "party-films"


def _webvtt(raw: bytes, kind: str, language: str | None) -> bytes:
    return to_webvtt(raw, kind, language).text.encode()
