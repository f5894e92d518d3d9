"""What every place of uploads must do, told to the one in memory and to Postgres alike."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.application.upload_ports import UploadPort
from partyapp.transcode.domain.upload import TooManyFilmsOnTheirWay, Upload, UploadQuotaExceeded
from partyapp.transcode.infrastructure.postgres_uploads import PostgresUploads, UploadEntity
from tests.support.fakes_uploads import InMemoryUploads
from tests.support.fresh_database import emptied, fresh_tables

NOW = 1_700_000_000_000
A_TB = 2**40


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, (UploadEntity,)) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def uploads(request: pytest.FixtureRequest) -> UploadPort:
    if request.param == "memory":
        return InMemoryUploads()
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, (UploadEntity,))
    return PostgresUploads(Transactions(engine))


def upload(**changes: Any) -> Upload:
    good = Upload(
        id=new_id(),
        owner_id=new_id(),
        video_id=new_id(),
        filename="Ein Film 🎬.mkv",
        title="Ein Film 🎬",
        length=50 * 2**30,
        offset=0,
        created_at_ms=NOW,
        expires_at_ms=NOW + 1000,
    )
    return replace(good, **changes)


def kept(uploads: UploadPort, **changes: Any) -> Upload:
    given = upload(**changes)
    uploads.add(given, room=A_TB, unfinished=100)
    return given


def test_what_was_added_is_found_as_it_was(uploads: UploadPort) -> None:
    given = kept(uploads)
    assert uploads.get(given.id, NOW) == (given, False)
    assert uploads.get(new_id(), NOW) is None
    assert uploads.known([given.id, new_id()]) == {given.id}
    assert uploads.known([]) == set()


def test_one_writes_at_a_time_until_they_let_go_or_their_time_is_over(uploads: UploadPort) -> None:
    given, first, second = kept(uploads), new_id(), new_id()
    assert uploads.acquire(given.id, first, now_ms=NOW, until_ms=NOW + 10) == given
    assert uploads.get(given.id, NOW + 9) == (given, True)
    assert uploads.acquire(given.id, second, now_ms=NOW + 9, until_ms=NOW + 90) is None
    assert uploads.get(given.id, NOW + 10) == (given, False)
    assert uploads.acquire(given.id, second, now_ms=NOW + 10, until_ms=NOW + 90) == given
    uploads.release(given.id, first)
    assert uploads.get(given.id, NOW + 20) == (given, True)
    uploads.release(given.id, second)
    assert uploads.get(given.id, NOW + 20) == (given, False)


def test_nobody_writes_what_is_not_there(uploads: UploadPort) -> None:
    assert uploads.acquire(new_id(), new_id(), now_ms=NOW, until_ms=NOW + 10) is None
    assert not uploads.advance(upload(), new_id(), until_ms=NOW)


def test_who_was_replaced_moves_nothing_on(uploads: UploadPort) -> None:
    given, first, second = kept(uploads), new_id(), new_id()
    uploads.acquire(given.id, first, now_ms=NOW, until_ms=NOW + 10)
    on = replace(given, offset=2**33, expires_at_ms=NOW + 5000)
    assert uploads.advance(on, first, until_ms=NOW + 20)
    assert uploads.get(given.id, NOW + 19) == (on, True)
    uploads.acquire(given.id, second, now_ms=NOW + 20, until_ms=NOW + 30)
    assert not uploads.advance(replace(on, offset=1), first, until_ms=NOW + 99)
    assert uploads.get(given.id, NOW + 29) == (on, True)


def test_who_is_late_goes_on_while_nobody_else_came(uploads: UploadPort) -> None:
    given, writer = kept(uploads), new_id()
    uploads.acquire(given.id, writer, now_ms=NOW, until_ms=NOW + 10)
    assert uploads.advance(replace(given, offset=7), writer, until_ms=NOW + 2000)


def test_it_is_finished_once(uploads: UploadPort) -> None:
    given = kept(uploads)
    uploads.finished(given.id, NOW + 5)
    uploads.finished(given.id, NOW + 6)
    assert uploads.get(given.id, NOW) == (replace(given, finished_at_ms=NOW + 5), False)


def test_what_was_removed_is_gone(uploads: UploadPort) -> None:
    given = kept(uploads)
    uploads.remove(given.id)
    uploads.remove(given.id)
    assert uploads.get(given.id, NOW) is None


def test_what_is_due(uploads: UploadPort) -> None:
    whole = {"length": 5, "offset": 5}
    old = kept(uploads, expires_at_ms=NOW)
    lost = kept(uploads, expires_at_ms=NOW + 10, **whole)
    kept(uploads, expires_at_ms=NOW + 10)
    done = kept(uploads, expires_at_ms=NOW + 10, **whole)
    uploads.finished(done.id, NOW)
    written = kept(uploads, expires_at_ms=NOW)
    uploads.acquire(written.id, new_id(), now_ms=NOW, until_ms=NOW + 10)
    assert uploads.due(NOW, 10) == [old, lost]
    assert uploads.due(NOW, 1) == [old]
    assert {found.id for found in uploads.due(NOW + 10, 10)} >= {done.id, written.id}


def test_a_persons_unfinished_ones_have_a_bound_in_bytes_and_in_number(uploads: UploadPort) -> None:
    owner = new_id()
    first = upload(owner_id=owner, length=60)
    uploads.add(first, room=100, unfinished=2)
    with pytest.raises(UploadQuotaExceeded):
        uploads.add(upload(owner_id=owner, length=41), room=100, unfinished=2)
    uploads.add(upload(owner_id=owner, length=40), room=100, unfinished=2)
    with pytest.raises(TooManyFilmsOnTheirWay):
        uploads.add(upload(owner_id=owner, length=0), room=100, unfinished=2)
    uploads.add(upload(length=100), room=100, unfinished=2)
    uploads.finished(first.id, NOW)
    uploads.add(upload(owner_id=owner, length=60), room=100, unfinished=2)


def test_many_at_once_get_no_more_than_the_bound(uploads: UploadPort) -> None:
    owner = new_id()

    def add(_: int) -> bool:
        try:
            uploads.add(upload(owner_id=owner, length=30), room=100, unfinished=100)
        except UploadQuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(add, range(16))) == 3
