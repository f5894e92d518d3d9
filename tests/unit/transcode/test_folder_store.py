"""What only a folder can do wrong: a full disk, links, files that a crash left."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from partyapp.transcode.application.film_store import NoSuchObject, StorageFull, source_key, upload_key
from partyapp.transcode.infrastructure.folder_store import FolderStore

UPLOAD, FILM = upload_key("one"), source_key("film")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "films")


@contextmanager
def disk_of(limit: int) -> Iterator[None]:
    """Files of this process end at so many bytes, as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_full_disk_keeps_what_was_written(store: FolderStore) -> None:
    growing = store.grow(UPLOAD, 0, FILM)
    growing.write(b"x" * 4096)
    with disk_of(6000), pytest.raises(StorageFull):
        growing.write(b"y" * 4096)
    assert growing.flush() == 6000
    growing.close()
    again = store.grow(UPLOAD, 6000, FILM)
    again.write(b"y" * 2192)
    assert again.flush() == 8192
    again.close()
    store.finish(UPLOAD, FILM, 8192)
    assert b"".join(store.read(FILM)) == b"x" * 4096 + b"y" * 4096


def test_a_full_disk_leaves_no_half_a_file(store: FolderStore, tmp_path: Path) -> None:
    store.put_bytes(FILM, b"before")
    with disk_of(1000), pytest.raises(StorageFull):
        store.put_bytes(FILM, b"x" * 4096)
    assert files(tmp_path) == [f"films/{FILM}"]
    assert b"".join(store.read(FILM)) == b"before"


def test_a_link_is_no_file_of_the_store(store: FolderStore, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    link = tmp_path / "films" / FILM
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(NoSuchObject):
        store.read(FILM)
    with pytest.raises(NoSuchObject):
        store.grow(FILM, 0, FILM)
    assert list(store.objects("films")) == []
    store.delete("films")
    assert outside.read_bytes() == b"secret"
    assert not link.is_symlink()


def test_a_folder_is_no_file(store: FolderStore) -> None:
    store.put_bytes(FILM, b"x")
    with pytest.raises(NoSuchObject):
        store.read("films")


def test_the_file_itself_is_brought(store: FolderStore, tmp_path: Path) -> None:
    store.put_bytes(FILM, b"x")
    assert store.bring(FILM, tmp_path) == tmp_path / "films" / FILM


def test_what_was_not_acknowledged_is_gone_when_an_upload_goes_on(store: FolderStore) -> None:
    growing = store.grow(UPLOAD, 0, FILM)
    growing.write(b"abcdef")
    growing.close()
    store.grow(UPLOAD, 2, FILM).close()
    assert store.size(UPLOAD) == 2


def test_there_is_room_on_a_disk(store: FolderStore) -> None:
    assert store.free_bytes() is not None
