"""The bytes of films' files, wherever they are: in the store, or in the library."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from partyapp.transcode.application.file_parts import Call, opened, parts_of, threaded_parts
from partyapp.transcode.application.film_store import FilmStore, NoSuchObject
from partyapp.transcode.application.media import MediaFile, NoSuchMedia

#: Files that may be written anew under their name are short texts: a list of segments that grows.
_CHANGING = frozenset({"application/vnd.apple.mpegurl", "text/vtt"})
_LONGEST_TEXT = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """What is there: its size in bytes, and a tag that is another one when the bytes are."""

    size: int
    tag: str


@dataclass(frozen=True, kw_only=True)
class MediaBytes:
    """`store` is None where no place for films is set. `call` runs what holds up a thread."""

    store: FilmStore | None
    call: Call

    def look(self, file: MediaFile) -> FoundFile:
        """What is there. Raises `NoSuchMedia`, or `Unavailable`."""
        try:
            if file.path is not None:
                found: os.stat_result = self.call(file.path.stat)
                return FoundFile(size=found.st_size, tag=_tag(found.st_mtime_ns, found.st_size))
            store, key = self._of_store(file)
            size = store.size(key)
            if size is None:
                raise NoSuchMedia()
            if file.content_type in _CHANGING and size <= _LONGEST_TEXT:
                text = b"".join(store.read(key))
                return FoundFile(size=len(text), tag=hashlib.sha256(text).hexdigest()[:32])
            return FoundFile(size=size, tag=_tag(key, size))
        except (FileNotFoundError, NoSuchObject):
            raise NoSuchMedia() from None

    def read(self, file: MediaFile, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (excluded), in parts. Raises `NoSuchMedia`, or `Unavailable`."""
        try:
            if file.path is not None:
                path: Path = file.path
                return threaded_parts(parts_of(self.call(opened, path), start, end), self.call)
            store, key = self._of_store(file)
            return store.read(key, start, end)
        except (OSError, NoSuchObject):
            raise NoSuchMedia() from None

    def url(self, file: MediaFile, expires_s: int) -> str | None:
        """Where anybody finds it for so long; None: nowhere but here."""
        if file.path is not None:
            return None
        store, key = self._of_store(file)
        return store.url(key, expires_s=expires_s, content_type=file.content_type)

    def _of_store(self, file: MediaFile) -> tuple[FilmStore, str]:
        if self.store is None or file.key is None:
            raise NoSuchMedia()
        return self.store, file.key


def _tag(*facts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()[:32]
