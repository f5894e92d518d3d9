"""How far preparing a film is, over its stages, and how long it will still take."""

from collections.abc import Callable
from dataclasses import replace

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import FilmRefused

#: Reports without news come at most so often, in s.
REPORT_S = 0.5
#: An estimate is believed after so much time, in s, and so much of the work.
SURE_AFTER_S, SURE_AFTER_SHARE = 5.0, 0.01
#: A film that would take longer than this, in s, is refused once that is sure.
BUDGET_S = 24 * 3600.0
REFUSE_AFTER_S = 60.0


class Tracker:
    """Adds up the stages' shares and tells them on, never backwards."""

    def __init__(self, on_progress: Callable[[Progress], None], budget_s: float = BUDGET_S) -> None:
        self._on_progress = on_progress
        self._budget_s = budget_s
        self._began_s = monotonic_s()
        self._reported_s = 0.0
        self._first_share: float | None = None
        self._before, self._weight = 0.0, 0.0
        self._last = Progress(share=0.0)

    def stage(self, weight: float, *, can_wait: bool = False) -> None:
        """Begin the next stage, which is this share of the whole work."""
        self._last = replace(self._last, can_wait=can_wait)
        self._before = min(1.0, self._before + self._weight)
        self._weight = weight

    def at(self, share: float) -> None:
        """The stage has got so far, from 0 to 1. Raises FilmRefused when the film would take too long."""
        whole = min(1.0, self._before + self._weight * min(1.0, max(0.0, share)))
        whole = max(whole, self._last.share)
        if self._first_share is None:
            # What an earlier run had done took this one no time.
            self._first_share = whole
        left_s = self._left(whole)
        self._last = replace(self._last, share=whole, left_s=left_s)
        now = monotonic_s()
        if left_s is not None and now - self._began_s > REFUSE_AFTER_S and left_s > self._budget_s:
            most = self._budget_s / 3600
            raise FilmRefused(
                f"Preparing the film would take {left_s / 3600:.0f} hours; {most:.0f} are the most."
            )
        if now - self._reported_s >= REPORT_S:
            self._tell(self._last)

    def playable(
        self,
        film: PreparedFilm,
        ready_until_s: float = 0.0,
        segments: tuple[str, ...] = (),
        *,
        can_pause: bool = False,
    ) -> None:
        """The film can be played, or there is more of it."""
        self._last = replace(self._last, film=film, ready_until_s=ready_until_s)
        self._tell(replace(self._last, segments=segments, can_pause=can_pause))

    def _left(self, share: float) -> float | None:
        took_s, made = monotonic_s() - self._began_s, share - (self._first_share or 0.0)
        if took_s < SURE_AFTER_S or made < SURE_AFTER_SHARE:
            # Work that gets nowhere is judged by the time it has taken.
            return self._last.left_s if took_s < REFUSE_AFTER_S else took_s / max(made, 1e-6) * (1 - share)
        return took_s / made * (1.0 - share)

    def _tell(self, progress: Progress) -> None:
        self._reported_s = monotonic_s()
        self._on_progress(progress)
