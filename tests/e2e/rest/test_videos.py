"""Videos: adding, reading and listing what can be watched."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Service
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, body_of

pytestmark = pytest.mark.stack


def body(**changes: Any) -> Json:
    given = {"title": "A film", "playback_url": "https://media.example/film.mp4", "duration_s": 61.5}
    return {**given, **changes}


def test_a_new_video_is_answered_with_its_address(host: Guest) -> None:
    response = host.post("/api/videos", body())
    video = body_of(response, 201)
    assert_answer("registerVideo", video)
    assert {name: video[name] for name in body()} == body()
    assert video["transcode_job"] is None
    assert response.headers["Location"].endswith(f"/api/videos/{video['id']}")
    assert body_of(host.get(response.headers["Location"]), 200) == video


@pytest.mark.parametrize("given", [{"duration_s": None}, {}], ids=["null", "left out"])
def test_a_length_that_nobody_knows_is_null(host: Guest, given: Json) -> None:
    known = body()
    del known["duration_s"]
    assert body_of(host.post("/api/videos", known | given), 201)["duration_s"] is None


def test_an_unknown_video_is_not_found(host: Guest) -> None:
    assert_refused(host.get(f"/api/videos/{uuid.uuid4()}"), "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "a\x00b"),
        ("title", 7),
        ("title", "x" * 5000),
        ("playback_url", ""),
        ("playback_url", "not an address"),
        ("playback_url", "javascript:alert(1)"),
        ("playback_url", "file:///etc/passwd"),
        ("playback_url", None),
        ("duration_s", 0),
        ("duration_s", -1),
        ("duration_s", "long"),
        ("duration_s", True),
        ("surprise", 1),
        ("transcode_job", None),
    ],
)
def test_videos_refused(host: Guest, field: str, value: Any) -> None:
    problem = assert_refused(host.post("/api/videos", body(**{field: value})), "validation_failed")
    assert list(problem["errors"]) == [field]


@pytest.mark.parametrize("field", ["title", "playback_url"])
def test_every_field_of_a_video_but_its_length_is_required(host: Guest, field: str) -> None:
    given = body()
    del given[field]
    problem = assert_refused(host.post("/api/videos", given), "validation_failed")
    assert list(problem["errors"]) == [field]


def test_the_list_holds_what_was_added_and_ends(host: Guest, service: Service) -> None:
    added = {host.create_video(f"Film {number}")["id"] for number in range(3)}
    seen: list[str] = []
    params: Json = {"limit": 100}
    while True:
        page = body_of(host.get("/api/videos", params=params), 200)
        assert_answer("listVideos", page)
        seen += [video["id"] for video in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen))
    assert added <= set(seen)
    # What somebody else has registered is not for everybody.
    assert service.video["id"] not in seen


def test_a_page_is_as_long_as_asked_for_and_the_next_begins_behind_it(host: Guest) -> None:
    host.create_video(), host.create_video(), host.create_video()
    both = body_of(host.get("/api/videos", params={"limit": 2}), 200)
    one = body_of(host.get("/api/videos", params={"limit": 1}), 200)
    two = body_of(host.get("/api/videos", params={"limit": 1, "cursor": one["next_cursor"]}), 200)
    assert len(one["items"]) == len(two["items"]) == 1
    assert one["items"] + two["items"] == both["items"]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"cursor": "nonsense"}])
def test_bad_pages_of_videos_are_refused(host: Guest, params: Json) -> None:
    problem = assert_refused(host.get("/api/videos", params=params), "validation_failed")
    assert list(problem["errors"]) == list(params)
