"""Who writes an upload, what is kept of it whatever happens, and when a film is made of it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.transcode.application.uploads import LEASE_MS
from tests.support.upload_env import TTL_MS, UploadEnv, refused


@pytest.fixture
def env() -> UploadEnv:
    return UploadEnv()


def test_one_connection_writes_and_a_dead_one_is_waited_for_not_for_long(env: UploadEnv) -> None:
    path = env.begin(100)
    upload_id = UUID(path.rpartition("/")[2])
    dead = env.uploads.write(env.who.user_id, upload_id, 0)
    dead.write(b"x" * 10)
    refused(env.ask("HEAD", path), 423, "upload_locked")
    answer = env.patch(path, 0, b"y")
    refused(answer, 423, "upload_locked")
    assert answer.headers["Retry-After"] == "1"
    env.clock.advance(LEASE_MS)
    assert env.offset(path) == 0
    assert env.patch(path, 0, b"y" * 50).headers["Upload-Offset"] == "50"
    with pytest.raises(Refusal), dead:
        dead.write(b"x" * 10)
        dead.end()
    assert env.offset(path) == 50


def test_who_went_on_elsewhere_meanwhile_writes_no_more(env: UploadEnv) -> None:
    """It was stopped for longer than its lease, and another has taken over."""
    path = env.begin(100)
    upload_id = UUID(path.rpartition("/")[2])
    late = env.uploads.write(env.who.user_id, upload_id, 0)
    env.clock.advance(LEASE_MS)
    with env.uploads.write(env.who.user_id, upload_id, 0) as current:
        with pytest.raises(Refusal), late:
            late.write(b"x")
        current.write(b"y" * 100)
        video_id = str(current.end().video_id)
    assert env.film(video_id) == b"y" * 100


def test_a_cut_keeps_what_came(env: UploadEnv) -> None:
    path = env.begin(100)
    upload_id = UUID(path.rpartition("/")[2])
    with pytest.raises(Unavailable), env.uploads.write(env.who.user_id, upload_id, 0) as writer:
        writer.write(b"x" * 40)
        raise Unavailable()
    assert env.offset(path) == 40


def test_a_part_that_was_cut_with_a_checksum_is_not_kept(env: UploadEnv) -> None:
    path = env.begin(100)
    upload_id = UUID(path.rpartition("/")[2])
    with pytest.raises(Unavailable), env.uploads.write(env.who.user_id, upload_id, 0) as writer:
        writer.keeps = False
        writer.write(b"x" * 40)
        raise Unavailable()
    assert env.offset(path) == 0


def test_what_arrives_slowly_is_kept_meanwhile(env: UploadEnv) -> None:
    path = env.begin(100)
    upload_id = UUID(path.rpartition("/")[2])
    writer = env.uploads.write(env.who.user_id, upload_id, 0)
    for _ in range(10):
        writer.write(b"x")
        env.clock.advance(LEASE_MS * 0.6)
    env.clock.advance(LEASE_MS)
    assert env.rows.rows[upload_id].offset >= 0
    refused(env.patch(path, 99, b"y"), 409, "upload_offset")


@pytest.mark.parametrize("dies_in", ["store", "films", "row"])
@pytest.mark.parametrize("then", ["HEAD", "PATCH", "beat"])
def test_a_film_is_made_once_whatever_dies(
    env: UploadEnv, dies_in: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = env.begin(10)
    at, name = {
        "store": (env.store, "finish"),
        "films": (env.films, "finish"),
        "row": (env.rows, "finished"),
    }[dies_in]
    with monkeypatch.context() as patched:

        def die(*_arguments: object, **_options: object) -> None:
            raise Unavailable()

        patched.setattr(at, name, die)
        refused(env.patch(path, 0, b"x" * 10), 503, "unavailable")
        refused(env.ask("HEAD", path), 423, "upload_locked")
    if then == "HEAD":
        assert env.ask("HEAD", path).headers["Party-Video-Id"]
    elif then == "PATCH":
        assert env.patch(path, 10, b"").headers["Party-Video-Id"]
    else:
        assert env.uploads.look_after(env.clock.now_ms()) == 1
    video_id = env.ask("HEAD", path).headers["Party-Video-Id"]
    assert list(env.films.films) == [UUID(video_id)]
    assert env.film(video_id) == b"x" * 10


def test_an_upload_is_given_up(env: UploadEnv) -> None:
    path = env.begin(10)
    env.patch(path, 0, b"x" * 5)
    assert env.ask("DELETE", path).status_code == 204
    refused(env.ask("HEAD", path), 404, "not_found")
    assert list(env.store.objects("uploads")) == []


def test_a_film_outlives_its_upload(env: UploadEnv) -> None:
    path = env.begin(10)
    video_id = env.patch(path, 0, b"x" * 10).headers["Party-Video-Id"]
    assert env.ask("DELETE", path).status_code == 204
    assert env.film(video_id) == b"x" * 10


def test_who_writes_what_was_given_up_is_stopped(env: UploadEnv) -> None:
    path = env.begin(10)
    writer = env.uploads.write(env.who.user_id, UUID(path.rpartition("/")[2]), 0)
    assert env.ask("DELETE", path).status_code == 204
    with pytest.raises(Refusal), writer:
        writer.write(b"x" * 10)
        writer.end()
    assert env.films.films == {}


def test_what_nobody_goes_on_with_is_removed(env: UploadEnv) -> None:
    old, fresh = env.begin(10), env.begin(10)
    for path in (old, fresh):
        env.patch(path, 0, b"x" * 5)
    env.clock.advance(TTL_MS - 1)
    assert env.offset(old) == 5
    env.patch(fresh, 5, b"x")
    env.clock.advance(1)
    refused(env.ask("HEAD", old), 404, "not_found")
    env.store.put_bytes(f"uploads/{uuid4()}", b"left by a crash")
    env.store.put_bytes("uploads/no-id", b"left by somebody")
    env.uploads.remove_expired(env.clock.now_ms())
    assert [found.key for found in env.store.objects("uploads")] == [path[5:] for path in (fresh,)]
    assert env.offset(fresh) == 6


def test_what_is_not_there_any_more_begins_anew(env: UploadEnv) -> None:
    path = env.begin(10)
    env.patch(path, 0, b"x" * 5)
    env.store.delete("uploads")
    refused(env.patch(path, 5, b"x" * 5), 404, "not_found")
    refused(env.ask("HEAD", path), 404, "not_found")
