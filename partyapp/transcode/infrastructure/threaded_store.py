"""A store whose calls hold up their thread, for a process that serves many in one thread.

A plain read or write of a disk lets no greenlet run until it is done: with uploads at full speed others
waited for seconds. From threads of their own, in parts of half a MiB, they wait for milliseconds.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from partyapp.transcode.application.file_parts import Call, threaded_parts
from partyapp.transcode.application.film_store import FilmStore, GrowingObject, StoredObject


class ThreadedStore:
    """`FilmStore` that has another one's calls made by `call`."""

    blocks: ClassVar[bool] = False

    def __init__(self, store: FilmStore, call: Call) -> None:
        self._store, self._call = store, call

    def grow(self, key: str, offset: int, becomes: str) -> GrowingObject:
        """As the store does."""
        return _ThreadedGrowing(self._call(self._store.grow, key, offset, becomes), self._call)

    def finish(self, key: str, becomes: str, size: int) -> None:
        """As the store does."""
        self._call(self._store.finish, key, becomes, size)

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        """As the store does."""
        self._call(partial(self._store.put, key, path, lasting=lasting))

    def settle(self, key: str) -> None:
        """As the store does."""
        self._call(self._store.settle, key)

    def put_bytes(self, key: str, data: bytes) -> None:
        """As the store does."""
        self._call(self._store.put_bytes, key, data)

    def size(self, key: str) -> int | None:
        """As the store does."""
        size: int | None = self._call(self._store.size, key)
        return size

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """As the store does; each part is read in another thread when it is asked for."""
        parts: Iterator[bytes] = self._call(self._store.read, key, start, end)
        return threaded_parts(parts, self._call)

    def bring(self, key: str, into: Path) -> Path:
        """As the store does."""
        path: Path = self._call(self._store.bring, key, into)
        return path

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """As the store does; all are looked for at once."""
        found: list[StoredObject] = self._call(lambda: list(self._store.objects(prefix)))
        return iter(found)

    def delete(self, prefix: str) -> None:
        """As the store does."""
        self._call(self._store.delete, prefix)

    def free_bytes(self) -> int | None:
        """As the store does."""
        free: int | None = self._call(self._store.free_bytes)
        return free

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        """As the store does. No disk is asked."""
        return self._store.url(key, expires_s=expires_s, content_type=content_type)


class _ThreadedGrowing:
    """`GrowingObject` of a store whose calls are made by `call`."""

    def __init__(self, growing: GrowingObject, call: Call) -> None:
        self._growing, self._call = growing, call

    def write(self, data: bytes) -> None:
        """As the object does."""
        self._call(self._growing.write, data)

    def checkpoint(self) -> int:
        """As the object does."""
        size: int = self._call(self._growing.checkpoint)
        return size

    def flush(self) -> int:
        """As the object does."""
        size: int = self._call(self._growing.flush)
        return size

    def close(self) -> None:
        """As the object does."""
        self._call(self._growing.close)
