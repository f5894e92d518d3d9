"""A film store in memory; tests/ports holds it to what a folder and an S3 store do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from partyapp.transcode.application.film_store import (
    PART_BYTES,
    GrowingObject,
    NoSuchObject,
    StorageFull,
    StoredObject,
    checked_key,
)


class InMemoryFilmStore:
    """`FilmStore` without a disk. `room` is how many bytes fit in all, None for any number."""

    blocks: ClassVar[bool] = False

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        #: Of what was put: what a machine that fails would not lose.
        self.lasting: set[str] = set()
        self._objects: dict[str, bytes] = {}

    def grow(self, key: str, offset: int, becomes: str) -> GrowingObject:
        """Open the upload `key` to write on at `offset`."""
        checked_key(becomes)
        kept = self._objects.get(checked_key(key), b"")
        if len(kept) < offset:
            raise NoSuchObject()
        self._objects[key] = kept[:offset]
        return _Growing(self, key, offset)

    def finish(self, key: str, becomes: str, size: int) -> None:
        """Rename the upload."""
        if size == 0:
            self._objects.setdefault(key, b"")
        if len(self._objects.get(key, b"-" * (size + 1))) == size:
            self._objects[becomes] = self._objects.pop(key)
        elif self.size(becomes) != size:
            raise NoSuchObject()

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        """Take the file in."""
        self.put_bytes(key, path.read_bytes())
        self.lasting = self.lasting | {key} if lasting else self.lasting - {key}

    def settle(self, key: str) -> None:
        """Note that it lasts."""
        if self.size(key) is None:
            raise NoSuchObject()
        self.lasting |= {key}

    def put_bytes(self, key: str, data: bytes) -> None:
        """Keep the bytes."""
        checked_key(key)
        self.fits(len(data) - len(self._objects.get(key, b"")))
        self._objects[key] = data

    def size(self, key: str) -> int | None:
        """The object's size in bytes."""
        found = self._objects.get(checked_key(key))
        return None if found is None else len(found)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (excluded)."""
        if self.size(key) is None:
            raise NoSuchObject()
        data = self._objects[key][start:end]
        return iter([data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)])

    def bring(self, key: str, into: Path) -> Path:
        """A copy in the folder `into`."""
        path = into / checked_key(key).replace("/", "-")
        path.write_bytes(b"".join(self.read(key)))
        return path

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The object `prefix` and all below it."""
        for key in self._at_or_below(prefix):
            yield StoredObject(key=key, size=len(self._objects[key]))

    def delete(self, prefix: str) -> None:
        """Remove the same."""
        for key in self._at_or_below(prefix):
            del self._objects[key]

    def free_bytes(self) -> int | None:
        """What is left of the room."""
        return None if self.room is None else max(0, self.room - sum(map(len, self._objects.values())))

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        """Nowhere."""
        return None

    def fits(self, more: int) -> None:
        """Raise `StorageFull` unless so many bytes more fit."""
        free = self.free_bytes()
        if free is not None and more > free:
            raise StorageFull()

    def grown(self, key: str, data: bytes) -> None:
        """Add to an upload."""
        self.fits(len(data))
        self._objects[key] = self._objects.get(key, b"") + data

    def _at_or_below(self, prefix: str) -> list[str]:
        checked_key(prefix)
        return sorted(key for key in self._objects if key == prefix or key.startswith(f"{prefix}/"))


class _Growing:
    """`GrowingObject` that forgets nothing that was flushed, and everything else when it is closed."""

    def __init__(self, store: InMemoryFilmStore, key: str, offset: int) -> None:
        self._store, self._key, self._durable = store, key, offset
        self._waiting = b""

    def write(self, data: bytes) -> None:
        """Add to the end."""
        self._store.fits(len(self._waiting) + len(data))
        self._waiting += data

    def checkpoint(self) -> int:
        """What was flushed."""
        return self._durable

    def flush(self) -> int:
        """Keep what waits."""
        self._store.grown(self._key, self._waiting)
        self._durable += len(self._waiting)
        self._waiting = b""
        return self._durable

    def close(self) -> None:
        """Forget what waits."""
        self._waiting = b""
