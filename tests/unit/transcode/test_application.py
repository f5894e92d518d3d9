"""Registering videos and reporting on their jobs, on the catalogue in memory."""

from __future__ import annotations

from uuid import UUID

import pytest

from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.transcode_jobs import (
    PrepareVideo,
    ReportTranscodeProgress,
    ReportTranscodeProgressCommand,
    StartTranscodeJob,
    StartTranscodeJobCommand,
)
from partyapp.transcode.application.videos import NoSuchVideo, RegisterVideo, RegisterVideoCommand
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.job import JobState, JobStepRefused, NoTranscodeJob
from tests.support.fakes_transcode import InMemoryVideos


class Env:
    """The handlers on one catalogue."""

    def __init__(self) -> None:
        self.videos = InMemoryVideos()
        self.register = RegisterVideo(videos=self.videos, clock=FixedClock())
        self.start = StartTranscodeJob(videos=self.videos, clock=FixedClock())
        self.report = ReportTranscodeProgress(videos=self.videos, clock=FixedClock())

    def registered(self, *, with_job: bool, title: str = "A film") -> VideoView:
        return self.register(
            RegisterVideoCommand(
                video_id=new_id(),
                title=title,
                playback_url="/media/film.mp4",
                duration_s=60.0,
                owner_id=None,
                job_id=new_id() if with_job else None,
            )
        )

    def reported(self, video: VideoView, state: JobState, progress: float | None = None) -> VideoView:
        return self.report(ReportTranscodeProgressCommand(video_id=video.id, state=state, progress=progress))


@pytest.fixture
def env() -> Env:
    return Env()


def test_a_video_without_a_job_is_playable_at_once(env: Env) -> None:
    video = env.registered(with_job=False)
    assert video.playable
    assert video.transcode_job is None
    assert env.videos.get(video.id) == video


def test_a_video_with_a_job_is_playable_when_the_job_is_completed(env: Env) -> None:
    video = env.registered(with_job=True)
    playable = [video.playable]
    for state in (JobState.RUNNING, JobState.FAILED, JobState.PENDING, JobState.RUNNING, JobState.COMPLETED):
        playable.append(env.reported(video, state).playable)
    assert playable == [False, False, False, False, False, True]


def test_registering_the_same_id_again_gives_the_first_video(env: Env) -> None:
    command = RegisterVideoCommand(
        video_id=new_id(), title="First", playback_url="/a", duration_s=1.0, owner_id=None
    )
    first = env.register(command)
    again = RegisterVideoCommand(
        video_id=command.video_id, title="Second", playback_url="/b", duration_s=2.0, owner_id=None
    )
    assert env.register(again) == first


def test_a_job_is_started_later_and_takes_playability_away(env: Env) -> None:
    video = env.registered(with_job=False)
    job_id = new_id()
    started = env.start(StartTranscodeJobCommand(video_id=video.id, job_id=job_id))
    assert started.transcode_job is not None
    assert (started.transcode_job.id, started.transcode_job.state) == (job_id, "pending")
    assert not started.playable


def test_a_failed_job_is_tried_again_under_its_first_id(env: Env) -> None:
    video = env.registered(with_job=True)
    env.reported(video, JobState.RUNNING, 0.5)
    env.reported(video, JobState.FAILED)
    again = env.start(StartTranscodeJobCommand(video_id=video.id, job_id=new_id()))
    assert again == video


def test_a_completed_job_is_not_started_again(env: Env) -> None:
    video = env.registered(with_job=True)
    env.reported(video, JobState.RUNNING)
    done = env.reported(video, JobState.COMPLETED)
    with pytest.raises(JobStepRefused):
        env.start(StartTranscodeJobCommand(video_id=video.id, job_id=new_id()))
    assert env.videos.get(video.id) == done


def test_a_report_needs_a_video_and_a_job(env: Env) -> None:
    with pytest.raises(NoTranscodeJob):
        env.reported(env.registered(with_job=False), JobState.RUNNING)
    with pytest.raises(NoSuchVideo):
        env.report(ReportTranscodeProgressCommand(video_id=new_id(), state=JobState.RUNNING))
    with pytest.raises(NoSuchVideo):
        env.start(StartTranscodeJobCommand(video_id=new_id(), job_id=new_id()))


def test_a_job_that_is_completed_meanwhile_is_not_tried_again() -> None:
    env = Env()
    video = env.registered(with_job=True)
    env.report(ReportTranscodeProgressCommand(video_id=video.id, state=JobState.RUNNING))

    class CompletedAfterTheLook(InMemoryVideos):
        def get(self, video_id: UUID) -> VideoView | None:
            seen = env.videos.get(video_id)
            env.report(ReportTranscodeProgressCommand(video_id=video_id, state=JobState.COMPLETED))
            return seen

        change_job = env.videos.change_job

    assert PrepareVideo(videos=CompletedAfterTheLook(), clock=FixedClock())(video.id).playable
