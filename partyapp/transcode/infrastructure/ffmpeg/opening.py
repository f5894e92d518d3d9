"""The opening of a film that is copied: it is watched in segments until the copy is whole.

A plain MP4 can be played once its table of contents is written, which is last. Of a large film that takes
seconds to minutes, so another reading of its first minutes makes fragments of them meanwhile.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from partyapp.transcode.domain.preparation import Plan
from partyapp.transcode.domain.probed_film import FilmNotPrepared, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.arguments import opening
from partyapp.transcode.infrastructure.ffmpeg.contents_room import LARGE_BYTES
from partyapp.transcode.infrastructure.ffmpeg.live_segments import LiveSegments
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome

#: How much is enough, in s: what a slow disk, in bytes/s, takes to write the copy, within these limits.
SLOW_DISK = 25_000_000
SHORTEST_S, LONGEST_S = 60.0, 600.0

log = structlog.get_logger(__name__)


def opening_s(size_bytes: int) -> float | None:
    """How long an opening of a film of that size is, in s; None for one that needs none."""
    if size_bytes < LARGE_BYTES:
        return None
    return min(LONGEST_S, max(SHORTEST_S, size_bytes / SLOW_DISK))


class Opening:
    """The first `length_s` of the film, with its first sound."""

    def __init__(self, outcome: Outcome, plan: Plan, length_s: float) -> None:
        self._outcome = outcome
        self._picture = outcome.growing("opening-picture")
        self._sound = outcome.growing("opening-sound") if plan.sounds else None
        for path in (self._picture, self._sound):
            if path is not None:
                path.unlink(missing_ok=True)  # What a run that was killed had begun.
        sound = (plan.sounds[0], self._sound) if self._sound else None
        self._arguments = opening(outcome.source, plan.picture, self._picture, sound, length_s)
        # Its sound never gets another name: of an opening there is no whole.
        growing = (Path(f"{self._sound}.whole"), self._sound) if self._sound else None
        self._live = LiveSegments(outcome.folder.path, outcome.files, outcome.tracker, growing)
        self._ended = threading.Event()

    def write(self, should_stop: Callable[[], bool]) -> None:
        """Write it, unless the copy is there before. A film without an opening can be watched, only later."""
        try:
            self._outcome.ffmpeg.run(
                self._arguments,
                should_stop=lambda: self._ended.is_set() or should_stop(),
                is_awaited=True,
            )
        except PreparationStopped:
            return
        except FilmNotPrepared as error:
            log.warning("opening_left_out", reason=error.reason)

    def end(self) -> None:
        """It is of no use any more."""
        self._ended.set()

    def grow(self) -> None:
        """Tell what can be watched by now."""
        self._live.grow(self._picture)
