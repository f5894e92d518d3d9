"""A video that still has to be transcoded: the command line puts it in line, a party has to wait for it."""

from __future__ import annotations

import pytest

from tests.e2e.stack import Stack
from tests.support.contract import assert_answer, assert_refused
from tests.support.operator_commands import printed
from tests.support.party_client import Guest, Json, body_of

pytestmark = pytest.mark.stack


def party_videos(stack: Stack, *arguments: str) -> str:
    """What `party videos …` printed, run as an operator or a transcoder runs it."""
    return printed(stack, "videos", *arguments).strip()


@pytest.fixture
def in_line(stack: Stack) -> str:
    """The id of a video whose transcode job is pending."""
    return party_videos(stack, "add", "Raw film", "https://media.example/raw.mp4", "60", "--transcode")


def job_of(guest: Guest, video_id: str) -> Json:
    video = body_of(guest.get(f"/api/videos/{video_id}"), 200)
    assert_answer("showVideo", video)
    return dict(video["transcode_job"])


def test_a_party_waits_for_its_video(stack: Stack, in_line: str, host: Guest) -> None:
    assert job_of(host, in_line)["state"] == "pending"
    body = {"video_id": in_line}
    assert_refused(host.post("/api/parties", body), "video_not_ready")
    party_videos(stack, "transcode", in_line, "--state", "running", "--progress", "0.5")
    assert job_of(host, in_line)["progress"] == 0.5
    assert_refused(host.post("/api/parties", body), "video_not_ready")
    party_videos(stack, "transcode", in_line, "--state", "completed")
    party = body_of(host.post("/api/parties", body), 201)
    assert party["video"]["transcode_job"]["state"] == "completed"


def test_a_video_that_failed_is_not_playable(stack: Stack, in_line: str, host: Guest) -> None:
    party_videos(stack, "transcode", in_line, "--state", "running")
    party_videos(stack, "transcode", in_line, "--state", "failed", "--error", "No audio track")
    job = job_of(host, in_line)
    assert (job["state"], job["error"]) == ("failed", "No audio track")
    assert_refused(host.post("/api/parties", {"video_id": in_line}), "video_not_ready")
