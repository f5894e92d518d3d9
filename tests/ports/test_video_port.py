"""What every catalogue of videos must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.shared.kernel.ids import derived_id, new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.application.ports import VideoFilter, VideoPort
from partyapp.transcode.contract import view_of
from partyapp.transcode.domain.film import FilmSource, PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.entities import TranscodeJobEntity, VideoEntity
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos
from tests.support.fakes_transcode import InMemoryVideos
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.waiting import LIMIT_S

ENTITIES = (TranscodeJobEntity, VideoEntity)


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def videos(request: pytest.FixtureRequest) -> VideoPort:
    if request.param == "memory":
        return InMemoryVideos()
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, ENTITIES)
    return PostgresVideos(Transactions(engine))


def video(**changes: Any) -> Video:
    good = Video(
        id=new_id(),
        title="Ein Film 🎬",
        duration_s=61.123456789,
        playback_url="/media/film.mp4",
        owner_id=new_id(),
        created_at_ms=1_700_000_000_000,
    )
    return replace(good, **changes)


def job_of(given: Video, **changes: Any) -> TranscodeJob:
    return replace(TranscodeJob.pending(new_id(), given.id, 1_700_000_000_000), **changes)


def test_what_was_added_is_found_as_it_was(videos: VideoPort) -> None:
    given = video()
    assert videos.add(given)
    assert videos.get(given.id) == view_of(given, None)
    assert videos.get(new_id()) is None


def test_a_video_without_an_owner(videos: VideoPort) -> None:
    given = video(owner_id=None)
    videos.add(given)
    assert videos.get(given.id) == view_of(given, None)


def test_a_video_comes_with_its_job(videos: VideoPort) -> None:
    given = video()
    job = job_of(given)
    assert videos.add(given, job)
    assert videos.get(given.id) == view_of(given, job)
    assert videos.newest(1) == [view_of(given, job)]


def test_the_same_id_again_changes_nothing(videos: VideoPort) -> None:
    given = video()
    videos.add(given)
    again = replace(given, title="Another")
    assert not videos.add(again, job_of(again))
    assert videos.get(given.id) == view_of(given, None)


def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(videos: VideoPort) -> None:
    # Ids that are no UUIDv7 and equal instants: neither the id's order nor the instant alone is enough.
    given = [
        video(id=derived_id("page", number), created_at_ms=1_700_000_000_000 + number // 3)
        for number in range(10)
    ]
    for one in given:
        videos.add(one)
    ordered = sorted(given, key=lambda one: (one.created_at_ms, one.id), reverse=True)
    seen: list[UUID] = []
    after: UUID | None = None
    while found := videos.newest(4, after):
        seen += [view.id for view in found]
        after = found[-1].id
    assert seen == [one.id for one in ordered]


def test_a_list_may_hold_some_alone(videos: VideoPort) -> None:
    ada, ben = new_id(), new_id()
    given = {
        "The sample": video(owner_id=None, kind=VideoKind.SAMPLE),
        "Ada's own": video(owner_id=ada),
        "Ben's own": video(owner_id=ben),
        "Ben's 100 % film_": video(owner_id=ben, kind=VideoKind.UPLOAD),
    }
    for number, (title, one) in enumerate(given.items()):
        given[title] = replace(one, title=title, created_at_ms=number)
        videos.add(given[title])

    def found(**which: Any) -> list[str]:
        return [view.title for view in videos.newest(10, None, VideoFilter(**which))]

    assert found() == list(reversed(given))
    assert found(seen_by=ada) == ["Ada's own", "The sample"]
    shown = given["Ben's 100 % film_"].id
    assert found(seen_by=ada, shown_to={shown}) == ["Ben's 100 % film_", "Ada's own", "The sample"]
    assert found(seen_by=ben, kind=VideoKind.URL) == ["Ben's own"]
    assert found(text="OWN") == ["Ben's own", "Ada's own"]
    # What SQL would take for a pattern is text.
    assert found(text="0 %") == found(text="m_") == ["Ben's 100 % film_"]
    assert found(text="_ilm") == found(text="%s") == found(seen_by=ada, text="Ben") == []


def test_a_film_of_ours_is_found_as_it_was(videos: VideoPort) -> None:
    source = FilmSource(file="1/film.mp4", type="video/mp4", width=640, height=360, bitrate=900_000)
    prepared = PreparedFilm(duration_s=1.5, width=640, height=360, frame_rate=None, sources=(source,))
    given = video(
        kind=VideoKind.UPLOAD, source=FilmFile(key="films/é/source", size=2**40), ready_until_s=1.25
    )
    videos.add(given)
    assert videos.get(given.id) == view_of(given, None)
    changed = videos.change(given.id, lambda before: replace(before, film=prepared, ready_until_s=None))
    assert changed == view_of(replace(given, film=prepared, ready_until_s=None), None)
    assert videos.get(given.id) == changed


def test_what_is_changed_keeps_its_job(videos: VideoPort) -> None:
    given = video()
    job = job_of(given)
    videos.add(given, job)
    assert videos.change(given.id, lambda before: replace(before, title="New")) == view_of(
        replace(given, title="New"), job
    )
    assert videos.change(new_id(), lambda before: before) is None

    def refuse(before: Video) -> Video:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        videos.change(given.id, refuse)
    assert videos.get(given.id) == view_of(replace(given, title="New"), job)


def test_a_removed_video_is_gone_with_its_job(videos: VideoPort) -> None:
    given = video()
    videos.add(given, job_of(given))
    assert videos.remove(given.id)
    assert videos.get(given.id) is None
    assert not videos.remove(given.id)
    assert videos.add(given)
    assert videos.get(given.id) == view_of(given, None)


def test_a_file_of_the_library_is_one_video(videos: VideoPort) -> None:
    first = video(kind=VideoKind.LIBRARY, owner_id=None, source=FilmFile(key="A/film.mkv", size=1))
    assert videos.add(first)
    assert not videos.add(replace(first, id=new_id()))
    assert videos.add(replace(first, id=new_id(), kind=VideoKind.UPLOAD))


def test_behind_an_unknown_video_there_is_nothing(videos: VideoPort) -> None:
    videos.add(video())
    assert videos.newest(10, new_id()) == []


def test_a_job_is_made_and_changed(videos: VideoPort) -> None:
    given = video()
    videos.add(given)
    job = job_of(given)
    seen: list[TranscodeJob | None] = []

    def make(before: TranscodeJob | None) -> TranscodeJob:
        seen.append(before)
        return job

    def run(before: TranscodeJob | None) -> TranscodeJob:
        seen.append(before)
        return replace(job, state=JobState.FAILED, progress=0.25, error="broken", updated_at_ms=9)

    assert videos.change_job(given.id, make) == view_of(given, job) == videos.get(given.id)
    changed = videos.change_job(given.id, run)
    assert changed == videos.get(given.id)
    assert changed is not None
    assert changed.transcode_job is not None
    assert changed.transcode_job.to_json() == {
        "id": str(job.id),
        "state": "failed",
        "progress": 0.25,
        "error": "broken",
    }
    assert seen == [None, job]


def test_what_a_change_refuses_changes_nothing(videos: VideoPort) -> None:
    given = video()
    job = job_of(given)
    videos.add(given, job)

    def refuse(before: TranscodeJob | None) -> TranscodeJob:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        videos.change_job(given.id, refuse)
    assert videos.get(given.id) == view_of(given, job)


def test_a_job_of_no_video(videos: VideoPort) -> None:
    assert videos.change_job(new_id(), lambda job: job_of(video())) is None


def test_changes_at_the_same_time_come_one_after_the_other(videos: VideoPort) -> None:
    given = video()
    videos.add(given, job_of(given, state=JobState.RUNNING))
    together = threading.Barrier(4)

    def add_a_tenth(_: int) -> None:
        together.wait(LIMIT_S)

        def change(job: TranscodeJob | None) -> TranscodeJob:
            assert job is not None
            return replace(job, progress=job.progress + 0.125)

        videos.change_job(given.id, change)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add_a_tenth, range(4)))
    found = videos.get(given.id)
    assert found is not None
    assert found.transcode_job is not None
    assert found.transcode_job.progress == 0.5


@pytest.mark.parametrize("typed_s", [None, 30.0])
def test_the_length_is_what_the_owners_player_says(videos: VideoPort, typed_s: float | None) -> None:
    given = video(duration_s=typed_s)
    job = job_of(given)
    videos.add(given, job)
    assert given.owner_id is not None
    assert videos.learn_duration(given.id, 90.25, given.owner_id)
    assert videos.get(given.id) == view_of(replace(given, duration_s=90.25), job)


@pytest.mark.parametrize("typed_s", [None, 30.0])
def test_nobody_else_changes_a_length(videos: VideoPort, typed_s: float | None) -> None:
    others, nobodys = video(duration_s=typed_s), video(duration_s=typed_s, owner_id=None)
    for given in (others, nobodys):
        videos.add(given)
        assert not videos.learn_duration(given.id, 1.0, new_id())
        assert videos.get(given.id) == view_of(given, None)
    assert not videos.learn_duration(new_id(), 1.0, new_id())
