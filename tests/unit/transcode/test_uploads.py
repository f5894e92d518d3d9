"""What an upload may do and what becomes of it, over HTTP, with everything in memory."""

from __future__ import annotations

import base64
import hashlib
from uuid import uuid4

import pytest

from partyapp.shared.kernel.errors import RateLimited, Refusal, Unavailable
from partyapp.transcode.controllers.uploads import BYTES
from tests.support.upload_env import EVE, UploadEnv, refused

DATA = bytes(range(256)) * 400


@pytest.fixture
def env() -> UploadEnv:
    return UploadEnv()


def test_what_the_server_takes(env: UploadEnv) -> None:
    for path in ("/api/uploads", f"/api/uploads/{uuid4()}"):
        answer = env.client.options(path)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == "1000000"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation", "creation-with-upload", "termination", "checksum", "expiration",
        }  # fmt: skip
        assert {"md5", "sha1", "sha256"} <= set(answer.headers["Tus-Checksum-Algorithm"].split(","))


def test_a_film_in_parts_larger_than_any_json(env: UploadEnv) -> None:
    path = env.begin(len(DATA), filename="A film.mkv")
    first = env.patch(path, 0, DATA[:70_000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "70000")
    assert "Party-Video-Id" not in first.headers
    assert first.headers["Upload-Expires"].endswith("GMT")
    assert env.offset(path) == 70_000
    last = env.patch(path, 70_000, DATA[70_000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(DATA)))
    assert "Upload-Expires" not in last.headers
    assert env.film(last.headers["Party-Video-Id"]) == DATA
    (film,) = env.films.films.values()
    assert (film.owner_id, film.title, film.filename) == (env.who.user_id, "A film", "A film.mkv")
    head = env.ask("HEAD", path)
    assert head.headers["Party-Video-Id"] == last.headers["Party-Video-Id"]
    assert (head.headers["Upload-Length"], head.headers["Cache-Control"]) == (str(len(DATA)), "no-store")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"filename": "C:\\videos\\../../My_holiday.mp4"}, "My holiday"),
        ({"filename": "../../etc/passwd"}, "passwd"),
        ({"filename": ".mp4"}, ".mp4"),
        ({"filename": "x.mp4", "title": " Another \n title "}, "Another title"),
        ({"filename": "\u202egpj.mp4"}, "gpj"),
        ({"title": "x" * 500}, "x" * 200),
        ({"filename": "/"}, "Film"),
        ({}, "Film"),
    ],
)
def test_a_title_is_found(env: UploadEnv, said: dict[str, str], title: str) -> None:
    env.begin(1, **said)
    (row,) = env.rows.rows.values()
    assert row.title.replace("  ", " ") == title
    assert "/" not in row.filename


def test_what_was_said_of_it_is_told_again(env: UploadEnv) -> None:
    path = env.begin(1, filename="a.mkv", title="Ä")
    said = env.ask("HEAD", path).headers["Upload-Metadata"]
    assert (
        said
        == f"filename {base64.b64encode(b'a.mkv').decode()},title {base64.b64encode('Ä'.encode()).decode()}"
    )


@pytest.mark.parametrize("said", ["filename !!", "a b64=,a b64=", " , ", "x" * 9000, "kä YQ=="])
def test_metadata_that_is_none(env: UploadEnv, said: str) -> None:
    refused(
        env.ask("POST", "/api/uploads", Upload_Length=1, Upload_Metadata=said.encode().decode("latin-1")),
        400,
        "bad_request",
    )


@pytest.mark.parametrize("length", ["", "-1", "1.5", "ten", "9" * 30])
def test_a_length_is_needed(env: UploadEnv, length: str) -> None:
    refused(env.ask("POST", "/api/uploads", Upload_Length=length), 400, "bad_request")
    refused(env.ask("POST", "/api/uploads", Upload_Defer_Length=1), 400, "bad_request")


def test_the_first_part_may_come_with_the_beginning(env: UploadEnv) -> None:
    begun = env.ask("POST", "/api/uploads", DATA[:10], Upload_Length=len(DATA), Content_Type=BYTES)
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "10")
    assert env.patch(begun.headers["Location"], 10, DATA[10:]).headers["Party-Video-Id"]
    whole = env.ask("POST", "/api/uploads", DATA, Upload_Length=len(DATA), Content_Type=BYTES)
    assert env.film(whole.headers["Party-Video-Id"]) == DATA
    refused(
        env.ask("POST", "/api/uploads", b"{}", Upload_Length=9, Content_Type="application/json"),
        415,
        "unsupported_media_type",
    )


def test_a_film_of_nothing_is_whole_at_once(env: UploadEnv) -> None:
    begun = env.ask("POST", "/api/uploads", Upload_Length=0)
    assert env.film(begun.headers["Party-Video-Id"]) == b""


def test_another_version_of_tus(env: UploadEnv) -> None:
    path = env.begin(10)
    for method, address in (("POST", "/api/uploads"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        for said in ({"Tus-Resumable": "0.2.2"}, {}):
            answer = env.client.open(address, method=method, headers=said)
            refused(answer, 412, "tus_version")
            assert answer.headers["Tus-Version"] == "1.0.0"
    assert env.offset(path) == 0


def test_another_persons_upload_is_none(env: UploadEnv) -> None:
    path = env.begin(10)
    env.who = EVE
    refused(env.ask("HEAD", path), 404, "not_found")
    refused(env.patch(path, 0, b"x"), 404, "not_found")
    refused(env.ask("DELETE", path), 404, "not_found")
    refused(env.ask("HEAD", f"/api/uploads/{uuid4()}"), 404, "not_found")


@pytest.mark.parametrize("offset", [9, 11])
def test_a_wrong_offset(env: UploadEnv, offset: int) -> None:
    path = env.begin(100)
    env.patch(path, 0, b"x" * 10)
    refused(env.patch(path, offset, b"y"), 409, "upload_offset")
    assert env.offset(path) == 10
    assert env.patch(path, 10, b"y" * 90).headers["Party-Video-Id"]


def test_a_part_that_is_too_long(env: UploadEnv) -> None:
    path = env.begin(10)
    refused(env.patch(path, 0, b"x" * 11), 413, "payload_too_large")
    assert env.offset(path) == 0


def test_a_part_needs_its_type_and_its_place(env: UploadEnv) -> None:
    path = env.begin(10)
    refused(env.ask("PATCH", path, b"x", Upload_Offset=0), 415, "unsupported_media_type")
    refused(env.ask("PATCH", path, b"x", Content_Type=BYTES), 400, "bad_request")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
def test_a_part_is_kept_whole_or_not_at_all_by_its_checksum(env: UploadEnv, algorithm: str) -> None:
    path = env.begin(len(DATA))
    part = DATA[:100_000]
    good = base64.b64encode(hashlib.new(algorithm, part).digest()).decode()
    refused(
        env.patch(path, 0, part[:-1] + b"?", Upload_Checksum=f"{algorithm} {good}"), 460, "checksum_mismatch"
    )
    assert env.offset(path) == 0
    assert env.patch(path, 0, part, Upload_Checksum=f"{algorithm} {good}").status_code == 204
    last = env.patch(path, len(part), DATA[len(part) :])
    assert env.film(last.headers["Party-Video-Id"]) == DATA


@pytest.mark.parametrize("said", ["crc32 AAAA", "sha1 !", "sha1"])
def test_a_checksum_that_is_none(env: UploadEnv, said: str) -> None:
    path = env.begin(10)
    answer = env.patch(path, 0, b"x", Upload_Checksum=said)
    assert answer.status_code in (400, 460)
    assert env.offset(path) == 0


@pytest.mark.parametrize("length", [0, 10])
def test_an_upload_that_begins_with_no_checksum_is_not_begun(env: UploadEnv, length: int) -> None:
    answer = env.ask("POST", "/api/uploads", Upload_Length=length, Upload_Checksum="crc32 AAAA")
    refused(answer, 400, "bad_request")
    assert not env.rows.rows


def test_more_than_an_upload_or_a_person_may_have(env: UploadEnv) -> None:
    refused(env.ask("POST", "/api/uploads", Upload_Length=1_000_001), 413, "payload_too_large")
    for _ in range(2):
        env.begin(1_000_000)
    env.films.owned[env.who.user_id] = 500_001
    refused(env.ask("POST", "/api/uploads", Upload_Length=500_000), 409, "quota_exceeded")
    env.begin(499_999)
    env.who = EVE
    env.begin(1_000_000)


def test_unfinished_uploads_have_a_number(env: UploadEnv) -> None:
    for _ in range(5):
        env.begin(1)
    refused(env.ask("POST", "/api/uploads", Upload_Length=1), 409, "quota_exceeded")


def test_what_has_arrived_counts_until_it_is_prepared(env: UploadEnv) -> None:
    for _ in range(5):
        path = env.begin(1)
        assert env.patch(path, 0, b"x").headers["Party-Video-Id"]
    refused(env.ask("POST", "/api/uploads", Upload_Length=1), 409, "quota_exceeded")
    env.films.prepared.add(next(iter(env.films.films)))
    env.begin(1)


def test_a_full_disk_keeps_what_has_arrived() -> None:
    env = UploadEnv(room=100_000)
    refused(env.ask("POST", "/api/uploads", Upload_Length=100_001), 507, "storage_full")
    path = env.begin(100_000)
    assert env.patch(path, 0, b"x" * 70_000).status_code == 204
    env.store.room = 90_000
    refused(env.patch(path, 70_000, b"y" * 30_000), 507, "storage_full")
    assert env.offset(path) >= 70_000
    env.store.room = None
    offset = env.offset(path)
    assert env.patch(path, offset, b"y" * (100_000 - offset)).headers["Party-Video-Id"]


@pytest.mark.parametrize("refusal", [RateLimited(), Unavailable(), Refusal("broken")])
def test_what_is_not_ready_lets_a_client_try_again(env: UploadEnv, refusal: Refusal) -> None:
    path = env.begin(10)
    env.refusal = refusal
    refused(env.ask("HEAD", path), 423, "upload_locked")
    answer = env.patch(path, 0, b"x")
    assert answer.status_code in (500, 503)
    assert answer.status_code == 500 or answer.headers["Retry-After"]
    env.refusal = None
    assert env.offset(path) == 0


def test_the_method_may_be_named_in_a_header(env: UploadEnv) -> None:
    path = env.begin(10)
    part = {"Upload_Offset": 0, "Content_Type": BYTES}
    done = env.ask("POST", path, b"x" * 10, X_HTTP_Method_Override="PATCH", **part)
    assert done.headers["Party-Video-Id"]
    assert env.ask("POST", path, X_HTTP_Method_Override="HEAD").headers["Upload-Offset"] == "10"
    refused(env.ask("POST", path, X_HTTP_Method_Override="GET"), 405, "method_not_allowed")
    assert env.ask("POST", path, X_HTTP_Method_Override="DELETE").status_code == 204
