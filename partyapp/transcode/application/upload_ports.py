"""What uploads need of the outside, and how much of them there may be."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.transcode.domain.upload import MAX_UNFINISHED, Upload


class UploadPort(Protocol):
    """Where uploads are known. Every method raises `Unavailable` when that place is gone."""

    def add(self, upload: Upload, *, room: int, unfinished: int) -> None:
        """Keep a new one. Raises `TooManyFilmsOnTheirWay` when its owner's unfinished ones would then be more
        than `unfinished`, `UploadQuotaExceeded` when more than `room` bytes at their ends together."""
        ...

    def get(self, upload_id: UUID, now_ms: float) -> tuple[Upload, bool] | None:
        """The upload, and whether somebody writes it at `now_ms`."""
        ...

    def acquire(self, upload_id: UUID, writer: UUID, *, now_ms: float, until_ms: float) -> Upload | None:
        """Make `writer` the one who writes, until then; None when somebody else does."""
        ...

    def advance(self, upload: Upload, writer: UUID, *, until_ms: float) -> bool:
        """Keep the upload's offset and end, and the lease; False, and no change, if it is not `writer`'s."""
        ...

    def release(self, upload_id: UUID, writer: UUID) -> None:
        """Let others write, if it was `writer` who did."""
        ...

    def finished(self, upload_id: UUID, now_ms: float) -> None:
        """The film is there. The first time counts."""
        ...

    def remove(self, upload_id: UUID) -> None:
        """Forget it."""
        ...

    def due(self, now_ms: float, limit: int) -> list[Upload]:
        """Uploads that nobody writes, and that have ended or are whole without being finished."""
        ...

    def known(self, ids: list[UUID]) -> set[UUID]:
        """Those of the ids that there are uploads of."""
        ...


class FinishedUploads(Protocol):
    """The catalogue of films, as uploads see it."""

    def finish(self, upload: Upload) -> UUID:
        """Have a film `upload.video_id`, which is to be prepared; its bytes are there. Gives that id.

        Called again for the same upload, at any time and from several processes at once, it changes nothing.
        """
        ...

    def open_jobs(self, owner_id: UUID) -> int:
        """How many films of this person wait to be prepared, or are."""
        ...

    def owned_bytes(self, owner_id: UUID) -> int:
        """What the films of this person take, in bytes."""
        ...


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """In bytes and ms. `max_unfinished` films of a person may be on their way, to us or to being prepared."""

    max_bytes: int
    quota_bytes: int
    ttl_ms: float
    max_unfinished: int = MAX_UNFINISHED
