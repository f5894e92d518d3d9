"""Videos over HTTP, on the catalogue in memory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import MakeAnswer
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import derived_id, new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.transcode.application.transcode_jobs import PrepareVideo
from partyapp.transcode.application.videos import ChangeVideo, RegisterVideo, RemoveVideo, VideoReader
from partyapp.transcode.controllers.videos import VideoHandlers, transcode_blueprint
from partyapp.transcode.domain.job import TranscodeJob
from tests.support.fakes_transcode import InMemoryParties, InMemoryVideos, PlainGrants, RemovedFiles

ADA = Principal(user_id=new_id(), display_name="Ada")

#: An id that stands for nothing; fixed, so that the tests have the same names in every process.
NOBODYS_ID = "01920000-0000-7000-8000-000000000001"
BODY: dict[str, Any] = {"title": "A film", "playback_url": "https://media.example/a.mp4", "duration_s": 61.5}


class Env(IdempotentPost):
    """The catalogue behind HTTP; `effect_id` is what the next POST is known by."""

    def __init__(self) -> None:
        self.videos = InMemoryVideos()
        self.clock = FixedClock()
        self.effect_id: UUID | None = None
        self.parties, self.files = InMemoryParties(), RemovedFiles()
        handlers = VideoHandlers(
            reader=VideoReader(videos=self.videos, parties=self.parties, grants=PlainGrants()),
            register=RegisterVideo(videos=self.videos, clock=self.clock),
            change=ChangeVideo(videos=self.videos, parties=self.parties),
            remove=RemoveVideo(videos=self.videos, parties=self.parties, files=self.files),
            prepare=PrepareVideo(videos=self.videos, clock=self.clock),
        )
        app = Flask(__name__)
        install_problem_json(app)
        app.before_request(lambda: current.set_principal(ADA))
        app.register_blueprint(transcode_blueprint(handlers, self))
        self.client: FlaskClient = app.test_client()

    def respond(
        self, make: MakeAnswer, *, secret: bool = False, anybody: bool = False, content: str | None = None
    ) -> Response:
        """As `IdempotentPost` does."""
        status, body, headers = make(self.effect_id or new_id())
        response = jsonify(body)
        response.status_code = status
        response.headers.update(headers)
        return response

    def posted(self, **changes: Any) -> Any:
        return self.client.post("/api/videos", json={**BODY, **changes})


@pytest.fixture
def env() -> Env:
    return Env()


def test_a_new_video_is_answered_with_its_address(env: Env) -> None:
    answer = env.posted()
    video = answer.get_json()
    assert answer.status_code == 201
    source = {
        "type": "video/mp4",
        "url": BODY["playback_url"],
        "width": None,
        "height": None,
        "bitrate": None,
    }
    assert video == {
        "id": video["id"],
        "transcode_job": None,
        **BODY,
        "owner_id": str(ADA.user_id),
        "kind": "url",
        "state": "playable",
        "ready_until_s": None,
        "sources": [source],
        "subtitles": [],
        "audio_tracks": [],
        "poster_url": None,
        "storyboard_url": None,
        "width": None,
        "height": None,
        "frame_rate": None,
    }
    assert answer.headers["Location"] == f"/api/videos/{video['id']}"
    assert env.client.get(answer.headers["Location"]).get_json() == video


def test_the_owner_is_who_asked(env: Env) -> None:
    video_id = UUID(env.posted().get_json()["id"])
    assert env.videos._videos[video_id].owner_id == ADA.user_id


def test_a_repeated_request_makes_one_video(env: Env) -> None:
    env.effect_id = derived_id("one request")
    first = env.posted().get_json()
    assert first["id"] == str(env.effect_id)
    assert env.posted().get_json() == first
    assert len(env.videos.newest(10)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "  "),
        ("title", "a\x00b"),
        ("title", "x" * 201),
        ("title", 7),
        ("playback_url", "javascript:alert(1)"),
        ("playback_url", ""),
        ("playback_url", 7),
        ("playback_url", None),
        ("duration_s", 0),
        ("duration_s", 0.09),
        ("duration_s", 7 * 24 * 3600 + 1),
        ("duration_s", "61"),
        ("duration_s", True),
        ("duration_s", 10**400),
        ("owner_id", NOBODYS_ID),
        ("transcode_job", None),
    ],
)
def test_videos_refused(env: Env, field: str, value: Any) -> None:
    answer = env.posted(**{field: value})
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "validation_failed"
    assert list(answer.get_json()["errors"]) == [field]
    assert env.videos.newest(1) == []


def test_a_length_that_only_the_file_knows_is_left_out(env: Env) -> None:
    answer = env.client.post("/api/videos", json={name: BODY[name] for name in BODY if name != "duration_s"})
    assert (answer.status_code, answer.get_json()["duration_s"]) == (201, None)
    assert env.videos.newest(1)[0].duration_s is None


@pytest.mark.parametrize("field", ["title", "playback_url"])
def test_every_other_field_is_required(env: Env, field: str) -> None:
    answer = env.client.post("/api/videos", json={name: BODY[name] for name in BODY if name != field})
    assert list(answer.get_json()["errors"]) == [field]


def test_the_list_goes_from_the_newest_on(env: Env) -> None:
    made = []
    for number in range(5):
        env.clock.advance(1)
        made.append(env.posted(title=f"Film {number}").get_json())
    seen: list[Any] = []
    address = "/api/videos?limit=2"
    cursor: str | None = ""
    while cursor is not None:
        answer = env.client.get(address + (f"&cursor={cursor}" if cursor else "")).get_json()
        assert answer.keys() == {"items", "next_cursor"}
        seen.append(answer["items"])
        cursor = answer["next_cursor"]
    assert [len(items) for items in seen] == [2, 2, 1]
    assert [video for items in seen for video in items] == made[::-1]


def test_a_job_is_shown(env: Env) -> None:
    video = env.posted().get_json()
    job_id = new_id()
    env.videos.change_job(UUID(video["id"]), lambda job: TranscodeJob.pending(job_id, UUID(video["id"]), 0))
    shown = env.client.get(f"/api/videos/{video['id']}").get_json()["transcode_job"]
    assert shown == {"id": str(job_id), "state": "pending", "progress": 0.0, "error": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=many", "cursor=nonsense", "cursor=é", "page=2"]
)
def test_bad_queries_are_refused(env: Env, query: str) -> None:
    answer = env.client.get(f"/api/videos?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("video_id", [NOBODYS_ID, "nonsense", f"{{{NOBODYS_ID}}}"])
def test_an_unknown_video_is_not_found(env: Env, video_id: str) -> None:
    answer = env.client.get(f"/api/videos/{video_id}")
    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"
