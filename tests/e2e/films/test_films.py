"""A film of one's own on the running service: sent, prepared by a worker, played in a party, deleted."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from bench.films.kills import Rounds
from bench.films.service import FilmService
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, body_of, eventually
from tests.support.upload_env import TUS
from tests.support.waiting import RECOVERY_S
from tests.support.whole_films import disc_film, old_film

pytestmark = pytest.mark.stack

#: Making a film anew takes a while on a slow machine.
PREPARED_S = 120.0


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that prepares films."""
    extra = {"PARTY_LIBRARY_DIR": str(tmp_path_factory.mktemp("library"))}
    with own_folder() as folder, Stack(folder / "party", films=True, extra=extra) as stack:
        yield stack


@pytest.fixture
def ada(films: Stack) -> Iterator[Guest]:
    guest = Guest(films.url, "Ada")
    yield guest
    guest.close()


@pytest.fixture
def ben(films: Stack) -> Iterator[Guest]:
    guest = Guest(films.url, "Ben")
    yield guest
    guest.close()


def upload(guest: Guest, data: bytes, name: str = "film.mkv") -> str:
    """The id of the film that these bytes become."""
    named = base64.b64encode(name.encode()).decode()
    headers = {
        **TUS,
        "Upload-Length": str(len(data)),
        "Upload-Metadata": f"filename {named}",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = guest.http.post("/api/uploads", content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Party-Video-Id"])


def shown(guest: Guest, video_id: str) -> Json:
    video: Json = body_of(guest.get(f"/api/videos/{video_id}"), 200)
    return video


def settled(guest: Guest, video_id: str) -> Json:
    """The video once its job has come to an end: it is playable before it has its pictures."""

    def found() -> Json | None:
        video = shown(guest, video_id)
        return video if video["transcode_job"]["state"] in ("completed", "failed") else None

    video: Json | None = eventually(found, PREPARED_S)
    assert video is not None
    return video


def files(stack: Stack, video_id: str) -> list[str]:
    folder = stack.data_dir / "films" / "films" / video_id
    # Unlike Path.rglob, os.walk passes over a folder that is removed meanwhile.
    return sorted(
        str((Path(inside) / name).relative_to(folder))
        for inside, _, names in os.walk(folder)
        for name in names
    )


def test_a_film_from_a_disc_is_watched_together(films: Stack, ada: Guest, ben: Guest, tmp_path: Path) -> None:
    video_id = upload(ada, disc_film(tmp_path).read_bytes(), "Disc film.mkv")
    assert ben.get(f"/api/videos/{video_id}").status_code == 404
    video = settled(ada, video_id)
    assert (video["state"], video["title"], video["kind"]) == ("playable", "Disc film", "upload")
    assert (video["width"], video["height"], video["frame_rate"]) == (320, 180, 25.0)
    assert abs(video["duration_s"] - 4.0) < 0.2
    assert [track["language"] for track in video["audio_tracks"]] == ["de", "en"]
    assert [(track["language"], track["label"]) for track in video["subtitles"]] == [("de", "Deutsch")]
    assert {source["type"] for source in video["sources"]} == {"video/mp4"}

    party = ada.create_party(video_id)
    joined = ben.join(party["id"], party["invite_code"])["party"]
    played = joined["video"]
    assert played["playback_url"] != video["playback_url"]
    with httpx.Client(base_url=films.url, trust_env=False) as player:
        part = player.get(played["playback_url"], headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert part.headers["Content-Type"] == "video/mp4"
        words = player.get(played["subtitles"][0]["url"])
        assert "Grüße" in words.content.decode()
        assert player.get(played["poster_url"]).headers["Content-Type"] == "image/jpeg"
        board = player.get(played["storyboard_url"]).text
        sheet = next(line for line in board.splitlines() if "#xywh=" in line).partition("#")[0]
        folder = played["storyboard_url"].rpartition("/")[0]
        assert player.get(f"{folder}/{sheet}").headers["Content-Type"] == "image/jpeg"
    assert body_of(ben.get(f"/api/videos/{video_id}"), 200)["title"] == "Disc film"

    assert ada.http.delete(f"/api/videos/{video_id}").json()["code"] == "video_in_use"
    body_of(ada.http.delete(f"/api/parties/{party['id']}"), 204)
    # What a web process knows of a party is believed for some seconds.
    eventually(lambda: httpx.get(films.url + played["playback_url"], trust_env=False).status_code == 404)
    assert ada.http.delete(f"/api/videos/{video_id}").status_code == 204
    assert files(films, video_id) == []


@pytest.fixture(scope="module")
def rounds(films: Stack, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    return Rounds(FilmService(films), tmp_path_factory.mktemp("kinds"), seconds=1.0, seed=15)


@pytest.mark.parametrize("victim", ["ffmpeg", "web", "redis", "postgres"])
def test_whatever_is_killed_each_film_is_made_once_and_whole(rounds: Rounds, victim: str) -> None:
    assert rounds.one(victim, 0)[1] == []


def test_what_is_no_film_says_so_and_can_be_tried_again(films: Stack, ada: Guest) -> None:
    video = settled(ada, upload(ada, b"Dear diary,\n" * 1000))
    assert video["state"] == "failed"
    assert video["transcode_job"]["error"] == "This isn't a film: it is text."
    refused = ada.post("/api/parties", {"video_id": video["id"]})
    assert refused.json()["code"] == "video_not_ready"
    again = ada.http.post(f"/api/videos/{video['id']}/prepare", json={})
    assert again.status_code == 202
    assert settled(ada, video["id"])["state"] == "failed"


def test_a_worker_that_dies_is_replaced_and_leaves_nothing(films: Stack, ada: Guest, tmp_path: Path) -> None:
    data = old_film(tmp_path, seconds=40.0).read_bytes()
    video_id = upload(ada, data)
    eventually(lambda: shown(ada, video_id)["transcode_job"]["progress"] > 0, RECOVERY_S)
    worker = psutil.Process(films.pid_of("transcode"))
    # The pool's processes are the worker's own children; what they have started is not killed here.
    pool = worker.children()
    programs = [child for child in worker.children(recursive=True) if child not in pool]
    for process in (worker, *pool):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    # ffmpeg doesn't outlive who started it.
    psutil.wait_procs(programs, RECOVERY_S)
    assert not [program for program in programs if program.is_running()]
    video = settled(ada, video_id)
    assert video["state"] == "playable", video["transcode_job"]
    assert abs(video["duration_s"] - 40.0) < 0.3
    # What is of no use any more is removed once the film is there.
    made_by = {video["playback_url"].split("/")[-2]}
    eventually(lambda: {name.split("/")[0] for name in files(films, video_id)} == made_by)
    eventually(lambda: not list((films.data_dir / "films" / "work").glob("*")))
