"""Subtitles of one's own on the running service: sent as SRT, shown to a party as WebVTT, taken away."""

from __future__ import annotations

import uuid

import pytest

from tests.e2e.conftest import Service, SignIn
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import body_of

pytestmark = pytest.mark.stack

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nSchöne Grüße <3\r\n".encode("cp1252")
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nSchöne Grüße &lt;3\n"


def test_a_party_sees_what_its_host_adds_and_takes_away(service: Service, sign_in: SignIn) -> None:
    ada, ben = sign_in("Ada"), sign_in("Ben")
    video = body_of(ada.post("/api/videos", {"title": "A film", "playback_url": "/media/sample.mp4"}), 201)
    party = ada.create_party(video["id"])
    ben.join(party["id"], party["invite_code"])
    path = f"/api/videos/{video['id']}/subtitles"
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    files = {"file": ("A film.de.srt", SRT)}
    answers = [ada.http.post(path, files=files, headers=headers) for _ in range(2)]
    added = body_of(answers[0], 201)
    assert_answer("addSubtitles", added)
    assert body_of(answers[1], 201) == added
    assert (added["language"], added["label"], added["cues"]) == ("de", "Deutsch", 1)
    (shown,) = body_of(ben.get(f"/api/parties/{party['id']}"), 200)["video"]["subtitles"]
    assert (shown["id"], shown["label"]) == (added["id"], "Deutsch")
    # A track of a page brings no token: the address is enough.
    read = service.http.get(shown["url"])
    assert (read.status_code, read.headers["content-type"].partition(";")[0]) == (200, "text/vtt")
    assert read.content.decode() == VTT
    assert_refused(ben.http.delete(f"{path}/{added['id']}"), "forbidden")
    assert ada.http.delete(f"{path}/{added['id']}").status_code == 204
    assert body_of(ben.get(f"/api/parties/{party['id']}"), 200)["video"]["subtitles"] == []
    assert service.http.get(shown["url"]).status_code == 404


def test_what_cant_be_read_is_refused_with_its_line(service: Service, sign_in: SignIn) -> None:
    ada = sign_in("Ada")
    video = body_of(ada.post("/api/videos", {"title": "A film", "playback_url": "/media/sample.mp4"}), 201)
    files = {"file": ("film.srt", SRT + b"\r\n2\r\n00:00:aa,000 --> 00:00:04,000\r\nx\r\n")}
    problem = assert_refused(
        ada.http.post(f"/api/videos/{video['id']}/subtitles", files=files), "validation_failed"
    )
    assert problem["errors"] == {"file": ["Line 6: The times can't be read."]}
