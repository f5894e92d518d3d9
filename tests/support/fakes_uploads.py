"""Uploads and the films that they become, in memory; tests/ports holds them to what Postgres does."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from partyapp.transcode.domain.upload import TooManyFilmsOnTheirWay, Upload, UploadQuotaExceeded


class InMemoryUploads:
    """`UploadPort` without a database."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Upload] = {}
        self._writers: dict[UUID, tuple[UUID, float]] = {}

    def add(self, upload: Upload, *, room: int, unfinished: int) -> None:
        """Keep a new one."""
        others = [
            row.length
            for row in self.rows.values()
            if row.owner_id == upload.owner_id and row.finished_at_ms is None
        ]
        if len(others) >= unfinished:
            raise TooManyFilmsOnTheirWay()
        if sum(others) + upload.length > room:
            raise UploadQuotaExceeded()
        self.rows[upload.id] = upload

    def get(self, upload_id: UUID, now_ms: float) -> tuple[Upload, bool] | None:
        """The upload, and whether somebody writes it."""
        row = self.rows.get(upload_id)
        return None if row is None else (row, self._is_written(upload_id, now_ms))

    def acquire(self, upload_id: UUID, writer: UUID, *, now_ms: float, until_ms: float) -> Upload | None:
        """Make `writer` the one who writes."""
        if upload_id not in self.rows or self._is_written(upload_id, now_ms):
            return None
        self._writers[upload_id] = writer, until_ms
        return self.rows[upload_id]

    def advance(self, upload: Upload, writer: UUID, *, until_ms: float) -> bool:
        """Keep the offset and the end."""
        row = self.rows.get(upload.id)
        if row is None or self._writers.get(upload.id, (None, 0))[0] != writer:
            return False
        self.rows[upload.id] = replace(row, offset=upload.offset, expires_at_ms=upload.expires_at_ms)
        self._writers[upload.id] = writer, until_ms
        return True

    def release(self, upload_id: UUID, writer: UUID) -> None:
        """Let others write."""
        if self._writers.get(upload_id, (None, 0))[0] == writer:
            del self._writers[upload_id]

    def finished(self, upload_id: UUID, now_ms: float) -> None:
        """The film is there."""
        row = self.rows.get(upload_id)
        if row is not None and row.finished_at_ms is None:
            self.rows[upload_id] = replace(row, finished_at_ms=int(now_ms))

    def remove(self, upload_id: UUID) -> None:
        """Forget it."""
        self.rows.pop(upload_id, None)

    def due(self, now_ms: float, limit: int) -> list[Upload]:
        """What has ended, or is whole without being finished."""
        found = [
            row
            for row in self.rows.values()
            if not self._is_written(row.id, now_ms)
            and (row.expires_at_ms <= now_ms or (row.is_whole and row.finished_at_ms is None))
        ]
        return sorted(found, key=lambda row: (row.expires_at_ms, row.id))[:limit]

    def known(self, ids: list[UUID]) -> set[UUID]:
        """Those that are kept."""
        return set(ids) & set(self.rows)

    def _is_written(self, upload_id: UUID, now_ms: float) -> bool:
        return self._writers.get(upload_id, (None, 0.0))[1] > now_ms


class InMemoryFinishedUploads:
    """`FinishedUploads` as a list. `owned` is what a person's films take besides those that came here.

    `prepared` are those that no longer wait to be prepared.
    """

    def __init__(self) -> None:
        self.films: dict[UUID, Upload] = {}
        self.owned: dict[UUID, int] = {}
        self.prepared: set[UUID] = set()

    def finish(self, upload: Upload) -> UUID:
        """Have the film."""
        self.films.setdefault(upload.video_id, upload)
        return upload.video_id

    def open_jobs(self, owner_id: UUID) -> int:
        """Those that wait to be prepared."""
        return sum(f.owner_id == owner_id and f.video_id not in self.prepared for f in self.films.values())

    def owned_bytes(self, owner_id: UUID) -> int:
        """What they take."""
        came = sum(film.length for film in self.films.values() if film.owner_id == owner_id)
        return came + self.owned.get(owner_id, 0)
