"""What only an S3 store can do wrong, told by what it answers, and what it is asked for."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.transcode.application.film_store import NoSuchObject, StorageFull
from partyapp.transcode.infrastructure.s3_errors import refusals
from partyapp.transcode.infrastructure.s3_growing import Tail
from partyapp.transcode.infrastructure.s3_store import (
    MAX_PARTS,
    MULTIPART_BYTES,
    S3Store,
    multipart_bytes,
    s3_client,
)
from tests.support.s3_server import CREDENTIALS


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("NoSuchKey", 404, NoSuchObject),
        ("404", 404, NoSuchObject),
        ("XMinioStorageFull", 507, StorageFull),
        ("SlowDown", 503, Unavailable),
        ("AccessDenied", 403, Unavailable),
        ("NoSuchBucket", 404, Unavailable),
    ],
)
def test_what_a_store_answers(code: str, status: int, kind: type[Refusal]) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(kind), refusals():
        raise ClientError(answer, "GetObject")


def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable), refusals():
        raise EndpointConnectionError(endpoint_url="http://secret.example")


def test_parts_are_large_enough_for_the_largest_upload() -> None:
    assert multipart_bytes(1) == MULTIPART_BYTES
    largest = 200 * 1024**3
    assert multipart_bytes(largest) * MAX_PARTS >= largest


def test_a_presigned_address_says_its_end_and_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    store = S3Store(s3_client("http://s3.example:9000"), "films", "party/")
    address = store.url("films/a/source", expires_s=600, content_type="video/mp4")
    assert address is not None
    url = urlsplit(address)
    query = parse_qs(url.query)
    assert (url.netloc, url.path) == ("s3.example:9000", "/films/party/films/a/source")
    assert query["X-Amz-Expires"] == ["600"]
    assert query["response-content-type"] == ["video/mp4"]
    assert "X-Amz-Signature" in query


def test_browsers_are_sent_to_where_they_reach_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    public = s3_client("https://films.example")
    store = S3Store(s3_client("http://minio:9000"), "films", public=public)
    address = store.url("films/a/source", expires_s=600, content_type="video/mp4")
    assert address is not None
    assert address.startswith("https://films.example/films/films/a/source?")


def test_a_tail_is_read_whatever_case_its_store_writes_names_in() -> None:
    tail = Tail(data=b"ab", multipart="id", parts=2, starts=16)
    for written in (str.lower, str.title):
        kept = {written(name): value for name, value in tail.metadata.items()}
        assert Tail.read(kept, b"ab") == tail


def test_nothing_is_deleted_under_a_name_that_only_others_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    client = s3_client("http://s3.example:9000")
    store = S3Store(client, "films")
    with Stubber(client) as answers:
        answers.add_response("list_multipart_uploads", {})
        answers.add_client_error("head_object", "404", http_status_code=404)
        answers.add_response("list_objects_v2", {"Contents": [{"Key": "films/a/source", "Size": 1}]})
        answers.add_response("delete_objects", {})
        store.delete("films/a")
        answers.assert_no_pending_responses()
