"""What every film store must do, told to the one in memory and to a folder alike.

tests/integration/test_s3_film_store.py tells it to an S3 server.
"""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from partyapp.transcode.application.film_store import (
    PART_BYTES,
    FilmStore,
    NoSuchObject,
    source_key,
    upload_key,
)
from partyapp.transcode.controllers.disk_threads import DiskThreads
from partyapp.transcode.infrastructure.folder_store import FolderStore
from partyapp.transcode.infrastructure.threaded_store import ThreadedStore
from tests.support.fakes_films import InMemoryFilmStore

#: S3's smallest part, so that few bytes make several.
S3_PART = 5 * 1024 * 1024
UPLOAD, FILM = upload_key("one"), source_key("film")
#: Every place has other bytes, so that none can stand for another.
BYTES = random.Random(1).randbytes(S3_PART * 2 + 12_345)


@pytest.fixture(params=["memory", "folder", "threads"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FilmStore:
    if request.param == "memory":
        return InMemoryFilmStore()
    folder = FolderStore(tmp_path / "films")
    return folder if request.param == "folder" else ThreadedStore(folder, DiskThreads())


def whole(store: FilmStore, key: str) -> bytes:
    return b"".join(store.read(key))


def keys(store: FilmStore, prefix: str) -> list[str]:
    return [found.key for found in store.objects(prefix)]


def grown(store: FilmStore, start: int, end: int) -> int:
    """Write this part of `BYTES` on, flushed at its end."""
    growing = store.grow(UPLOAD, start, FILM)
    for at in range(start, end, PART_BYTES):
        growing.write(BYTES[at : min(at + PART_BYTES, end)])
    size = growing.flush()
    growing.close()
    return size


def test_an_upload_grows_wherever_it_is_cut_and_becomes_the_film(store: FilmStore) -> None:
    cuts = [0, 1, 70_000, S3_PART, S3_PART + 1, len(BYTES)]
    for start, end in pairwise(cuts):
        assert grown(store, start, end) == end
        assert store.size(FILM) is None
    store.finish(UPLOAD, FILM, len(BYTES))
    assert whole(store, FILM) == BYTES
    assert keys(store, "uploads") == []


def test_finishing_again_changes_nothing(store: FilmStore) -> None:
    grown(store, 0, 100)
    store.finish(UPLOAD, FILM, 100)
    store.finish(UPLOAD, FILM, 100)
    assert whole(store, FILM) == BYTES[:100]


def test_an_upload_of_nothing(store: FilmStore) -> None:
    store.finish(UPLOAD, FILM, 0)
    assert store.size(FILM) == 0
    assert whole(store, FILM) == b""


def test_what_was_never_there_is_not_finished(store: FilmStore) -> None:
    with pytest.raises(NoSuchObject):
        store.finish(UPLOAD, FILM, 100)
    assert store.size(FILM) is None


@pytest.mark.parametrize("crash_at", [200, S3_PART - 1, S3_PART + 100, len(BYTES)])
def test_what_came_after_the_acknowledged_offset_is_dropped(store: FilmStore, crash_at: int) -> None:
    """A process that died between the bytes and the row: the offset of the row is gone on from."""
    grown(store, 0, 100)
    lost = store.grow(UPLOAD, 100, FILM)
    lost.write(bytes(crash_at - 100))
    lost.flush()
    assert grown(store, 100, len(BYTES)) == len(BYTES)
    store.finish(UPLOAD, FILM, len(BYTES))
    assert whole(store, FILM) == BYTES


def test_a_checkpoint_never_counts_more_than_was_written_and_can_be_gone_on_from(store: FilmStore) -> None:
    growing = store.grow(UPLOAD, 0, FILM)
    growing.write(BYTES[: S3_PART + 1000])
    counted = growing.checkpoint()
    assert counted <= S3_PART + 1000
    growing.close()
    assert grown(store, counted, len(BYTES)) == len(BYTES)
    store.finish(UPLOAD, FILM, len(BYTES))
    assert whole(store, FILM) == BYTES


def test_no_more_is_gone_on_from_than_is_there(store: FilmStore) -> None:
    grown(store, 0, 100)
    with pytest.raises(NoSuchObject):
        store.grow(UPLOAD, 101, FILM)


def test_an_upload_under_way_is_removed(store: FilmStore) -> None:
    grown(store, 0, S3_PART + 100)
    store.delete(UPLOAD)
    store.delete(FILM)
    assert keys(store, "uploads") == keys(store, "films") == []
    with pytest.raises(NoSuchObject):
        store.grow(UPLOAD, S3_PART + 100, FILM)


def test_a_file_is_put_and_may_go_then(store: FilmStore, tmp_path: Path) -> None:
    for number, data in enumerate((BYTES, b"another")):
        path = tmp_path / f"made-{number}.mp4"
        path.write_bytes(data)
        store.put("films/f/1/a.mp4", path)
        assert path.read_bytes() == data
        path.unlink()
        assert whole(store, "films/f/1/a.mp4") == data
    assert keys(store, "films") == ["films/f/1/a.mp4"]


def test_a_file_is_there_before_it_lasts_and_is_settled_then(store: FilmStore, tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"
    path.write_bytes(BYTES)
    store.put("films/f/1/a.mp4", path, lasting=False)
    assert whole(store, "films/f/1/a.mp4") == BYTES
    path.unlink()
    store.settle("films/f/1/a.mp4")
    store.settle("films/f/1/a.mp4")
    assert whole(store, "films/f/1/a.mp4") == BYTES
    with pytest.raises(NoSuchObject):
        store.settle("films/f/1/b.mp4")


def test_bytes_are_put(store: FilmStore) -> None:
    store.put_bytes("films/f/1/a.vtt", b"WEBVTT")
    store.put_bytes("films/f/1/a.vtt", b"WEBVTT\n")
    assert store.size("films/f/1/a.vtt") == 7
    assert whole(store, "films/f/1/a.vtt") == b"WEBVTT\n"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 0), (0, 1), (7, 8), (PART_BYTES - 1, PART_BYTES + 1), (5, None), (0, 10**9), (10**9, None)],
)
def test_a_range_is_read_in_small_parts(store: FilmStore, start: int, end: int | None) -> None:
    data = BYTES[: PART_BYTES * 2 + 17]
    store.put_bytes(FILM, data)
    parts = list(store.read(FILM, start, end))
    assert b"".join(parts) == data[start:end]
    assert all(0 < len(part) <= PART_BYTES for part in parts)


def test_what_is_not_there(store: FilmStore, tmp_path: Path) -> None:
    assert store.size(FILM) is None
    with pytest.raises(NoSuchObject):
        store.read(FILM)
    with pytest.raises(NoSuchObject):
        store.bring(FILM, tmp_path)
    store.delete(FILM)
    assert keys(store, "films") == []


def test_a_film_is_brought_to_this_machine(store: FilmStore, tmp_path: Path) -> None:
    store.put_bytes(FILM, BYTES[:1000])
    assert store.bring(FILM, tmp_path).read_bytes() == BYTES[:1000]


def test_what_lies_below_a_prefix_and_nothing_beside_it(store: FilmStore) -> None:
    for key in ("films/a/source", "films/a/1/x.mp4", "films/ab/source", "films/a.mp4"):
        store.put_bytes(key, b"123")
    assert sorted(keys(store, "films/a")) == ["films/a/1/x.mp4", "films/a/source"]
    assert keys(store, "films/a/source") == ["films/a/source"]
    assert {found.size for found in store.objects("films")} == {3}
    store.delete("films/a")
    assert sorted(keys(store, "films")) == ["films/a.mp4", "films/ab/source"]
    store.delete("films/ab/source")
    assert keys(store, "films") == ["films/a.mp4"]


@pytest.mark.parametrize(
    "key",
    ["", "/", "..", "films/../../x", "/etc/passwd", "films//x", "films/.x", "a b", "films/", "ä", "a\n"],
)
def test_a_key_leads_nowhere_else(store: FilmStore, key: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    file.write_bytes(b"")
    for use in (
        lambda: store.grow(key, 0, FILM),
        lambda: store.grow(UPLOAD, 0, key),
        lambda: store.put(key, file),
        lambda: store.settle(key),
        lambda: store.put_bytes(key, b""),
        lambda: store.size(key),
        lambda: store.read(key),
        lambda: store.delete(key),
        lambda: list(store.objects(key)),
    ):
        with pytest.raises(ValueError, match="key"):
            use()
