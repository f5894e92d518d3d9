"""Which steps a transcode job may take, and which addresses may be played."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.domain.job import JOB_ERROR_MAX, JobState, JobStepRefused, TranscodeJob
from partyapp.transcode.domain.video import PLAYBACK_URL_MAX, checked_playback_url

PENDING, RUNNING = JobState.PENDING, JobState.RUNNING
COMPLETED, FAILED = JobState.COMPLETED, JobState.FAILED
NOW_MS = 1_700_000_000_000


def job(state: JobState = PENDING, progress: float = 0.0, error: str | None = None) -> TranscodeJob:
    fresh = TranscodeJob.pending(new_id(), new_id(), NOW_MS)
    return replace(fresh, state=state, progress=progress, error=error)


def reported(
    before: TranscodeJob, state: JobState, progress: float | None = None, error: str | None = None
) -> TranscodeJob:
    return before.report(state, progress=progress, error=error, now_ms=NOW_MS + 5)


def test_a_fresh_job_is_pending() -> None:
    fresh = job()
    assert (fresh.state, fresh.progress, fresh.error) == (PENDING, 0.0, None)
    assert fresh.updated_at_ms == NOW_MS


ALLOWED = {(PENDING, RUNNING), (RUNNING, COMPLETED), (RUNNING, FAILED), (FAILED, PENDING)}


@pytest.mark.parametrize("wanted", JobState)
@pytest.mark.parametrize("current", JobState)
def test_the_steps_of_a_job(current: JobState, wanted: JobState) -> None:
    if (current, wanted) in ALLOWED or current is wanted:
        after = reported(job(current), wanted)
        assert after.state is wanted
        assert after.updated_at_ms == NOW_MS + 5
    else:
        with pytest.raises(JobStepRefused) as raised:
            reported(job(current), wanted)
        assert raised.value.problem()["errors"]["state"]


def test_progress_only_grows_while_a_job_runs() -> None:
    running = reported(job(RUNNING, 0.25), RUNNING, 0.5)
    assert running.progress == 0.5
    assert reported(running, RUNNING, 0.125).progress == 0.5
    assert reported(running, RUNNING).progress == 0.5


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan"), float("inf")])
def test_progress_is_from_0_to_1(progress: float) -> None:
    with pytest.raises(ValidationFailed):
        reported(job(RUNNING), RUNNING, progress)


def test_a_completed_job_is_all_done_and_a_failed_one_keeps_how_far_it_came() -> None:
    assert reported(job(RUNNING, 0.5), COMPLETED, 0.75).progress == 1.0
    assert reported(job(RUNNING, 0.5), FAILED, 0.75).progress == 0.5


def test_a_retry_starts_over() -> None:
    again = reported(job(FAILED, 0.5, "broken"), PENDING)
    assert (again.progress, again.error) == (0.0, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("out of disk", "out of disk"),
        ("a\x00b\nc\ud800", "abc"),
        ("x" * 5000, "x" * JOB_ERROR_MAX),
        ("", "The transcoder gave no reason."),
        (None, "The transcoder gave no reason."),
    ],
)
def test_why_a_job_failed(given: str | None, kept: str) -> None:
    assert reported(job(RUNNING), FAILED, error=given).error == kept


def test_only_a_failed_job_has_an_error() -> None:
    assert reported(job(PENDING), RUNNING, error="odd").error is None


def test_a_job_never_gets_younger() -> None:
    assert job().report(RUNNING, progress=None, error=None, now_ms=NOW_MS - 1).updated_at_ms == NOW_MS


@pytest.mark.parametrize(
    "url",
    [
        "/media/sample.mp4",
        "/a",
        "/",
        "http://media.example/film.mp4",
        "https://media.example:8443/film.mp4?token=1#t=10",
        "HTTPS://media.example/film.mp4",
        "https://[2001:db8::1]/film.mp4",
        "https://films.example/é李.mp4",
        "https://h.example/" + "x" * (PLAYBACK_URL_MAX - 18),
        "https://h.example/a@b",
    ],
)
def test_addresses_taken(url: str) -> None:
    assert checked_playback_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "film.mp4",
        "not an address",
        "//evil.example/film.mp4",
        "///evil.example/film.mp4",
        "/\\evil.example/film.mp4",
        "https:\\\\evil.example",
        "javascript:alert(1)",
        "data:video/mp4;base64,AAAA",
        "file:///etc/passwd",
        "ftp://media.example/film.mp4",
        "blob:https://media.example/1",
        "https:///film.mp4",
        "https://",
        "https:film.mp4",
        "https://user:pass@media.example/film.mp4",
        "https://user@media.example/film.mp4",
        "https://@media.example/film.mp4",
        "https://media.example:99999/film.mp4",
        "https://media.example:x/film.mp4",
        "https://[::1/film.mp4",
        " https://media.example/film.mp4",
        "https://media.example/a film.mp4",
        "https://media.example/\x00",
        "https://media.example/\n",
        "https://media.example/\u00a0",
        "https://media.example/\u202egnp.mp4",
        "https://media.example/\ud800",
        "/" + "x" * PLAYBACK_URL_MAX,
    ],
)
def test_addresses_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Must"):
        checked_playback_url(url)
