"""The jobs of films in Postgres."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.orm import Session

from partyapp.shared.storage.database import Transactions, unavailable_when_gone
from partyapp.transcode.application.film_jobs import FilmJob, JobProgress
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.film import NO_FILM, PreparedFilm
from partyapp.transcode.domain.job import JobState
from partyapp.transcode.domain.subtitles import with_added
from partyapp.transcode.infrastructure.entities import TranscodeJobEntity, VideoEntity
from partyapp.transcode.infrastructure.postgres_videos import job_of, video_of

_OPEN = (JobState.PENDING.value, JobState.RUNNING.value)


class PostgresFilmJobs:
    """`FilmJobPort`: a job is taken, renewed and ended under a lock on its row."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def claim(self, now_ms: float, until_ms: float) -> FilmJob | None:
        """Take the lease of a job that nobody has. Jobs that outside transcoders report on have no film."""
        job, video, turns = TranscodeJobEntity, VideoEntity, _turns(now_ms)
        query = (
            select(job, video)
            .join(video, video.id == job.video_id)
            .join(turns, turns.c.owner == _owner(video))
            .where(video.source_key.is_not(None), _free(now_ms))
            .order_by(_is_whole(), turns.c.under_way, func.coalesce(turns.c.at_ms, 0))
            .order_by(job.state == JobState.PENDING.value, job.updated_at_ms, job.id)
            .limit(1)
            .with_for_update(of=job, skip_locked=True)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = session.execute(query).first()
            if found is None:
                return None
            row, film = found
            # One that waits was asked for since it was last begun, if it ever was.
            row.turns = 1 if row.state == JobState.PENDING.value else row.turns + 1
            row.state, row.lease_until_ms = JobState.RUNNING.value, int(until_ms)
            row.fence += 1
            row.updated_at_ms = max(row.updated_at_ms, int(now_ms))
            return FilmJob(id=row.id, video=video_of(film), fence=row.fence, turns=row.turns)

    def others_wait(self) -> bool:
        """Whether there is a film that nobody has begun to prepare since it was asked for."""
        job, video = TranscodeJobEntity, VideoEntity
        waiting = select(job.id).join(video, video.id == job.video_id)
        waiting = waiting.where(job.state == JobState.PENDING.value, video.source_key.is_not(None)).limit(1)
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalar(waiting) is not None

    def another_waits(self, job: FilmJob, now_ms: float) -> bool:
        """Whether a film that nobody has begun is of another person, of whom none is under way."""
        row, video, turns = TranscodeJobEntity, VideoEntity, _turns(now_ms)
        waiting = select(row.id).join(video, video.id == row.video_id)
        waiting = waiting.join(turns, turns.c.owner == _owner(video)).where(turns.c.under_way == 0)
        waiting = waiting.where(row.state == JobState.PENDING.value, video.source_key.is_not(None))
        waiting = waiting.where(video.owner_id.is_distinct_from(job.video.owner_id))
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalar(waiting.limit(1)) is not None

    def renew(self, job: FilmJob, progress: JobProgress, now_ms: float, until_ms: float) -> VideoView | None:
        """Keep the lease until then, and what there is of the film."""
        changes = {"progress": progress.share, "lease_until_ms": int(until_ms)}
        return self._report(job, now_ms, changes, progress.film, progress.ready_until_s)

    def complete(self, job: FilmJob, film: PreparedFilm, now_ms: float) -> VideoView | None:
        """The film is prepared: its files are in the store."""
        done = {"state": JobState.COMPLETED.value, "progress": 1.0, "error": None, "lease_until_ms": None}
        return self._report(job, now_ms, done, film, None)

    def fail(self, job: FilmJob, reason: str, now_ms: float) -> VideoView | None:
        """It can't be prepared, for a reason in words. What could be watched of it can't be any more."""
        failed = {"state": JobState.FAILED.value, "error": reason, "lease_until_ms": None}
        with unavailable_when_gone(), self._transactions.begin() as session:
            held = self._held(session, job)
            if held is None:
                return None
            row, video = held
            _set(row, failed, now_ms)
            before = None if video.film is None else PreparedFilm.from_json(video.film)
            kept = with_added(NO_FILM, before)
            video.film = kept.to_json() if kept.subtitles else None
            video.ready_until_s = None
            return _view(row, video)

    def release(self, job: FilmJob, now_ms: float) -> bool:
        """Let somebody else go on. That it was begun doesn't count then."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            held = self._held(session, job)
            if held is None:
                return False
            _set(held[0], {"lease_until_ms": None, "turns": max(0, held[0].turns - 1)}, now_ms)
            return True

    def open_jobs(self, owner_id: UUID) -> int:
        """How many of a person's films wait to be prepared, or are."""
        job, video = TranscodeJobEntity, VideoEntity
        query = select(func.count()).select_from(job).join(video, video.id == job.video_id)
        query = query.where(video.owner_id == owner_id, video.source_key.is_not(None), job.state.in_(_OPEN))
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalar(query) or 0

    def _report(
        self,
        job: FilmJob,
        now_ms: float,
        changes: dict[str, Any],
        film: PreparedFilm | None,
        ready_until_s: float | None,
    ) -> VideoView | None:
        with unavailable_when_gone(), self._transactions.begin() as session:
            held = self._held(session, job)
            if held is None:
                return None
            row, video = held
            _set(row, changes, now_ms)
            before = None if video.film is None else PreparedFilm.from_json(video.film)
            if film is not None and not (before and before.is_whole and not film.is_whole):
                # What its owner has added meanwhile stays.
                video.film, video.ready_until_s = with_added(film, before).to_json(), ready_until_s
                if film.duration_s is not None:
                    video.duration_s = film.duration_s
            return _view(row, video)

    @staticmethod
    def _held(session: Session, job: FilmJob) -> tuple[TranscodeJobEntity, VideoEntity] | None:
        """The rows of a job that is still this process's, locked as a change of the video locks them."""
        video = session.get(VideoEntity, job.video.id, with_for_update=True)
        row = session.get(TranscodeJobEntity, job.id, with_for_update=True)
        is_held = row is not None and row.fence == job.fence and row.state == JobState.RUNNING.value
        return (row, video) if row is not None and video is not None and is_held else None


def _free(now_ms: float) -> ColumnElement[bool]:
    """Whether nobody has a job: it waits, or who had it has said nothing for too long."""
    job = TranscodeJobEntity
    is_over = or_(job.lease_until_ms.is_(None), job.lease_until_ms <= int(now_ms))
    return and_(job.state.in_(_OPEN), or_(job.state == JobState.PENDING.value, is_over))


def _is_whole() -> ColumnElement[bool]:
    """Whether all of a film can be watched while it gets smaller pictures (see `PreparedFilm.is_whole`)."""
    is_running = TranscodeJobEntity.state == JobState.RUNNING.value
    return and_(is_running, VideoEntity.film.is_not(None), VideoEntity.ready_until_s.is_(None))


def _turns(now_ms: float) -> Subquery:
    """How many jobs of each person are being done, and when they last had a turn, in ms.

    The latter counts where one film is prepared at a time: none is under way then. All at once, since to ask
    for each job that waits took minutes for a library of 10,000 films.
    """
    job, video = TranscodeJobEntity, VideoEntity
    is_held = and_(job.state == JobState.RUNNING.value, job.lease_until_ms > int(now_ms))
    begun = job.state != JobState.PENDING.value
    of_each = select(
        _owner(video).label("owner"),
        func.count().filter(is_held).label("under_way"),
        func.max(job.updated_at_ms).filter(begun).label("at_ms"),
    )
    of_each = of_each.join(video, video.id == job.video_id).where(video.source_key.is_not(None))
    return of_each.group_by(video.owner_id).subquery()


def _owner(video: type[VideoEntity]) -> ColumnElement[UUID]:
    """Whose a film is; the library's films are nobody's, and so are one person's."""
    return func.coalesce(video.owner_id, UUID(int=0))


def _set(row: TranscodeJobEntity, changes: dict[str, Any], now_ms: float) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at_ms = max(row.updated_at_ms, int(now_ms))


def _view(row: TranscodeJobEntity, video: VideoEntity) -> VideoView:
    return view_of(video_of(video), job_of(row))
