"""What becomes of an upload that is whole: a film of its owner in the catalogue, with a job to prepare it."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import func, select

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.ids import derived_id
from partyapp.shared.storage.database import Transactions, single_statements_of, unavailable_when_gone
from partyapp.transcode.application.film_store import source_key
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.upload import Upload
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.entities import VideoEntity
from partyapp.transcode.infrastructure.postgres_film_jobs import PostgresFilmJobs


class FilmsOfUploads:
    """`FinishedUploads` on the catalogue. `wake` has a worker look for films to prepare."""

    def __init__(
        self,
        videos: VideoPort,
        transactions: Transactions,
        clock: Clock,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._videos, self._clock, self._wake = videos, clock, wake
        self._statements = single_statements_of(transactions)
        self._jobs = PostgresFilmJobs(transactions)

    def finish(self, upload: Upload) -> UUID:
        """Have the film; the catalogue takes an id once."""
        now_ms = self._clock.now_ms()
        film = Video(
            id=upload.video_id,
            title=upload.title,
            duration_s=None,
            playback_url="",
            owner_id=upload.owner_id,
            created_at_ms=int(now_ms),
            kind=VideoKind.UPLOAD,
            source=FilmFile(key=source_key(upload.video_id), size=upload.length),
        )
        self._videos.add(film, TranscodeJob.pending(derived_id("transcode", film.id), film.id, now_ms))
        self._wake()
        return film.id

    def open_jobs(self, owner_id: UUID) -> int:
        """How many of this person's films wait to be prepared, or are."""
        return self._jobs.open_jobs(owner_id)

    def owned_bytes(self, owner_id: UUID) -> int:
        """What this person's films took as they came."""
        row = VideoEntity
        taken = select(func.coalesce(func.sum(row.source_size), 0)).where(
            row.owner_id == owner_id, row.kind == VideoKind.UPLOAD.value
        )
        with unavailable_when_gone(), self._statements() as session:
            return int(session.scalar(taken) or 0)
