"""Who sees which videos, and who may change and remove one: over HTTP, on the catalogue in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import Video, VideoKind
from tests.unit.transcode.test_controllers import ADA, Env

BEN = new_id()


@pytest.fixture
def env() -> Env:
    return Env()


def kept(env: Env, job: JobState | None = None, **changes: Any) -> Video:
    video = Video(
        id=new_id(),
        title="A film",
        duration_s=60.0,
        playback_url="https://media.example/a.mp4",
        owner_id=ADA.user_id,
        created_at_ms=len(env.videos._videos) + 1,
    )
    video = replace(video, **changes)
    if video.kind in (VideoKind.UPLOAD, VideoKind.LIBRARY):
        video = replace(video, playback_url="")
    made = None if job is None else replace(TranscodeJob.pending(new_id(), video.id, 1.0), state=job)
    env.videos.add(video, made)
    return video


def listed(env: Env, query: str = "") -> list[str]:
    return [video["title"] for video in env.client.get(f"/api/videos{query}").get_json()["items"]]


def test_the_list_has_what_somebody_may_watch(env: Env) -> None:
    kept(env, title="sample", owner_id=None, kind=VideoKind.SAMPLE)
    kept(env, title="library", owner_id=None, kind=VideoKind.LIBRARY)
    kept(env, title="own upload", kind=VideoKind.UPLOAD)
    kept(env, title="own address")
    kept(env, title="their address", owner_id=BEN)
    kept(env, title="their upload", owner_id=BEN, kind=VideoKind.UPLOAD)
    shown = kept(env, title="their shown upload", owner_id=BEN, kind=VideoKind.UPLOAD)
    env.parties.watching[ADA.user_id] = {shown.id}
    expected = ["their shown upload", "own address", "own upload", "library", "sample"]
    assert listed(env) == expected
    assert listed(env, "?kind=upload") == ["their shown upload", "own upload"]
    assert listed(env, "?kind=library") == ["library"]
    assert listed(env, "?q=IBRar") == ["library"]
    first = env.client.get("/api/videos?limit=2").get_json()
    assert [video["title"] for video in first["items"]] == expected[:2]
    assert listed(env, f"?limit=3&cursor={first['next_cursor']}") == expected[2:]


@pytest.mark.parametrize("query", ["?kind=film", "?q=", "?q=%00", "?kind="])
def test_a_query_that_says_nothing_is_refused(env: Env, query: str) -> None:
    assert env.client.get(f"/api/videos{query}").status_code == 422


def test_an_uploaded_film_is_its_owners_and_their_parties(env: Env) -> None:
    theirs = kept(env, owner_id=BEN, kind=VideoKind.UPLOAD)
    address = f"/api/videos/{theirs.id}"
    assert env.client.get(address).status_code == 404
    assert env.client.patch(address, json={"title": "Mine"}).status_code == 404
    assert env.client.delete(address).status_code == 404
    assert env.client.post(f"{address}/prepare").status_code == 404
    env.parties.watching[ADA.user_id] = {theirs.id}
    shown = env.client.get(address)
    assert shown.status_code == 200
    assert shown.get_json()["owner_id"] == str(BEN)
    assert env.videos.get(theirs.id) is not None


def test_an_address_is_for_everybody_who_has_its_id_but_its_owners_to_change(env: Env) -> None:
    theirs = kept(env, owner_id=BEN)
    address = f"/api/videos/{theirs.id}"
    assert env.client.get(address).status_code == 200
    assert env.client.patch(address, json={"title": "Mine"}).status_code == 403
    assert env.client.delete(address).status_code == 403
    assert env.client.post(f"{address}/prepare").status_code == 403
    found = env.videos.get(theirs.id)
    assert found is not None
    assert found.title == "A film"


def test_its_owner_changes_a_title_and_its_parties_are_told(env: Env) -> None:
    video = kept(env)
    answer = env.client.patch(f"/api/videos/{video.id}", json={"title": " Another ", "duration_s": None})
    assert (answer.status_code, answer.get_json()["title"]) == (200, "Another")
    assert answer.get_json()["duration_s"] is None
    assert [view.title for view in env.parties.told] == ["Another"]
    assert env.client.patch(f"/api/videos/{video.id}", json={"title": "Another"}).status_code == 200
    assert env.client.patch(f"/api/videos/{video.id}").status_code == 200
    assert len(env.parties.told) == 1


@pytest.mark.parametrize("kind", [VideoKind.UPLOAD, VideoKind.LIBRARY])
def test_the_length_of_a_film_of_ours_is_its_own(env: Env, kind: VideoKind) -> None:
    video = kept(env, kind=kind)
    answer = env.client.patch(f"/api/videos/{video.id}", json={"duration_s": 9.0, "title": "Another"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["duration_s"])
    found = env.videos.get(video.id)
    assert found is not None
    assert (found.title, found.duration_s) == ("A film", 60.0)


@pytest.mark.parametrize("body", [{"title": ""}, {"title": None}, {"duration_s": 0}, {"kind": "sample"}])
def test_bad_changes_change_nothing(env: Env, body: dict[str, Any]) -> None:
    video = kept(env)
    assert env.client.patch(f"/api/videos/{video.id}", json=body).status_code == 422
    assert env.parties.told == []


def test_a_video_that_is_shown_stays(env: Env) -> None:
    video = kept(env)
    env.parties.watching[BEN] = {video.id}
    refused = env.client.delete(f"/api/videos/{video.id}")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "video_in_use")
    env.parties.watching.clear()
    assert env.client.delete(f"/api/videos/{video.id}").status_code == 204
    assert env.files == [video.id]
    assert env.client.get(f"/api/videos/{video.id}").status_code == 404
    assert env.client.delete(f"/api/videos/{video.id}").status_code == 404


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        (None, 200, None),
        (JobState.COMPLETED, 200, "completed"),
        (JobState.FAILED, 202, "pending"),
        (JobState.PENDING, 202, "pending"),
        (JobState.RUNNING, 202, "running"),
    ],
)
def test_a_failed_job_is_tried_again(
    env: Env, before: JobState | None, status: int, after: str | None
) -> None:
    video = kept(env, before)
    answer = env.client.post(f"/api/videos/{video.id}/prepare", json={})
    job = answer.get_json()["transcode_job"]
    assert (answer.status_code, job and job["state"]) == (status, after)


def test_anybody_may_have_a_film_of_the_library_prepared(env: Env) -> None:
    video = kept(env, JobState.FAILED, kind=VideoKind.LIBRARY, owner_id=None)
    assert env.client.post(f"/api/videos/{video.id}/prepare").status_code == 202
