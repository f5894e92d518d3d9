"""Films in a folder of this machine, or of a disk that all processes see."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.durable_files import sync_file, sync_folder
from partyapp.transcode.application.file_parts import opened, parts_of
from partyapp.transcode.application.film_store import (
    GrowingObject,
    NoSuchObject,
    StorageFull,
    StoredObject,
    checked_key,
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: In this folder a file is made before it gets its name. No key begins with a dot.
_MAKING = ".making"
#: What counts as the disk's end: the database, whose files may lie on the same disk, needs some room too.
_RESERVE_BYTES = 64 * 1024 * 1024


class FolderStore:
    """`FilmStore` in a folder. A key that is a link is no file of it."""

    blocks: ClassVar[bool] = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def grow(self, key: str, offset: int, becomes: str) -> GrowingObject:
        """Open the upload `key` to write on at `offset`."""
        checked_key(becomes)
        path = self._path(key)
        with _refusals():
            _make_folder(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
            try:
                size = os.fstat(descriptor).st_size
                if size < offset:
                    raise NoSuchObject()
                if size > offset:
                    os.ftruncate(descriptor, offset)
                if not offset:
                    sync_folder(path.parent)
            except BaseException:
                os.close(descriptor)
                raise
        return _GrowingFile(descriptor, offset)

    def finish(self, key: str, becomes: str, size: int) -> None:
        """Rename the upload."""
        source, target = self._path(key), self._path(becomes)
        with _refusals():
            _make_folder(target.parent)
            if size == 0 and self.size(becomes) is None:
                _make_folder(source.parent)
                source.touch(0o640)
            if self.size(key) == size:
                # Another process may do the same at once, and be the first.
                with suppress(FileNotFoundError):
                    source.replace(target)
            if self.size(becomes) != size:
                raise NoSuchObject()
            sync_folder(target.parent)

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        """Give the file another name, or copy it where it lies on another disk."""
        target = self._path(key)
        with _refusals():
            _make_folder(target.parent)
            if lasting:
                sync_file(path)
            with self._made() as making:
                making.unlink(missing_ok=True)
                try:
                    making.hardlink_to(path)
                except OSError as error:
                    # Another disk, or one that knows no second names.
                    if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                        raise
                    shutil.copyfile(path, making)
                    if lasting:
                        sync_file(making)
                making.replace(target)
            if lasting:
                sync_folder(target.parent)

    def settle(self, key: str) -> None:
        """Have the file and its name on the disk."""
        path = self._path(key)
        with _refusals():
            sync_file(path)
            sync_folder(path.parent)

    def put_bytes(self, key: str, data: bytes) -> None:
        """Write the bytes beside it, and rename."""
        target = self._path(key)
        with _refusals(), self._made() as making:
            making.write_bytes(data)
            sync_file(making)
            _make_folder(target.parent)
            making.replace(target)
            sync_folder(target.parent)

    def size(self, key: str) -> int | None:
        """The file's size in bytes."""
        with _refusals():
            try:
                return self._path(key).lstat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (excluded)."""
        with _refusals():
            file = opened(self._path(key))
        return parts_of(file, start, end)

    def bring(self, key: str, into: Path) -> Path:
        """The file itself."""
        if self.size(key) is None:
            raise NoSuchObject()
        return self._path(key)

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The file `prefix`, or those of the folder `prefix`, in the order of their keys."""
        top = self._path(prefix)
        found = [] if top.is_symlink() else [top] if top.is_file() else sorted(_files_below(top))
        for path in found:
            with suppress(FileNotFoundError):
                yield StoredObject(key=path.relative_to(self._root).as_posix(), size=path.lstat().st_size)

    def delete(self, prefix: str) -> None:
        """Remove the file or the folder `prefix`."""
        top = self._path(prefix)
        with _refusals():
            if not top.is_dir() or top.is_symlink():
                with suppress(NotADirectoryError):
                    top.unlink(missing_ok=True)
                return
            # Two may remove the same at once, so a file that is gone meanwhile is no error.
            shutil.rmtree(top, ignore_errors=True)
            if top.is_dir():
                raise OSError(errno.ENOTEMPTY, "could not be removed")

    def free_bytes(self) -> int | None:
        """How much a process without special rights may still write, less a reserve."""
        with _refusals():
            self._root.mkdir(parents=True, exist_ok=True)
            room = os.statvfs(self._root)
        return max(0, room.f_bavail * room.f_frsize - _RESERVE_BYTES)

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        """A folder has no addresses."""
        return None

    def _path(self, key: str) -> Path:
        """The file of the key. Its folders are ours: what an upload or a job wrote is never a link."""
        return self._root.joinpath(*checked_key(key).split("/"))

    @contextmanager
    def _made(self) -> Iterator[Path]:
        folder = self._root / _MAKING
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / new_id().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


class _GrowingFile:
    """`GrowingObject` as an open file."""

    def __init__(self, descriptor: int, offset: int) -> None:
        self._descriptor = descriptor
        self._written = self._durable = offset

    def write(self, data: bytes) -> None:
        """Add to the end."""
        view = memoryview(data)
        with _refusals():
            while view:
                count = os.pwrite(self._descriptor, view, self._written)
                self._written += count
                view = view[count:]

    def checkpoint(self) -> int:
        """Everything: what a second of an upload wrote is soon on the disk."""
        return self.flush()

    def flush(self) -> int:
        """Have it on the disk."""
        if self._durable < self._written:
            with _refusals():
                os.fdatasync(self._descriptor)
            self._durable = self._written
        return self._durable

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


@contextmanager
def _refusals() -> Iterator[None]:
    """The system's errors in our words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull() from error
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR):
            raise NoSuchObject() from error
        raise Unavailable("The place where films are kept can't be used. Try again shortly.") from error


def _make_folder(folder: Path) -> None:
    """Make the folder, and have its name outlive a crash."""
    if not folder.is_dir():
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def _files_below(top: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(top, followlinks=False):
        yield from (path for path in (Path(folder, name) for name in names) if not path.is_symlink())
