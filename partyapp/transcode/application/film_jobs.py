"""Preparing films: whose turn a job is, running it, and telling how far it is.

A job is a row. Whoever prepares a film has the row's lease and renews it; each lease has a number of its own,
the fence, which is in the names of all files that are made under it. So a worker that was taken for dead and
lives on can neither report nor overwrite anything: what it makes has names that nobody refers to. See Martin
Kleppmann, "How to do distributed locking" (2016), on fencing tokens.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.video import Video

#: For so long, in ms, a worker that says nothing is taken for working.
LEASE_MS = 15_000
#: A worker renews its lease, and tells how far it is, as often as this, in s.
HEARTBEAT_S = 1.0
#: After so long, in ms, a job lets somebody go first who has none under way.
TURN_MS = 120_000
#: A job that was begun so often without an end is given up: something in it kills its workers.
MOST_TURNS = 60


@dataclass(frozen=True, kw_only=True)
class FilmJob:
    """A job that this process has the lease of. `turns`: how often it was begun since it was asked for."""

    id: UUID
    video: Video
    fence: int
    turns: int


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """How far a job is: `share` from 0 to 1, and what of the film can be watched already."""

    share: float
    film: PreparedFilm | None = None
    ready_until_s: float | None = None


class FilmJobPort(Protocol):
    """The jobs of films of ours. Every method raises `Unavailable` when their place is gone.

    What is reported under a lease that is over is None or False, and changes nothing.
    """

    def claim(self, now_ms: float, until_ms: float) -> FilmJob | None:
        """Take the lease of a job that nobody has; None when there is none to do.

        First films of which not all can be watched yet; of several people's jobs, one of those who have the
        fewest under way, and of these one of whoever's last turn is longest ago: what was begun
        before what wasn't.
        """
        ...

    def others_wait(self) -> bool:
        """Whether there is a film that nobody has begun to prepare since it was asked for."""
        ...

    def another_waits(self, job: FilmJob, now_ms: float) -> bool:
        """Whether a film that nobody has begun is of another person, of whom none is under way."""
        ...

    def renew(self, job: FilmJob, progress: JobProgress, now_ms: float, until_ms: float) -> VideoView | None:
        """Keep the lease until then, and what there is of the film.

        A film that was whole already stays so, when whoever does the job after another begins anew.
        """
        ...

    def complete(self, job: FilmJob, film: PreparedFilm, now_ms: float) -> VideoView | None:
        """The film is prepared: its files are in the store."""
        ...

    def fail(self, job: FilmJob, reason: str, now_ms: float) -> VideoView | None:
        """It can't be prepared, for a reason in words."""
        ...

    def release(self, job: FilmJob, now_ms: float) -> bool:
        """Let somebody else go on."""
        ...

    def open_jobs(self, owner_id: UUID) -> int:
        """How many of a person's films wait to be prepared, or are."""
        ...
