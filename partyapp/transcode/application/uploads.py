"""Uploading films: what may be begun, who writes at present, what has arrived for good, what becomes of it.

The offset in the row is the truth. It is moved on after the bytes are safe, never before. Whoever writes has
the row's lease, and moves the offset on only while it is theirs: so of two that write, one gets nowhere.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.film_store import (
    FilmStore,
    GrowingObject,
    NoSuchObject,
    StorageFull,
    source_key,
    upload_key,
)
from partyapp.transcode.application.upload_ports import FinishedUploads, UploadLimits, UploadPort
from partyapp.transcode.domain.upload import (
    NoSuchUpload,
    Upload,
    UploadLocked,
    UploadQuotaExceeded,
    UploadTooLarge,
    WrongOffset,
    names_of,
)

#: So long after its last sign a writer is taken for gone. tus-js-client asks for 9 s before it gives up.
LEASE_MS = 5000
#: What arrives is made safe as often as this, or each so many bytes. Both bound what a crash costs.
CHECKPOINT_MS = 1000
CHECKPOINT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """What can be done with uploads."""

    uploads: UploadPort
    store: FilmStore
    films: FinishedUploads
    clock: Clock
    limits: UploadLimits

    def create(self, owner_id: UUID, length: int, metadata: Mapping[str, str]) -> Upload:
        """Begin one. Raises `UploadTooLarge`, `StorageFull`, or one of the two kinds of `QuotaExceeded`."""
        limits = self.limits
        if length > limits.max_bytes:
            raise UploadTooLarge()
        free = self.store.free_bytes()
        if free is not None and length > free:
            raise StorageFull("There is no room for this film on the server.")
        filename, title = names_of(metadata)
        now_ms = self.clock.now_ms()
        upload = Upload(
            id=new_id(),
            owner_id=owner_id,
            video_id=new_id(),
            filename=filename,
            title=title,
            length=length,
            offset=0,
            created_at_ms=int(now_ms),
            expires_at_ms=int(now_ms + limits.ttl_ms),
        )
        room = limits.quota_bytes - self.films.owned_bytes(owner_id)
        if length > room:
            raise UploadQuotaExceeded()
        # A film that has arrived counts until it is prepared, or 100 at a time would come to any number.
        left = limits.max_unfinished - self.films.open_jobs(owner_id)
        self.uploads.add(upload, room=room, unfinished=left)
        return upload if length else self._finish(upload)

    def find(self, owner_id: UUID, upload_id: UUID) -> Upload:
        """Where it stands. One that is whole becomes a film, if it has not yet.

        Raises `NoSuchUpload`, or `UploadLocked` while what is known may be overtaken.
        """
        upload, is_written = self._own(owner_id, upload_id)
        if is_written:
            raise UploadLocked(retry_after_s=1)
        if upload.is_whole and upload.finished_at_ms is None:
            return self._finish(upload)
        return upload

    def write(self, owner_id: UUID, upload_id: UUID, offset: int) -> "UploadWriter":
        """Write it on at `offset`. Raises `NoSuchUpload`, `WrongOffset` or `UploadLocked`."""
        self._own(owner_id, upload_id)
        writer, now_ms = new_id(), self.clock.now_ms()
        upload = self.uploads.acquire(upload_id, writer, now_ms=now_ms, until_ms=now_ms + LEASE_MS)
        if upload is None:
            self._own(owner_id, upload_id)
            raise UploadLocked(retry_after_s=1)
        return UploadWriter(self, upload, writer, offset)

    def remove(self, owner_id: UUID, upload_id: UUID) -> None:
        """Forget it and what has arrived. A film that it has become stays. Raises `NoSuchUpload`.

        Whoever writes at present is stopped at their next checkpoint.
        """
        upload, _ = self._own(owner_id, upload_id)
        if upload.is_whole and upload.finished_at_ms is None:
            upload = self._finish(upload)
        self._drop(upload)

    def look_after(self, now_ms: float, limit: int = 100) -> int:
        """Remove what has ended, and finish what a crash kept from being finished; how many those were."""
        due = self.uploads.due(now_ms, limit)
        for upload in due:
            # What can't be done with one is no reason to leave the others.
            with suppress(Refusal):
                self._look_after(upload, now_ms)
        return len(due)

    def remove_expired(self, now_ms: float) -> None:
        """All that `look_after` does, and bytes without an upload, which a crash may leave."""
        self.look_after(now_ms, 10_000)
        names = {found.key.split("/")[1] for found in self.store.objects("uploads")}
        ids = {name: _id_of(name) for name in names}
        known = self.uploads.known([found for found in ids.values() if found is not None])
        for name in names:
            if ids[name] not in known:
                self.store.delete(upload_key(name))

    def _look_after(self, upload: Upload, now_ms: float) -> None:
        if upload.is_whole and upload.finished_at_ms is None:
            try:
                self._finish(upload)
                return
            except NoSuchUpload:
                if upload.expires_at_ms > now_ms:
                    return
        writer = new_id()
        # Nobody can go on with it meanwhile.
        if self.uploads.acquire(upload.id, writer, now_ms=now_ms, until_ms=now_ms + 10 * LEASE_MS):
            self._drop(upload, is_locked=True)

    def _drop(self, upload: Upload, *, is_locked: bool = False) -> None:
        if not is_locked:
            # The row first, so that whoever writes can't go on.
            self.uploads.remove(upload.id)
        self.store.delete(upload_key(upload.id))
        if not upload.is_whole:
            self.store.delete(source_key(upload.video_id))
        self.uploads.remove(upload.id)

    def _own(self, owner_id: UUID, upload_id: UUID) -> tuple[Upload, bool]:
        now_ms = self.clock.now_ms()
        found = self.uploads.get(upload_id, now_ms)
        if found is None or found[0].owner_id != owner_id:
            raise NoSuchUpload()
        upload, is_written = found
        if upload.expires_at_ms <= now_ms and not is_written:
            raise NoSuchUpload()
        return upload, is_written

    def _finish(self, upload: Upload) -> Upload:
        """Make it a film. Whatever dies in between, each step may be done again, by anybody."""
        try:
            self.store.finish(upload_key(upload.id), source_key(upload.video_id), upload.length)
        except NoSuchObject:
            # What was received is not there any more: a client that hears this begins anew.
            raise NoSuchUpload() from None
        self.films.finish(upload)
        now_ms = self.clock.now_ms()
        self.uploads.finished(upload.id, now_ms)
        return replace(upload, finished_at_ms=int(now_ms))


class UploadWriter:
    """Writes one upload on, and lets go of it at the end of its block.

    While `keeps` is False nothing is kept before `end`: its checksum is still to be checked.
    """

    def __init__(self, uploads: Uploads, upload: Upload, writer: UUID, offset: int) -> None:
        self._of, self._writer = uploads, writer
        #: The upload as it is known to be safe.
        self.upload = upload
        self.keeps = True
        self._position = upload.offset
        try:
            if offset != upload.offset:
                raise WrongOffset()
            self._growing = None if upload.is_whole else self._grow()
        except BaseException:
            uploads.uploads.release(upload.id, writer)
            raise
        self._seen_ms = uploads.clock.now_ms()

    @property
    def missing(self) -> int:
        """How many bytes it may still take."""
        return self.upload.length - self._position

    def write(self, data: bytes) -> None:
        """Add to the end, at most what is missing. Raises `StorageFull`, `Unavailable` or `UploadLocked`."""
        if self._growing is None or not data:
            return
        late = self._of.clock.now_ms() - self._seen_ms
        if late > LEASE_MS / 2:
            # Somebody may have taken over meanwhile.
            self._checkpoint(self._growing.checkpoint)
        self._growing.write(data)
        self._position += len(data)
        waiting = self._position - self.upload.offset
        if late > CHECKPOINT_MS or (self.keeps and waiting % CHECKPOINT_BYTES < len(data)):
            self._checkpoint(self._growing.checkpoint)

    def end(self) -> Upload:
        """Keep what was written, and make the upload a film if it is whole."""
        if self._growing is not None:
            self.keeps = True
            self._checkpoint(self._growing.flush)
        if self.upload.is_whole and self.upload.finished_at_ms is None:
            self.upload = self._of._finish(self.upload)
        return self.upload

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Keep what was written before an error, too: the connection was cut, and comes back."""
        growing = self._growing
        try:
            if (
                growing is not None
                and kind is not None
                and self.keeps
                and self.upload.offset < self._position
            ):
                with suppress(Refusal):
                    self._checkpoint(growing.flush)
        finally:
            if growing is not None:
                growing.close()
            with suppress(Refusal):
                self._of.uploads.release(self.upload.id, self._writer)

    def _grow(self) -> GrowingObject:
        upload = self.upload
        try:
            return self._of.store.grow(upload_key(upload.id), upload.offset, source_key(upload.video_id))
        except NoSuchObject:
            self._of.uploads.remove(upload.id)
            raise NoSuchUpload() from None

    def _checkpoint(self, safe: Callable[[], int]) -> None:
        offset = safe() if self.keeps else self.upload.offset
        now_ms = self._of.clock.now_ms()
        upload = replace(self.upload, offset=offset, expires_at_ms=int(now_ms + self._of.limits.ttl_ms))
        if not self._of.uploads.advance(upload, self._writer, until_ms=now_ms + LEASE_MS):
            self.keeps = False
            raise UploadLocked("Another connection goes on with this upload.", retry_after_s=1)
        self.upload, self._seen_ms = upload, now_ms


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
