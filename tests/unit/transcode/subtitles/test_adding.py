"""Subtitles that an owner adds to a film and takes away: over HTTP, on a catalogue and a store in memory."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, jsonify

from partyapp.commands.controllers import IdempotentPost, request_fingerprint
from partyapp.commands.idempotency import MakeAnswer
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.schemas import MAX_BODY_BYTES
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.transcode.application.subtitles import AddSubtitles, RemoveSubtitles
from partyapp.transcode.application.videos import VideoReader
from partyapp.transcode.controllers.subtitles import SubtitleHandlers, subtitles_blueprint
from partyapp.transcode.domain.film import FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.subtitles import MAX_ADDED, MAX_SUBTITLE_BYTES, with_added
from partyapp.transcode.domain.video import Video, VideoKind
from partyapp.transcode.infrastructure.subtitles import to_webvtt
from tests.support.fakes_films import InMemoryFilmStore
from tests.support.fakes_transcode import InMemoryParties, InMemoryVideos, PlainGrants

ADA = Principal(user_id=new_id(), display_name="Ada")
EVE = Principal(user_id=new_id(), display_name="Eve")
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nGr\xfc\xdfe\n"
EMBEDDED = SubtitleTrack(id="subtitles-2", language="en", label="English", file="7/subtitles-2.vtt")


class Env(IdempotentPost):
    """The addresses; `asking` is who asks, `marks` what each request's key would stand for."""

    def __init__(self, *, store: InMemoryFilmStore | None = None) -> None:
        self.videos, self.parties = InMemoryVideos(), InMemoryParties()
        self.store = store or InMemoryFilmStore()
        self.asking, self.marks = ADA, list[str]()
        self.effect_id: UUID | None = None
        handlers = SubtitleHandlers(
            reader=VideoReader(videos=self.videos, parties=self.parties, grants=PlainGrants()),
            add=AddSubtitles(videos=self.videos, parties=self.parties, store=self.store, convert=to_webvtt),
            remove=RemoveSubtitles(videos=self.videos, parties=self.parties, store=self.store),
        )
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
        install_problem_json(app)
        app.before_request(lambda: current.set_principal(self.asking))
        app.register_blueprint(subtitles_blueprint(handlers, self))
        self.client = app.test_client()

    def respond(
        self, make: MakeAnswer, *, secret: bool = False, anybody: bool = False, content: str | None = None
    ) -> Response:
        """As `IdempotentPost` does."""
        self.marks.append(request_fingerprint(content))
        status, body, headers = make(self.effect_id or new_id())
        response = jsonify(body)
        response.status_code = status
        response.headers.update(headers)
        return response

    def film(self, **changes: Any) -> Video:
        film = PreparedFilm(
            duration_s=60.0,
            width=640,
            height=360,
            frame_rate=25.0,
            sources=(FilmSource(file="", type="video/mp4", width=640, height=360, bitrate=1),),
            subtitles=(EMBEDDED,),
        )
        given = {
            "kind": VideoKind.UPLOAD,
            "film": film,
            "owner_id": ADA.user_id,
            "playback_url": "",
            **changes,
        }
        video = Video(id=new_id(), title="A film", duration_s=60.0, created_at_ms=0, **given)
        assert self.videos.add(video)
        return video

    def add(self, video: Video, raw: Any = SRT, name: Any = "Film.de.srt", **form: str) -> Any:
        data = {"file": (io.BytesIO(raw), name), **form}
        return self.client.post(f"/api/videos/{video.id}/subtitles", data=data)

    def shown(self, video: Video) -> list[tuple[str, str | None, str]]:
        view = self.videos.get(video.id)
        assert view is not None
        assert view.video.film is not None
        return [(track.id, track.language, track.label) for track in view.video.film.subtitles]


@pytest.fixture
def env() -> Env:
    return Env()


def test_a_file_is_kept_as_webvtt_and_shown_with_the_film(env: Env) -> None:
    video = env.film()
    answer = env.add(video)
    assert answer.status_code == 201
    added = answer.get_json()
    subtitles_id = added["id"]
    assert added == {
        "id": subtitles_id,
        "language": "de",
        "label": "Deutsch",
        "url": f"/media/person-{ADA.user_id}/{video.id}/subtitles/{subtitles_id}.vtt",
        "default": False,
        "cues": 1,
        "dropped": [],
        "mended": [],
    }
    (kept,) = env.store.objects(f"films/{video.id}")
    assert kept.key == f"films/{video.id}/subtitles/{subtitles_id}.vtt"
    text = b"".join(env.store.read(kept.key)).decode()
    assert text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGrüße\n"
    assert [track for track, _, _ in env.shown(video)] == ["subtitles-2", subtitles_id]
    assert [view.id for view in env.parties.told] == [video.id]


@pytest.mark.parametrize(
    ("name", "form", "language", "label"),
    [
        ("The.Italian.Job.srt", {}, None, "Subtitles"),
        ("The.Italian.Job.pt-BR.forced.srt", {}, "pt-BR", "Português (Brasil) (forced)"),
        ("x.srt", {"language": "ger"}, "de", "Deutsch"),
        ("x.srt", {"language": "Deutsch", "label": " Kommentar "}, "de", "Kommentar"),
        ("x.en.srt", {"language": "", "label": ""}, "en", "English"),
        ("x.srt", {"language": "tlh"}, "tlh", "Subtitles"),
    ],
)
def test_language_and_label_are_said_or_in_the_name(
    env: Env, name: str, form: dict[str, str], language: str | None, label: str
) -> None:
    added = env.add(env.film(), name=name, **form).get_json()
    assert (added["language"], added["label"]) == (language, label)


def test_a_video_by_its_address_can_have_subtitles_too(env: Env) -> None:
    video = env.film(kind=VideoKind.URL, film=None, playback_url="/media/sample.mp4")
    assert env.add(video).status_code == 201
    view = env.videos.get(video.id)
    assert view is not None
    shown = view.to_json("grant")
    assert (shown["playback_url"], shown["width"], len(shown["subtitles"])) == ("/media/sample.mp4", None, 1)


def test_what_cant_be_read_is_refused_with_the_line(env: Env) -> None:
    video = env.film()
    answer = env.add(video, b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:xx,000 --> 00:00:04,000\ny\n")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")
    assert answer.get_json()["errors"] == {"file": ["Line 6: The times can't be read."]}
    assert (len(env.shown(video)), list(env.store.objects("films"))) == (1, [])


def test_what_was_left_out_and_mended_is_told(env: Env) -> None:
    srt = b"1\n00:00:02,000 --> 00:00:01,000\nx\n\n2\n00:00:03,000 --> 00:00:04,000\n\n"
    added = env.add(env.film(), srt).get_json()
    assert (added["cues"], [one["line"] for one in added["dropped"]]) == (1, [6])
    assert [one["line"] for one in added["mended"]] == [2]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"language": "no such language"}, "language"),
        ({"label": "x" * 101}, "label"),
        ({"more": "x"}, "more"),
    ],
)
def test_other_fields_are_checked(env: Env, form: dict[str, str], field: str) -> None:
    answer = env.add(env.film(), **form)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_a_form_with_a_file_of_bounded_size_is_needed(env: Env) -> None:
    path = f"/api/videos/{env.film().id}/subtitles"
    assert env.client.post(path, json={}).status_code == 415
    assert (
        env.client.post(path, data={"language": "de"}, content_type="multipart/form-data").status_code == 422
    )
    text = env.client.post(path, data={"file": "x"}, content_type="multipart/form-data")
    assert text.get_json()["errors"] == {"file": ["Must be a file."]}
    assert env.add(env.film(), b"x" * (MAX_SUBTITLE_BYTES + 20_000)).status_code == 413
    large = b"".join(b"%d\n00:00:01,000 --> 00:00:02,000\nx\n\n" % number for number in range(2_000))
    assert env.add(env.film(), large).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 404), ({"kind": VideoKind.LIBRARY, "owner_id": None}, 403), ({"kind": VideoKind.URL}, 403)],
)
def test_only_its_owner_may_add_and_remove(env: Env, changes: dict[str, Any], status: int) -> None:
    video = env.film(**changes)
    env.asking = EVE
    assert env.add(video).status_code == status
    assert env.client.delete(f"/api/videos/{video.id}/subtitles/{new_id()}").status_code == status
    assert (
        env.client.post(
            f"/api/videos/{new_id()}/subtitles", data={"file": (io.BytesIO(SRT), "x.srt")}
        ).status_code
        == 404
    )
    assert list(env.store.objects("films")) == []


def test_removed_ones_are_gone_from_film_and_store(env: Env) -> None:
    video = env.film()
    path = f"/api/videos/{video.id}/subtitles/{env.add(video).get_json()['id']}"
    assert env.client.delete(path).status_code == 204
    assert (len(env.shown(video)), list(env.store.objects("films"))) == (1, [])
    assert env.client.delete(path).status_code == 404
    assert env.client.delete(f"/api/videos/{video.id}/subtitles/{EMBEDDED.id}").status_code == 404


def test_the_same_request_again_adds_nothing(env: Env) -> None:
    video = env.film()
    env.effect_id = new_id()
    assert [env.add(video).status_code for _ in range(2)] == [201, 201]
    assert len(env.shown(video)) == 2
    # The lines between the parts of the two forms differ.
    assert env.marks[0] == env.marks[1]
    assert env.add(video, SRT + b"\n").status_code == 201
    assert env.add(video, label="Another").status_code == 201
    assert len(set(env.marks)) == 3


def test_there_is_an_end_to_how_many(env: Env) -> None:
    video = env.film()
    assert [env.add(video).status_code for _ in range(MAX_ADDED + 1)] == [*[201] * MAX_ADDED, 409]


def test_a_full_store_changes_nothing() -> None:
    env = Env(store=InMemoryFilmStore(room=10))
    video = env.film()
    assert env.add(video).status_code >= 500
    assert len(env.shown(video)) == 1


def test_what_was_added_outlives_another_preparation(env: Env) -> None:
    video = env.film()
    added = env.add(video).get_json()["id"]
    view = env.videos.get(video.id)
    assert view is not None
    assert video.film is not None
    again = with_added(video.film, view.video.film)
    assert [track.id for track in again.subtitles] == [EMBEDDED.id, added]
    assert with_added(video.film, None) == video.film
