"""A machine that prepares films, with all around it in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.application.film_store import source_key
from partyapp.transcode.application.prepare_films import PrepareFilms
from partyapp.transcode.domain.film import SEGMENTS, FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.library_folder import LibraryFolder
from partyapp.transcode.infrastructure.subtitles.conversion import to_webvtt
from tests.support.fakes_film_jobs import InMemoryFilmJobs
from tests.support.fakes_films import InMemoryFilmStore
from tests.support.fakes_transcode import InMemoryParties, InMemoryVideos

MP4 = FilmSource(file="film.mp4", type="video/mp4", width=640, height=360, bitrate=9)
TEXT = SubtitleTrack(id="s", language="de", label="Deutsch", file="s.vtt")
FILM = PreparedFilm(
    duration_s=60.0, width=640, height=360, frame_rate=25.0, sources=(MP4,), subtitles=(TEXT,), poster="p.jpg"
)
EARLY = replace(FILM, sources=(replace(MP4, file="live.m3u8", type=SEGMENTS),), subtitles=(), poster=None)

#: What a preparer does: it may tell of progress, ask whether to stop, and gives the film or raises.
Work = Callable[[Path, Callable[[Progress], None], Callable[[], bool]], PreparedFilm]


def make(work_dir: Path, *names: str) -> None:
    work_dir.mkdir(parents=True, exist_ok=True)
    for name in names:
        (work_dir / name).write_bytes(name.encode())


def makes_all(work_dir: Path, *_: Any) -> PreparedFilm:
    make(work_dir, *FILM.names())
    return FILM


@dataclass
class Preparer:
    """`FilmPreparer` that does as it is told."""

    work: Work = makes_all
    sources: list[bytes] = field(default_factory=list)

    def plays_as_it_is(self, source: Path) -> bool:
        """Whatever says so in its first bytes."""
        return source.read_bytes().startswith(b"on the shelf")

    def prepare(
        self,
        source: Path,
        work_dir: Path,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PreparedFilm:
        """Do it."""
        self.sources.append(source.read_bytes())
        return self.work(work_dir, on_progress, should_stop)


class FilmMachine:
    """One machine that prepares films: its catalogue, store, folders and clock."""

    def __init__(self, folder: Path) -> None:
        self.videos, self.parties = InMemoryVideos(), InMemoryParties()
        self.jobs, self.store = InMemoryFilmJobs(self.videos), InMemoryFilmStore()
        self.preparer, self.clock, self.folder = Preparer(), FixedClock(), folder
        self.ending = False
        (folder / "library").mkdir()

    def run(self) -> bool:
        return PrepareFilms(
            jobs=self.jobs,
            videos=self.videos,
            store=self.store,
            library=LibraryFolder(self.folder / "library"),
            preparer=self.preparer,
            parties=self.parties,
            clock=self.clock,
            work_dir=self.folder / "work",
            convert=to_webvtt,
            is_ending=lambda: self.ending,
        )()

    def film(self, kind: VideoKind = VideoKind.UPLOAD, key: str = "") -> Video:
        video = Video(
            id=new_id(),
            title="Ours",
            duration_s=None,
            playback_url="",
            owner_id=new_id(),
            created_at_ms=1,
            kind=kind,
        )
        key = key or source_key(video.id)
        video = replace(video, source=FilmFile(key=key, size=6))
        self.videos.add(video, TranscodeJob.pending(new_id(), video.id, 1.0))
        if kind is VideoKind.UPLOAD:
            self.store.put_bytes(key, b"source")
        return video

    def shown(self, video: Video) -> dict[str, Any]:
        view = self.videos.get(video.id)
        assert view is not None
        return view.to_json("g")

    def kept(self, video: Video) -> list[str]:
        prefix = f"films/{video.id}"
        return sorted(found.key.removeprefix(f"{prefix}/") for found in self.store.objects(prefix))

    def left(self) -> list[str]:
        return (
            [path.name for path in (self.folder / "work").glob("*")]
            if (self.folder / "work").exists()
            else []
        )
