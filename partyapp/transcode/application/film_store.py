"""Where the bytes of films are kept: what uploads, jobs and readers need of a folder or an S3 store.

A key is a path of names, such as `films/{video_id}/source`. What is kept under one is never changed in place:
it is put whole, or it grows as an upload and then becomes whole in one step.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from partyapp.shared.kernel.errors import NotFound, Refusal

#: How much is read or written at once, in bytes: beyond 1 MiB nothing gets faster, and others wait longer.
PART_BYTES = 512 * 1024

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}", re.ASCII)


class NoSuchObject(NotFound):
    detail = "This file is not there any more."


class StorageFull(Refusal):
    """The store takes nothing more. What was there stays, and trying again helps once there is room."""

    code = "storage_full"
    detail = "The server's disk is full. What was sent is kept; go on when there is room again."


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object of the store, `size` in bytes."""

    key: str
    size: int


class GrowingObject(Protocol):
    """An upload that is being written by one writer. Every method raises `StorageFull` or `Unavailable`."""

    def write(self, data: bytes) -> None:
        """Add to the end. What was written may be lost until `checkpoint` or `flush` counts it."""
        ...

    def checkpoint(self) -> int:
        """How many bytes from the start would now outlive a crash: as many as come cheap."""
        ...

    def flush(self) -> int:
        """Make everything that was written outlive a crash; its size in bytes."""
        ...

    def close(self) -> None:
        """Let go of it, in whatever state it is. What no `checkpoint` or `flush` counted may be gone."""
        ...


class FilmStore(Protocol):
    """Keeps objects. Every method raises ValueError for a key that is none, and `Unavailable` when the store
    can't be reached."""

    #: Whether a call holds up its whole thread, as a disk does: an event loop then calls from another thread.
    blocks: ClassVar[bool]

    def grow(self, key: str, offset: int, becomes: str) -> GrowingObject:
        """Open the upload `key` to write on at `offset`, which `checkpoint` or `flush` gave before, or 0.

        What lies behind `offset` is dropped. Once whole it is to be `becomes`, the same at each call. Raises
        `NoSuchObject` when there are fewer bytes than `offset`.
        """
        ...

    def finish(self, key: str, becomes: str, size: int) -> None:
        """Make the upload `key` of `size` bytes the object `becomes`, in one step; again: nothing happens.

        Raises `NoSuchObject` where there is neither.
        """
        ...

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        """Make the file the object `key`, in one step. `path` may go afterwards, but not change in place.

        Unless it is `lasting`, a machine that fails may lose or damage it until `settle`; a process that dies
        doesn't. Raises `StorageFull`.
        """
        ...

    def settle(self, key: str) -> None:
        """Have what was put under `key` outlive a failure of the machine; again: nothing happens.

        Raises `NoSuchObject` or `StorageFull`.
        """
        ...

    def put_bytes(self, key: str, data: bytes) -> None:
        """Make `data` the object `key`, in one step. Raises `StorageFull`."""
        ...

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None when there is none."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (excluded), in parts of at most `PART_BYTES`.

        Raises `NoSuchObject` at the call, not at the first part.
        """
        ...

    def bring(self, key: str, into: Path) -> Path:
        """Where the object can be read as a local file: its own path, or a copy in the folder `into`.

        Nobody may write to it. Raises `NoSuchObject` or `StorageFull`.
        """
        ...

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The object `prefix`, if there is one, and all below `prefix/`; uploads count by what they hold."""
        ...

    def delete(self, prefix: str) -> None:
        """Remove the same. What isn't there is no error.

        Of an upload under way a part may be kept by its key and a part by the one that it becomes, so both
        are to be removed.
        """
        ...

    def free_bytes(self) -> int | None:
        """How much room is left; None where nobody can tell."""
        ...

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        """Where anybody may GET and HEAD the object for so long, with that type; None: nowhere."""
        ...


def checked_key(key: str) -> str:
    """The key, if each of its names is made of letters, digits, `.`, `_` and `-`. Raises ValueError."""
    if not all(_NAME.fullmatch(name) for name in key.split("/")) or len(key) > 512:
        raise ValueError("not a key of the store")
    return key


def upload_key(upload_id: object) -> str:
    """Where an upload grows."""
    return f"uploads/{upload_id}"


def film_prefix(video_id: object) -> str:
    """What all keys of a film's files begin with."""
    return f"films/{video_id}"


def source_key(video_id: object) -> str:
    """Where a film is kept as it came."""
    return f"{film_prefix(video_id)}/source"
