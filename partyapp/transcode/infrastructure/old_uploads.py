"""Uploaded films that are kept for a time only."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

from sqlalchemy import func, select, tuple_

from partyapp.shared.storage.database import Transactions, unavailable_when_gone
from partyapp.shared.storage.old_rows import count_rows
from partyapp.transcode.application.videos import NoSuchVideo, RemoveVideo, VideoInUse
from partyapp.transcode.domain.video import VideoKind
from partyapp.transcode.infrastructure.entities import VideoEntity

_PAGE = 100


class OldUploads:
    """Films that were uploaded before then, in ms, but for those that an active party needs."""

    def __init__(
        self,
        transactions: Transactions,
        uploaded_before_ms: float,
        remove: RemoveVideo,
        is_queued: Callable[[UUID], bool],
    ) -> None:
        self._transactions = transactions
        video = VideoEntity
        self._is_old = (video.kind == VideoKind.UPLOAD.value) & (
            video.created_at_ms < int(uploaded_before_ms)
        )
        self._remove = remove
        self._is_queued = is_queued

    def count(self) -> int:
        """How many there are, with those that are needed."""
        return count_rows(
            self._transactions, select(func.count()).select_from(VideoEntity).where(self._is_old)
        )

    def delete(self, limit: int) -> int:
        """Remove one film and its files, which are hundreds; returns how many, 0 or 1."""
        for video_id in self._oldest() if limit else ():
            if self._is_queued(video_id):
                continue
            with suppress(VideoInUse, NoSuchVideo):
                self._remove(video_id, None)
                return 1
        return 0

    def _oldest(self) -> Iterator[UUID]:
        order = (VideoEntity.created_at_ms, VideoEntity.id)
        query = select(*order).where(self._is_old).order_by(*order).limit(_PAGE)
        after = None
        while True:
            page = query if after is None else query.where(tuple_(*order) > after)
            with unavailable_when_gone(), self._transactions() as session:
                rows = session.execute(page).all()
            yield from (row.id for row in rows)
            if len(rows) < _PAGE:
                return
            after = tuple_(*rows[-1])
