"""`party videos …` against a real Postgres."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.cli import SAMPLE_VIDEO_ID, videos
from partyapp.transcode.infrastructure.entities import TranscodeJobEntity, VideoEntity
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos
from tests.support.fresh_database import emptied

ENTITIES = (TranscodeJobEntity, VideoEntity)


@pytest.fixture
def catalogue(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> PostgresVideos:
    emptied(engine, ENTITIES)
    # As hosts hand it out: without the driver's name.
    url = engine.url.set(drivername="postgres").render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv("PARTY_SECRET_KEY", raising=False)
    return PostgresVideos(Transactions(engine))


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(videos, list(arguments))
    assert "Traceback" not in result.output
    return result


def test_the_sample_is_registered_once(catalogue: PostgresVideos) -> None:
    for _ in range(2):
        result = run("register-sample")
        assert (result.exit_code, result.output) == (0, f"{SAMPLE_VIDEO_ID}\n")
    assert len(catalogue.newest(10)) == 1
    sample = catalogue.get(SAMPLE_VIDEO_ID)
    assert sample is not None
    assert sample.playable
    assert sample.video.playback_url == "/media/sample.mp4"
    assert (sample.duration_s or 0.0) > 300


def test_add_prints_the_id_of_a_playable_video(catalogue: PostgresVideos) -> None:
    result = run("add", "A film", "https://media.example/a.mp4", "61.5")
    found = catalogue.get(UUID(result.output.strip()))
    assert found is not None
    assert (found.title, found.duration_s, found.playable) == ("A film", 61.5, True)


def test_a_transcoder_reports_from_the_outside(catalogue: PostgresVideos) -> None:
    video_id = run("add", "A film", "/a.mp4", "60", "--transcode").output.strip()
    states = []
    for report in (
        ["--state", "running", "--progress", "0.5"],
        ["--state", "failed", "--error", "out of disk"],
        ["--state", "pending"],
        ["--state", "running"],
        ["--state", "completed"],
    ):
        assert run("transcode", video_id, *report).exit_code == 0
        found = catalogue.get(UUID(video_id))
        assert found is not None
        assert found.transcode_job is not None
        states.append((found.transcode_job.progress, found.transcode_job.error, found.playable))
    assert states == [
        (0.5, None, False),
        (0.5, "out of disk", False),
        (0.0, None, False),
        (0.0, None, False),
        (1.0, None, True),
    ]


def test_a_finished_video_can_be_put_in_line(catalogue: PostgresVideos) -> None:
    video_id = run("add", "A film", "/a.mp4", "60").output.strip()
    assert run("transcode", video_id, "--state", "pending").exit_code == 0
    found = catalogue.get(UUID(video_id))
    assert found is not None
    assert not found.playable


def test_list_shows_every_video_newest_first(catalogue: PostgresVideos) -> None:
    first = run("add", "First", "/a.mp4", "60").output.strip()
    second = run("add", "Second", "/b.mp4", "60", "--transcode").output.strip()
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines] == [second, first]
    assert "pending" in lines[0]
    assert "playable" in lines[1]


def test_prepare_tries_a_failed_job_again_and_leaves_every_other_as_it_is(catalogue: PostgresVideos) -> None:
    plain = run("add", "Plain", "/a.mp4", "60").output.strip()
    before = catalogue.get(UUID(plain))
    assert "playable" in run("prepare", plain).output
    assert catalogue.get(UUID(plain)) == before
    failed = run("add", "Failed", "/b.mp4", "60", "--transcode").output.strip()
    steps = (("pending", "pending"), ("running", "running"), ("failed", "pending"))
    for reported, afterwards in steps:
        if reported != "pending":
            run("transcode", failed, "--state", reported)
        assert f" {afterwards} " in run("prepare", failed).output
    run("transcode", failed, "--state", "running")
    run("transcode", failed, "--state", "completed")
    assert " completed " in run("prepare", failed).output


def test_show_tells_all_of_one_video(catalogue: PostgresVideos) -> None:
    run("add", "Another", "/b.mp4", "60")
    video_id = run("add", "Zoë's film", "/a.mp4", "--transcode").output.strip()
    run("transcode", video_id, "--state", "running")
    run("transcode", video_id, "--state", "failed", "--error", "out of disk")
    found = catalogue.get(UUID(video_id))
    assert found is not None
    shown = run("show", video_id)
    assert shown.exit_code == 0
    assert json.loads(shown.output) == found.to_json()
    assert "Zoë's film" in shown.output
    assert "out of disk" in shown.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "A film", "javascript:alert(1)", "60"], "playback_url"),
        (["add", "A film", "/a.mp4", "nan"], "duration_s"),
        (["add", " ", "/a.mp4", "60"], "title"),
        (["transcode", str(new_id()), "--state", "running"], "no such video"),
        (["transcode", "nonsense", "--state", "running"], "VIDEO_ID"),
        (["transcode", str(new_id()), "--state", "dreaming"], "dreaming"),
        (["show", str(new_id())], "no such video"),
        (["show", "nonsense"], "VIDEO_ID"),
        (["prepare", str(new_id())], "no such video"),
    ],
)
def test_mistakes_are_one_line_of_text(catalogue: PostgresVideos, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert catalogue.newest(1) == []


def test_a_step_that_a_job_cant_take_is_one_line_of_text(catalogue: PostgresVideos) -> None:
    video_id = run("add", "A film", "/a.mp4", "60", "--transcode").output.strip()
    result = run("transcode", video_id, "--state", "completed")
    assert result.exit_code == 1
    assert "pending can't become completed" in result.output


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert "DATABASE_URL" in run("list").output
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = run("list")
    assert result.exit_code == 1
    assert "not reachable" in result.output
