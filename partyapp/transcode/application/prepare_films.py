"""Runs the jobs of films: one after the other, each to its end, under a lease."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.transcode.application.film_jobs import (
    HEARTBEAT_S,
    LEASE_MS,
    MOST_TURNS,
    TURN_MS,
    FilmJob,
    FilmJobPort,
    JobProgress,
)
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
    """One job under one lease. A thread of its own renews the lease while the film is worked on."""

    def __init__(self, of: PrepareFilms, job: FilmJob) -> None:
        self._of, self._job = of, job
        #: Of this film: what is made of it, beside it where it had to be brought here.
        self._place = of.work_dir / str(job.video.id)
        self._work_dir = self._place / "made"
        self._lock = threading.Lock()
        self._lost = threading.Event()
        self._ended = threading.Event()
        #: Set when what can be watched is not to wait for the next heartbeat.
        self._has_news = threading.Event()
        self._can_wait = False
        self._gives_way = threading.Event()
        #: Set once its turn is over, to be given back where that costs nothing.
        self._is_due = threading.Event()
        self._progress = JobProgress(share=0.0)
        self._files = KeptFiles(of.store, f"{film_prefix(job.video.id)}/{job.fence}", self._work_dir)

    def to_the_end(self) -> None:
        renewing = threading.Thread(target=self._renew_until_ended, name="film-lease", daemon=True)
        renewing.start()
        try:
            self._prepare()
        except (_LeaseLost, PreparationStopped):
            self._give_back()
        finally:
            self._ended.set()
            self._has_news.set()
            renewing.join()

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
        return self._lost.is_set() or self._gives_way.is_set() or self._of.is_ending()

    def _on_progress(self, progress: Progress) -> None:
        """Store what is new, then let the next report tell of it, which doesn't wait for a disk to have it:
        the film as it came is there.
        """
        film = self._progress.film
        if progress.film is not None:
            names = [*progress.segments, *progress.film.names()]
            for name in names:
                self._keep(name, changing=name in progress.segments)
            film = self._named(progress.film)
        told = JobProgress(share=progress.share, film=film, ready_until_s=progress.ready_until_s or None)
        with self._lock:
            before, self._can_wait, self._progress = self._progress.film, progress.can_wait, told
        if film is not None and (before is None or film.is_whole > before.is_whole):
            self._has_news.set()
        if progress.film is not None and progress.film.is_whole:
            self._files.settle(progress.film.names())
        if progress.can_pause and self._is_due.is_set():
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
        self._tell(view)
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
            if self._lost.is_set() or not self._of.jobs.release(self._job, self._of.clock.now_ms()):
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

    def _renew_until_ended(self) -> None:
        told = JobProgress(share=0.0)
        began_ms = self._of.clock.now_ms()
        held_until_ms = began_ms + LEASE_MS
        while not self._ends_within_a_heartbeat():
            now_ms = self._of.clock.now_ms()
            with self._lock:
                progress = self._progress
            try:
                view = self._of.jobs.renew(self._job, progress, now_ms, now_ms + LEASE_MS)
                if self._can_wait and self._may_give_way():
                    self._gives_way.set()
                if now_ms - began_ms >= TURN_MS and self._is_anothers_turn(now_ms):
                    self._is_due.set()
            except Refusal:
                if now_ms < held_until_ms:
                    continue
                # From here on anybody may have it, so it isn't asked for again.
                self._lost.set()
                return
            if view is None:
                if not self._ended.is_set():
                    self._lost.set()
                return
            held_until_ms = now_ms + LEASE_MS
            if progress != told:
                self._tell(view)
                told = progress

    def _may_give_way(self) -> bool:
        """Under the next lease the film has other addresses, so whoever watches it isn't bothered."""
        return not self._of.parties.is_shown(self._job.video.id) and self._of.jobs.others_wait()

    def _is_anothers_turn(self, now_ms: float) -> bool:
        jobs, shown = self._of.jobs, self._of.parties.is_shown
        return jobs.another_waits(self._job, now_ms) and not shown(self._job.video.id)

    def _ends_within_a_heartbeat(self) -> bool:
        self._has_news.wait(HEARTBEAT_S)
        self._has_news.clear()
        return self._ended.is_set()

    def _tell(self, view: VideoView) -> None:
        try:
            self._of.parties.changed(view)
        except Refusal:
            log.warning("the parties of a film are told later")

    def _named(self, film: PreparedFilm) -> PreparedFilm:
        """The film with its files named as they are in the film's folder of the store."""
        return film.with_names(lambda name: f"{self._job.fence}/{name}" if name else name)
