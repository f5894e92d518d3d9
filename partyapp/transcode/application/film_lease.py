"""The lease of a job while its film is worked on: a thread renews it, and tells how far the film is."""

import logging
import threading
from types import TracebackType
from typing import Self

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal
from partyapp.transcode.application.film_jobs import (
    HEARTBEAT_S,
    LEASE_MS,
    TURN_MS,
    FilmJob,
    FilmJobPort,
    JobProgress,
)
from partyapp.transcode.application.ports import VideoParties
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.film import PreparedFilm

log = logging.getLogger(__name__)


class FilmLease:
    """A context: the lease is renewed within it, until it is lost."""

    def __init__(self, job: FilmJob, jobs: FilmJobPort, parties: VideoParties, clock: Clock) -> None:
        self._job, self._jobs, self._parties, self._clock = job, jobs, parties, clock
        self._lock = threading.Lock()
        self._progress = JobProgress(share=0.0)
        self._can_wait = False
        self._lost = threading.Event()
        self._gives_way = threading.Event()
        self._is_due = threading.Event()
        self._ended = threading.Event()
        #: Set when what can be watched is not to wait for the next heartbeat.
        self._has_news = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_ended, name="film-lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._has_news.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Whether somebody else has the job, or may have it, or nobody wants it any more."""
        return self._lost.is_set()

    @property
    def gives_way(self) -> bool:
        """Whether the job is to be given back now: others wait, and what is left of this film can."""
        return self._gives_way.is_set()

    @property
    def is_due(self) -> bool:
        """Whether its turn is over: the job is to be given back where that costs nothing."""
        return self._is_due.is_set()

    def report(
        self, share: float, film: PreparedFilm | None, ready_until_s: float | None, *, can_wait: bool
    ) -> None:
        """Have it told with the next heartbeat, and at once where there is something to watch for the first
        time, or all of it.

        `share` from 0 to 1; `film` None: what could be watched before. `can_wait`: see `Progress`.
        """
        with self._lock:
            before = self._progress.film
            film = before if film is None else film
            self._can_wait = can_wait
            self._progress = JobProgress(share=share, film=film, ready_until_s=ready_until_s)
        if film is not None and (before is None or film.is_whole > before.is_whole):
            self._has_news.set()

    def tell(self, view: VideoView) -> None:
        """Tell the parties that show the film what has become of it."""
        try:
            self._parties.changed(view)
        except Refusal:
            log.warning("the parties of a film are told later")

    def _renew_until_ended(self) -> None:
        told = JobProgress(share=0.0)
        began_ms = self._clock.now_ms()
        held_until_ms = began_ms + LEASE_MS
        while not self._ends_within_a_heartbeat():
            now_ms = self._clock.now_ms()
            with self._lock:
                progress = self._progress
            try:
                view = self._jobs.renew(self._job, progress, now_ms, now_ms + LEASE_MS)
                self._look_who_waits(now_ms, began_ms)
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
                self.tell(view)
                told = progress

    def _ends_within_a_heartbeat(self) -> bool:
        self._has_news.wait(HEARTBEAT_S)
        self._has_news.clear()
        return self._ended.is_set()

    def _look_who_waits(self, now_ms: float, began_ms: float) -> None:
        """Under the next lease the film has other addresses, so whoever watches it isn't bothered."""
        jobs, is_shown, video_id = self._jobs, self._parties.is_shown, self._job.video.id
        if self._can_wait and not is_shown(video_id) and jobs.others_wait():
            self._gives_way.set()
        if now_ms - began_ms >= TURN_MS and jobs.another_waits(self._job, now_ms) and not is_shown(video_id):
            self._is_due.set()
