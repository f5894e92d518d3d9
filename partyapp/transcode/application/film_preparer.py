"""The port that makes a film out of a file, and what it tells meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from partyapp.transcode.domain.film import PreparedFilm


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a film is: `share` from 0 to 1, `left_s` as far as it can be told.

    `film` is what can be played already: its files are whole in the work folder and stay as they are. Later
    reports add a poster, renditions and the like. Once a report of a film that is whole returns, its files
    outlive a failure of the machine where they are kept.

    While it is played by segments, `ready_until_s` is how much of it can be watched, and `segments` are the
    files that are new since the last report, to be stored in this order: an index stands behind what it
    names, and is there again whenever it has changed. With `can_wait` all that is left are smaller pictures
    of a film that can be watched. With `can_pause` an exception from the report costs nothing: a run that
    goes on later has all that this one made.
    """

    share: float
    left_s: float | None = None
    film: PreparedFilm | None = None
    ready_until_s: float = 0.0
    segments: tuple[str, ...] = ()
    can_wait: bool = False
    can_pause: bool = False


class FilmPreparer(Protocol):
    """Makes films ready to be played."""

    def plays_as_it_is(self, source: Path) -> bool:
        """Whether every browser plays the file itself. Raises FilmRefused for what is no film."""
        ...

    def prepare(
        self,
        source: Path,
        work_dir: Path,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PreparedFilm:
        """Prepare the film in `source`, which is only read, and leave the files that it names in `work_dir`.

        A run that was killed goes on where it was if it gets the same `source` and `work_dir` again, and
        makes the same frames. Raises FilmRefused, PreparationFailed (may be tried again) or
        PreparationStopped.
        """
        ...
