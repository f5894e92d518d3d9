"""`party videos …`: an operator's and an outside transcoder's way to the catalogue, without a web process."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from partyapp.shared.http.schemas import load
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.database import Transactions, create_database
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.application.transcode_jobs import (
    PrepareVideo,
    ReportTranscodeProgress,
    ReportTranscodeProgressCommand,
    StartTranscodeJob,
    StartTranscodeJobCommand,
)
from partyapp.transcode.application.videos import NoSuchVideo, RegisterVideo, RegisterVideoCommand
from partyapp.transcode.contract import VideoView
from partyapp.transcode.controllers.videos import VideoSchema
from partyapp.transcode.domain.job import JobState
from partyapp.transcode.domain.video import VideoKind
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos

LIST_PAGE = 100

#: The same id wherever Party runs, so that registering the clip again finds the first registration.
SAMPLE_VIDEO_ID = UUID("0199f000-5a3c-7e1e-8000-70617274790a")

#: Beside the clip: its title, its length in s as ffprobe tells it, and its file's name.
SAMPLE_DESCRIPTION = Path(__file__).parent.parent / "web" / "media" / "sample.json"


def sample_command() -> RegisterVideoCommand:
    """The registration of the clip that comes with Party. Raises OSError where it isn't installed."""
    described = json.loads(SAMPLE_DESCRIPTION.read_text(encoding="utf-8"))
    return RegisterVideoCommand(
        video_id=SAMPLE_VIDEO_ID,
        title=described["title"],
        playback_url=f"/media/{described['file']}",
        duration_s=float(described["duration_s"]),
        owner_id=None,
        kind=VideoKind.SAMPLE,
    )


@click.group()
def videos() -> None:
    """Register videos and report how their transcode jobs go."""


@videos.command("register-sample")
def register_sample() -> None:
    """Register the clip that comes with Party. Doing it again changes nothing."""
    with _catalogue() as catalogue:
        video = RegisterVideo(videos=catalogue, clock=WallClock())(sample_command())
        click.echo(video.id)


@videos.command("add")
@click.argument("title")
@click.argument("url")
@click.argument("duration_s", type=float, required=False)
@click.option("--transcode", is_flag=True, help="It can't be played before its transcode job is completed.")
def add(title: str, url: str, duration_s: float | None, transcode: bool) -> None:
    """Register a video of DURATION_S seconds, or of a length that players will tell, and print its id."""
    with _catalogue() as catalogue:
        length = {} if duration_s is None else {"duration_s": duration_s}
        body = load(VideoSchema(), {"title": title, "playback_url": url, **length})
        command = RegisterVideoCommand(
            video_id=new_id(), owner_id=None, job_id=new_id() if transcode else None, **body
        )
        click.echo(RegisterVideo(videos=catalogue, clock=WallClock())(command).id)


@videos.command("transcode")
@click.argument("video_id", type=click.UUID)
@click.option("--state", required=True, type=click.Choice([state.value for state in JobState]))
@click.option("--progress", type=click.FloatRange(0.0, 1.0), help="How much is done, from 0 to 1.")
@click.option("--error", help="Why it failed, for --state failed.")
def transcode(video_id: UUID, state: str, progress: float | None, error: str | None) -> None:
    """Report how a video's transcode job goes.

    The state "pending" puts a video in line for the first time, or again after a failure.
    """
    with _catalogue() as catalogue:
        wanted = JobState(state)
        if wanted is JobState.PENDING:
            start = StartTranscodeJob(videos=catalogue, clock=WallClock())
            video = start(StartTranscodeJobCommand(video_id=video_id, job_id=new_id()))
        else:
            report = ReportTranscodeProgress(videos=catalogue, clock=WallClock())
            video = report(
                ReportTranscodeProgressCommand(
                    video_id=video_id, state=wanted, progress=progress, error=error
                )
            )
        click.echo(_line(video))


@videos.command("list")
def list_videos() -> None:
    """Print every video, newest first: id, length, state, title."""
    with _catalogue() as catalogue:
        after: UUID | None = None
        while found := catalogue.newest(LIST_PAGE, after):
            for video in found:
                click.echo(_line(video))
            after = found[-1].id


@videos.command("show")
@click.argument("video_id", type=click.UUID)
def show(video_id: UUID) -> None:
    """Print all of one video, as JSON: the Video of the API, with why a failed transcode job failed."""
    with _catalogue() as catalogue:
        video = catalogue.get(video_id)
        if video is None:
            raise NoSuchVideo()
        click.echo(json.dumps(video.to_json(), indent=2, ensure_ascii=False))


@videos.command("prepare")
@click.argument("video_id", type=click.UUID)
def prepare(video_id: UUID) -> None:
    """Put a failed transcode job in line again. Any other video stays as it is."""
    with _catalogue() as catalogue:
        click.echo(_line(PrepareVideo(videos=catalogue, clock=WallClock())(video_id)))


def _length(duration_s: float | None) -> str:
    return "  unknown  " if duration_s is None else f"{duration_s:9.1f} s"


def _line(video: VideoView) -> str:
    job = video.transcode_job
    state = "playable" if job is None else f"{job.state} {job.progress:.0%}"
    return f"{video.id}  {_length(video.duration_s)}  {state:<14}  {video.title}"


@contextmanager
def _catalogue() -> Iterator[VideoPort]:
    """The catalogue of the database that DATABASE_URL names; a refusal becomes one line for the operator."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise click.ClickException("DATABASE_URL must be set.")
    engine = create_database(sqlalchemy_url(url), pool_size=1)
    try:
        yield PostgresVideos(Transactions(engine))
    except Refusal as refusal:
        raise click.ClickException(refusal.detail + _reasons(refusal.errors)) from None
    finally:
        engine.dispose()


def _reasons(errors: Any) -> str:
    return "".join(f"\n  {field}: {' '.join(why)}" for field, why in (errors or {}).items())
