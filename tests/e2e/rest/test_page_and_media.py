"""The page's own addresses, and the sample video in parts, as players ask for it."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.e2e.conftest import Service

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/p/7bd3fde8-e611-4513-9e0f-221346e2fd29",
        "/p/7bd3fde8-e611-4513-9e0f-221346e2fd29?invite=abc&name=Ada",
    ],
)
def test_the_page_is_html(service: Service, path: str) -> None:
    response = service.http.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<html" in response.text.lower()


def test_the_page_keeps_its_address_to_itself(service: Service) -> None:
    # The address holds the invite: it must not reach other sites as a referrer.
    policy = service.http.get(f"/p/{uuid.uuid4()}?invite=abc").headers["Referrer-Policy"]
    assert policy in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")


def test_the_page_of_no_uuid_is_none(service: Service) -> None:
    assert service.http.get("/p/nonsense").status_code == 404


def test_the_page_cannot_be_left_for_other_files(service: Service) -> None:
    for path in ("/static/%2e%2e/app.py", "/media/%2e%2e/%2e%2e/app.py", "/media/..%2f..%2fapp.py"):
        assert service.http.get(path).status_code == 404


def sample(service: Service, asked: str | None = None) -> httpx.Response:
    return service.http.get("/media/sample.mp4", headers={} if asked is None else {"Range": asked})


def test_the_sample_is_a_video(service: Service) -> None:
    response = sample(service)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, -1), ("bytes=-50", -50, -1), ("bytes=0-99999999999", 0, -1)],
)
def test_a_part_of_the_sample(service: Service, asked: str, first: int, last: int) -> None:
    whole = sample(service).content
    first, last = first % len(whole), last % len(whole)
    response = sample(service, asked)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert response.content == whole[first : last + 1]


def test_a_part_behind_the_end_cannot_be_had(service: Service) -> None:
    size = len(sample(service).content)
    response = sample(service, f"bytes={size}-")
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"


def test_a_range_that_makes_no_sense_is_ignored_or_refused(service: Service) -> None:
    assert sample(service, "bytes=9-1").status_code in (200, 416)
    assert sample(service, "lines=1-2").status_code in (200, 416)
