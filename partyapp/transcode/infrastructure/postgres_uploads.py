"""Uploads in Postgres."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    String,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import (
    Base,
    Transactions,
    one_of,
    single_statements_of,
    unavailable_when_gone,
)
from partyapp.transcode.domain.upload import (
    FILENAME_MAX,
    TooManyFilmsOnTheirWay,
    Upload,
    UploadQuotaExceeded,
)
from partyapp.transcode.domain.video import TITLE_MAX


class UploadEntity(Base):
    """A row of `uploads`. `writer` writes until `writer_until_ms`, and longer while nobody else comes."""

    __tablename__ = "uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    video_id: Mapped[UUID]
    filename: Mapped[str] = mapped_column(String(FILENAME_MAX))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    finished_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    writer: Mapped[UUID | None]
    writer_until_ms: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)

    __table_args__ = (
        CheckConstraint("received >= 0 AND received <= length", name="ck_uploads_received"),
        Index("ix_uploads_owner", "owner_id"),
        Index("ix_uploads_expires", "expires_at_ms"),
    )


class PostgresUploads:
    """`UploadPort` on Postgres, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._statements = single_statements_of(transactions)

    def add(self, upload: Upload, *, room: int, unfinished: int) -> None:
        """Keep a new one, one of a person after the other."""
        row = UploadEntity
        open_ones = select(func.count(), func.coalesce(func.sum(row.length), 0)).where(
            row.owner_id == upload.owner_id, row.finished_at_ms.is_(None)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"),
                {"who": f"uploads {upload.owner_id}"},
            )
            count, taken = session.execute(open_ones).one()
            if count >= unfinished:
                raise TooManyFilmsOnTheirWay()
            if taken + upload.length > room:
                raise UploadQuotaExceeded()
            session.add(_entity_of(upload))

    def get(self, upload_id: UUID, now_ms: float) -> tuple[Upload, bool] | None:
        """The upload, and whether somebody writes it."""
        with unavailable_when_gone(), self._statements() as session:
            row = session.get(UploadEntity, upload_id)
            if row is None:
                return None
            return _upload(row), row.writer is not None and row.writer_until_ms > now_ms

    def acquire(self, upload_id: UUID, writer: UUID, *, now_ms: float, until_ms: float) -> Upload | None:
        """Make `writer` the one who writes, unless somebody else is."""
        row = UploadEntity
        taken = (
            update(row)
            .where(row.id == upload_id, or_(row.writer.is_(None), row.writer_until_ms <= int(now_ms)))
            .values(writer=writer, writer_until_ms=int(until_ms))
            .returning(row)
        )
        with unavailable_when_gone(), self._statements() as session:
            found = session.scalars(taken).first()
            return None if found is None else _upload(found)

    def advance(self, upload: Upload, writer: UUID, *, until_ms: float) -> bool:
        """Keep the offset and the end, while `writer` is the one who writes."""
        row = UploadEntity
        moved = (
            update(row)
            .where(row.id == upload.id, row.writer == writer)
            .values(received=upload.offset, expires_at_ms=upload.expires_at_ms, writer_until_ms=int(until_ms))
            .returning(row.id)
        )
        with unavailable_when_gone(), self._statements() as session:
            return session.execute(moved).first() is not None

    def release(self, upload_id: UUID, writer: UUID) -> None:
        """Let others write."""
        row = UploadEntity
        with unavailable_when_gone(), self._statements() as session:
            session.execute(
                update(row)
                .where(row.id == upload_id, row.writer == writer)
                .values(writer=None, writer_until_ms=0)
            )

    def finished(self, upload_id: UUID, now_ms: float) -> None:
        """The film is there."""
        row = UploadEntity
        with unavailable_when_gone(), self._statements() as session:
            session.execute(
                update(row)
                .where(row.id == upload_id, row.finished_at_ms.is_(None))
                .values(finished_at_ms=int(now_ms))
            )

    def remove(self, upload_id: UUID) -> None:
        """Forget it."""
        with unavailable_when_gone(), self._statements() as session:
            session.execute(delete(UploadEntity).where(UploadEntity.id == upload_id))

    def due(self, now_ms: float, limit: int) -> list[Upload]:
        """What has ended, or is whole without being finished; the oldest first."""
        row, now = UploadEntity, int(now_ms)
        forgotten = and_(row.received == row.length, row.finished_at_ms.is_(None))
        query = (
            select(row)
            .where(or_(row.writer.is_(None), row.writer_until_ms <= now))
            .where(or_(row.expires_at_ms <= now, forgotten))
            .order_by(row.expires_at_ms, row.id)
            .limit(limit)
        )
        with unavailable_when_gone(), self._statements() as session:
            return [_upload(found) for found in session.scalars(query)]

    def known(self, ids: list[UUID]) -> set[UUID]:
        """Those that have a row."""
        if not ids:
            return set()
        query = select(UploadEntity.id).where(UploadEntity.id == one_of(ids))
        with unavailable_when_gone(), self._statements() as session:
            return set(session.scalars(query))


def _entity_of(upload: Upload) -> UploadEntity:
    return UploadEntity(
        id=upload.id,
        owner_id=upload.owner_id,
        video_id=upload.video_id,
        filename=upload.filename,
        title=upload.title,
        length=upload.length,
        received=upload.offset,
        created_at_ms=upload.created_at_ms,
        expires_at_ms=upload.expires_at_ms,
        finished_at_ms=upload.finished_at_ms,
    )


def _upload(row: UploadEntity) -> Upload:
    return Upload(
        id=row.id,
        owner_id=row.owner_id,
        video_id=row.video_id,
        filename=row.filename,
        title=row.title,
        length=row.length,
        offset=row.received,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        finished_at_ms=row.finished_at_ms,
    )
