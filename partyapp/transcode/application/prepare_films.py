"""Runs the jobs of films: one after the other, each to its end, under a lease."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.transcode.application.film_jobs import LEASE_MS, MOST_TURNS, FilmJob, FilmJobPort
from partyapp.transcode.application.film_lease import FilmLease
from partyapp.transcode.application.film_preparer import FilmPreparer, Progress
from partyapp.transcode.application.film_store import FilmStore, NoSuchObject, StorageFull, film_prefix
from partyapp.transcode.application.kept_files import KeptFiles
from partyapp.transcode.application.ports import LibraryFiles, VideoParties, VideoPort
from partyapp.transcode.application.stored_films import remove_unused
from partyapp.transcode.application.subtitles import SubtitleConverter
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.film import PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.probed_film import FilmNotPrepared, PreparationStopped
from partyapp.transcode.domain.sidecars import sidecars_of
from partyapp.transcode.domain.subtitles import MAX_SUBTITLE_BYTES, UnreadableSubtitles
from partyapp.transcode.domain.video import Video, VideoKind

log = logging.getLogger(__name__)

#: Why a film of the library can't be watched yet.
NOT_ASKED = "This film has to be prepared before it can be watched: browsers can't play it as it is."
#: What fails for no fault of the film's is tried so often in all, before it is told.
TRIES = 3


class _LeaseLost(Exception):
    """Somebody else has the job, or nobody wants it any more."""


@dataclass(frozen=True, kw_only=True)
class PrepareFilms:
    """Prepares films that wait. `work_dir` is on this machine; what a run that was killed has left there is
    gone on with."""

    jobs: FilmJobPort
    videos: VideoPort
    store: FilmStore
    library: LibraryFiles
    preparer: FilmPreparer
    parties: VideoParties
    clock: Clock
    work_dir: Path
    convert: SubtitleConverter
    #: True once this process is to end: a job is given back then.
    is_ending: Callable[[], bool] = field(default=lambda: False)

    def __call__(self) -> bool:
        """Take a job to its end; False when there is none to do. Raises `Unavailable` without Postgres."""
        now_ms = self.clock.now_ms()
        job = self.jobs.claim(now_ms, now_ms + LEASE_MS)
        if job is None:
            return False
        _Run(self, job).to_the_end()
        return True


class _Run:
    """One job under one lease."""

    def __init__(self, of: PrepareFilms, job: FilmJob) -> None:
        self._of, self._job = of, job
        #: Of this film: what is made of it, beside it where it had to be brought here.
        self._place = of.work_dir / str(job.video.id)
        self._work_dir = self._place / "made"
        self._lease = FilmLease(job, of.jobs, of.parties, of.clock)
        self._files = KeptFiles(of.store, f"{film_prefix(job.video.id)}/{job.fence}", self._work_dir)

    def to_the_end(self) -> None:
        with self._lease:
            try:
                self._prepare()
            except (_LeaseLost, PreparationStopped):
                self._give_back()

    def _prepare(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        if self._job.turns > MOST_TURNS:
            self._fail("Preparing this film was cut off again and again; something in it stops the program.")
            return
        for number in range(1, TRIES + 1):
            try:
                source = self._source()
                if self._waits_to_be_asked(source):
                    self._fail(NOT_ASKED)
                    return
                film = self._of.preparer.prepare(source, self._work_dir, self._on_progress, self._should_stop)
                self._complete(film)
                return
            except (FilmNotPrepared, StorageFull, NoSuchObject) as error:
                reason = error.reason if isinstance(error, FilmNotPrepared) else error.detail
                may_help = isinstance(error, FilmNotPrepared) and error.try_again
                if not may_help or number == TRIES:
                    self._fail(reason)
                    return
                log.warning("preparing a film is tried again: %s", reason)
            except (_LeaseLost, PreparationStopped, Unavailable):
                raise
            except Exception:
                # A fault of ours must not keep the job for ever, and says nothing that helps a person.
                log.exception("preparing a film failed")
                self._fail("Something went wrong here while the film was prepared.")
                return

    def _waits_to_be_asked(self, source: Path) -> bool:
        """Whether it is a film of the library that nobody has asked for, and that needs a copy to be played.

        A whole library's copies would fill a disk.
        """
        is_new = self._job.video.kind is VideoKind.LIBRARY and self._job.fence == 1
        return is_new and not self._of.preparer.plays_as_it_is(source)

    def _source(self) -> Path:
        video = self._job.video
        if video.source is None:
            raise NoSuchObject()
        if video.kind is VideoKind.LIBRARY:
            path = self._of.library.path(video.source.key)
            if path is None:
                raise NoSuchObject("The film is not in the library's folder any more.")
            return path
        return self._of.store.bring(video.source.key, self._place)

    def _should_stop(self) -> bool:
        return self._lease.is_lost or self._lease.gives_way or self._of.is_ending()

    def _on_progress(self, progress: Progress) -> None:
        """Store what is new, then let the next report tell of it, which doesn't wait for a disk to have it:
        the film as it came is there.
        """
        film = None
        if progress.film is not None:
            names = [*progress.segments, *progress.film.names()]
            for name in names:
                self._keep(name, changing=name in progress.segments)
            film = self._named(progress.film)
        self._lease.report(progress.share, film, progress.ready_until_s or None, can_wait=progress.can_wait)
        if progress.film is not None and progress.film.is_whole:
            self._files.settle(progress.film.names())
        if progress.can_pause and self._lease.is_due:
            raise PreparationStopped()

    def _keep(self, name: str, *, changing: bool = False) -> None:
        """Put a file of the work folder into the store."""
        if self._should_stop():
            raise PreparationStopped()
        self._files.keep(name, changing=changing)

    def _complete(self, film: PreparedFilm) -> None:
        for name in film.names():
            self._keep(name)
        self._files.settle(film.names())
        named = self._named(film)
        named = replace(named, subtitles=(*named.subtitles, *self._beside()))
        self._end(self._of.jobs.complete(self._job, named, self._of.clock.now_ms()))

    def _beside(self) -> Iterator[SubtitleTrack]:
        """The subtitles that lie beside a film of the library, stored; without those that can't be read."""
        source = self._job.video.source
        if self._job.video.kind is not VideoKind.LIBRARY or source is None:
            return
        path, library = PurePosixPath(source.key), self._of.library
        for number, found in enumerate(sidecars_of(path.name, library.names_beside(source.key)), 1):
            text = library.path(str(path.parent / found.name))
            try:
                if text is None or text.stat().st_size > MAX_SUBTITLE_BYTES:
                    continue
                converted = self._of.convert(text.read_bytes(), found.name, found.language)
            except (OSError, UnreadableSubtitles) as error:
                log.info("subtitles beside a film are left out: %s", type(error).__name__)
                continue
            name = f"beside-{number}.vtt"
            self._of.store.put_bytes(self._files.key(name), converted.text.encode())
            yield SubtitleTrack(
                id=f"beside-{number}",
                language=found.language,
                label=found.label,
                file=f"{self._job.fence}/{name}",
                default=found.forced,
            )

    def _fail(self, reason: str) -> None:
        self._end(self._of.jobs.fail(self._job, reason, self._of.clock.now_ms()))

    def _end(self, view: VideoView | None) -> None:
        if view is None:
            raise _LeaseLost()
        self._lease.tell(view)
        self._clean_up(view.video)

    def _clean_up(self, video: Video) -> None:
        """Remove the work folder, and whatever in the store the film doesn't need."""
        shutil.rmtree(self._place, ignore_errors=True)
        try:
            remove_unused(self._of.store, video)
        except Refusal:
            log.warning("what a film needs no more is removed later")

    def _give_back(self) -> None:
        """Somebody else goes on: with this work folder, if it is on the same machine."""
        try:
            if self._lease.is_lost or not self._of.jobs.release(self._job, self._of.clock.now_ms()):
                self._remove_unnamed()
        except Refusal:
            log.warning("a job is given back when its lease ends")

    def _remove_unnamed(self) -> None:
        """Remove what this lease has made, unless it is watched: whoever took over replaces it in the end."""
        prefix, own = film_prefix(self._job.video.id), f"{self._job.fence}/"
        view = self._of.videos.get(self._job.video.id)
        if view is None:
            self._of.store.delete(prefix)
        elif view.video.film is None or not any(name.startswith(own) for name in view.video.film.names()):
            self._of.store.delete(f"{prefix}/{self._job.fence}")

    def _named(self, film: PreparedFilm) -> PreparedFilm:
        """The film with its files named as they are in the film's folder of the store."""
        return film.with_names(lambda name: f"{self._job.fence}/{name}" if name else name)
