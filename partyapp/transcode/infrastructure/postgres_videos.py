"""Videos and their jobs in Postgres."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, desc, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone
from partyapp.transcode.application.ports import EVERYTHING, VideoFilter
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.entities import TranscodeJobEntity, VideoEntity


class PostgresVideos:
    """`VideoPort` on Postgres, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, video: Video, job: TranscodeJob | None = None) -> bool:
        """Keep the video and its job together; False, and no change, when its id is taken already."""
        statement = insert(VideoEntity).values(**_columns(video)).on_conflict_do_nothing()
        with unavailable_when_gone(), self._transactions.begin() as session:
            fresh = session.execute(statement.returning(VideoEntity.id)).first() is not None
            if fresh and job is not None:
                session.add(_entity_of(job))
            return fresh

    def get(self, video_id: UUID) -> VideoView | None:
        """The video of that id."""
        with unavailable_when_gone(), self._transactions() as session:
            row = session.execute(_with_jobs().where(VideoEntity.id == video_id)).first()
            return None if row is None else _view(row[0], row[1])

    def of_ids(self, video_ids: Collection[UUID]) -> list[VideoView]:
        """Those of these videos that there are."""
        with unavailable_when_gone(), self._transactions() as session:
            rows = session.execute(_with_jobs().where(VideoEntity.id == one_of(video_ids)))
            return [_view(video, job) for video, job in rows]

    def newest(
        self, limit: int, after: UUID | None = None, which: VideoFilter = EVERYTHING
    ) -> list[VideoView]:
        """At most `limit` videos of those asked for, newest first, from behind the video `after` on."""
        order = tuple_(VideoEntity.created_at_ms, VideoEntity.id)
        query = _with_jobs().where(*_conditions(which))
        query = query.order_by(desc(VideoEntity.created_at_ms), desc(VideoEntity.id)).limit(limit)
        if after is not None:
            # The key of the row that the cursor names; ids alone don't sort, since not all are UUIDv7.
            last = aliased(VideoEntity)
            query = query.where(
                order < select(last.created_at_ms, last.id).where(last.id == after).scalar_subquery()
            )
        with unavailable_when_gone(), self._transactions() as session:
            return [_view(video, job) for video, job in session.execute(query)]

    def change(self, video_id: UUID, change: Callable[[Video], Video]) -> VideoView | None:
        """Put what `change` makes of the video in its place, under a lock on its row."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            row = session.get(VideoEntity, video_id, with_for_update=True)
            if row is None:
                return None
            video = change(video_of(row))
            for name, value in _columns(video).items():
                setattr(row, name, value)
            job = session.scalars(select(TranscodeJobEntity).where(TranscodeJobEntity.video_id == video_id))
            found = job.first()
            return view_of(video, None if found is None else job_of(found))

    def remove(self, video_id: UUID) -> bool:
        """Forget the video and its job; False when there is none."""
        statement = delete(VideoEntity).where(VideoEntity.id == video_id).returning(VideoEntity.id)
        with unavailable_when_gone(), self._transactions.begin() as session:
            return session.execute(statement).first() is not None

    def change_job(
        self, video_id: UUID, change: Callable[[TranscodeJob | None], TranscodeJob]
    ) -> VideoView | None:
        """Put what `change` makes of the video's job in its place, under a lock on the video's row."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            video = session.get(VideoEntity, video_id, with_for_update=True)
            if video is None:
                return None
            row = session.scalars(
                select(TranscodeJobEntity).where(TranscodeJobEntity.video_id == video_id)
            ).first()
            job = change(None if row is None else job_of(row))
            session.merge(_entity_of(job))
            return view_of(video_of(video), job)

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool:
        """Keep the length in s that the player of the video's owner told; False for anybody else's."""
        own = (VideoEntity.id == video_id, VideoEntity.owner_id == owner_id)
        changed = update(VideoEntity).where(*own).values(duration_s=duration_s).returning(VideoEntity.id)
        with unavailable_when_gone(), self._transactions.begin() as session:
            return session.execute(changed).first() is not None


def _conditions(which: VideoFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.seen_by is not None:
        own = or_(VideoEntity.owner_id.is_(None), VideoEntity.owner_id == which.seen_by)
        found.append(or_(own, VideoEntity.id.in_(which.shown_to)) if which.shown_to else own)
    if which.kind is not None:
        found.append(VideoEntity.kind == which.kind.value)
    if which.text:
        found.append(VideoEntity.title.icontains(which.text, autoescape=True))
    return found


def _with_jobs() -> Select[VideoEntity, TranscodeJobEntity]:
    # An outer join: the second entity of a row is None for a video without a job.
    joined = select(VideoEntity, TranscodeJobEntity)
    return joined.outerjoin(TranscodeJobEntity, TranscodeJobEntity.video_id == VideoEntity.id)


def _columns(video: Video) -> dict[str, Any]:
    source = video.source
    return {
        "id": video.id,
        "title": video.title,
        "duration_s": video.duration_s,
        "playback_url": video.playback_url,
        "owner_id": video.owner_id,
        "created_at_ms": video.created_at_ms,
        "kind": video.kind.value,
        "source_key": None if source is None else source.key,
        "source_size": None if source is None else source.size,
        "film": None if video.film is None else video.film.to_json(),
        "ready_until_s": video.ready_until_s,
    }


def _entity_of(job: TranscodeJob) -> TranscodeJobEntity:
    return TranscodeJobEntity(
        id=job.id,
        video_id=job.video_id,
        state=job.state.value,
        progress=job.progress,
        error=job.error,
        updated_at_ms=job.updated_at_ms,
    )


def _view(video: VideoEntity, job: TranscodeJobEntity | None) -> VideoView:
    return view_of(video_of(video), None if job is None else job_of(job))


def video_of(row: VideoEntity) -> Video:
    """The video in its row."""
    source = None if row.source_key is None else FilmFile(key=row.source_key, size=row.source_size or 0)
    return Video(
        id=row.id,
        title=row.title,
        duration_s=row.duration_s,
        playback_url=row.playback_url,
        owner_id=row.owner_id,
        created_at_ms=row.created_at_ms,
        kind=VideoKind(row.kind),
        source=source,
        film=None if row.film is None else PreparedFilm.from_json(row.film),
        ready_until_s=row.ready_until_s,
    )


def job_of(row: TranscodeJobEntity) -> TranscodeJob:
    """The job in its row."""
    return TranscodeJob(
        id=row.id,
        video_id=row.video_id,
        state=JobState(row.state),
        progress=row.progress,
        error=row.error,
        updated_at_ms=row.updated_at_ms,
    )
