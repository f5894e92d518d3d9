"""What every keeper of film jobs must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.application.film_jobs import FilmJob, FilmJobPort, JobProgress
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.domain.film import SEGMENTS, FilmSource, PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.entities import TranscodeJobEntity, VideoEntity
from partyapp.transcode.infrastructure.postgres_film_jobs import PostgresFilmJobs
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos
from tests.support.fakes_film_jobs import InMemoryFilmJobs
from tests.support.fakes_transcode import InMemoryVideos
from tests.support.fresh_database import emptied, fresh_tables

ENTITIES = (TranscodeJobEntity, VideoEntity)
SOURCE = FilmSource(file="1/film.mp4", type="video/mp4", width=640, height=360, bitrate=9)
FILM = PreparedFilm(duration_s=61.5, width=640, height=360, frame_rate=25.0, sources=(SOURCE,))


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


@dataclass
class Env:
    """Jobs and the videos that they are of."""

    jobs: FilmJobPort
    videos: VideoPort
    made: int = 0

    def film(self, owner_id: UUID | None = None, **changes: Any) -> Video:
        """A film that waits to be prepared, behind those before it."""
        self.made += 1
        is_library = changes.get("kind") is VideoKind.LIBRARY
        video = Video(
            id=new_id(),
            title="Ours",
            duration_s=None,
            playback_url="",
            owner_id=None if is_library else owner_id or new_id(),
            created_at_ms=self.made,
            kind=VideoKind.UPLOAD,
            source=FilmFile(key=f"films/{self.made}/source", size=9),
        )
        video = replace(video, **changes)
        self.videos.add(video, TranscodeJob.pending(new_id(), video.id, self.made))
        return video

    def claimed(self, now_ms: float = 100, until_ms: float = 200) -> FilmJob:
        job = self.jobs.claim(now_ms, until_ms)
        assert job is not None
        return job

    def state(self, video: Video) -> tuple[str, float, str | None]:
        view = self.videos.get(video.id)
        assert view is not None
        assert view.transcode_job is not None
        return view.transcode_job.state, view.transcode_job.progress, view.transcode_job.error


@pytest.fixture(params=["memory", "postgres"])
def env(request: pytest.FixtureRequest) -> Env:
    if request.param == "memory":
        videos = InMemoryVideos()
        return Env(InMemoryFilmJobs(videos), videos)
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)
    return Env(PostgresFilmJobs(transactions), PostgresVideos(transactions))


def test_a_job_is_one_workers(env: Env) -> None:
    first, second = env.film(), env.film()
    taken = [env.claimed(), env.claimed()]
    assert [job.video for job in taken] == [first, second]
    assert [(job.fence, job.turns) for job in taken] == [(1, 1), (1, 1)]
    assert env.jobs.claim(100, 200) is None
    assert env.state(first) == ("running", 0.0, None)


def test_what_has_no_file_of_ours_is_an_outside_transcoders(env: Env) -> None:
    env.film(kind=VideoKind.URL, source=None, playback_url="/media/a.mp4")
    assert env.jobs.claim(100, 200) is None


def test_who_says_nothing_for_too_long_loses_the_job(env: Env) -> None:
    video = env.film()
    old = env.claimed(100, 200)
    assert env.jobs.claim(199, 300) is None
    new = env.claimed(200, 300)
    assert (new.id, new.fence, new.turns) == (old.id, 2, 2)
    assert env.jobs.renew(old, JobProgress(share=0.9), 201, 400) is None
    assert env.jobs.complete(old, FILM, 201) is None
    assert env.jobs.fail(old, "Broken.", 201) is None
    assert not env.jobs.release(old, 201)
    assert env.state(video) == ("running", 0.0, None)
    assert env.jobs.complete(new, FILM, 202) == env.videos.get(video.id)
    assert env.jobs.complete(new, FILM, 203) is None


def test_who_renews_keeps_it_and_tells_how_far_it_is(env: Env) -> None:
    video = env.film()
    job = env.claimed(100, 200)
    progress = JobProgress(share=0.25, film=FILM, ready_until_s=12.0)
    view = env.jobs.renew(job, progress, 150, 400)
    assert view == env.videos.get(video.id)
    assert view is not None
    assert (view.video.film, view.video.ready_until_s, view.duration_s) == (FILM, 12.0, 61.5)
    assert env.state(video) == ("running", 0.25, None)
    assert env.jobs.claim(399, 500) is None
    env.jobs.renew(job, JobProgress(share=0.5), 160, 500)
    found = env.videos.get(video.id)
    assert found is not None
    assert found.video.film == FILM
    assert env.jobs.claim(499, 600) is None


def test_what_was_whole_stays_so_when_another_begins_anew(env: Env) -> None:
    video = env.film()
    env.jobs.renew(env.claimed(100, 200), JobProgress(share=0.5, film=FILM), 150, 200)
    growing = replace(FILM, sources=(replace(SOURCE, file="2/segments.m3u8", type=SEGMENTS),))
    second = env.claimed(200, 300)
    env.jobs.renew(second, JobProgress(share=0.1, film=growing, ready_until_s=4.0), 210, 400)
    found = env.videos.get(video.id)
    assert found is not None
    assert (found.video.film, found.video.ready_until_s) == (FILM, None)
    again = replace(FILM, sources=(replace(SOURCE, file="2/film.mp4"),))
    env.jobs.renew(second, JobProgress(share=0.5, film=again), 220, 400)
    found = env.videos.get(video.id)
    assert found is not None
    assert found.video.film == again


def test_a_prepared_film_is_whole(env: Env) -> None:
    video = env.film()
    job = env.claimed()
    env.jobs.renew(job, JobProgress(share=0.5, film=FILM, ready_until_s=12.0), 150, 400)
    view = env.jobs.complete(job, FILM, 160)
    assert view == env.videos.get(video.id)
    assert view is not None
    assert (view.playable, view.video.film, view.video.ready_until_s) == (True, FILM, None)
    assert env.state(video) == ("completed", 1.0, None)
    assert env.jobs.claim(1000, 1100) is None


def test_what_fails_says_why_and_can_be_asked_for_again(env: Env) -> None:
    video = env.film()
    job = env.claimed()
    env.jobs.renew(job, JobProgress(share=0.5, film=FILM, ready_until_s=12.0), 150, 400)
    view = env.jobs.fail(job, "It is text.", 160)
    assert view == env.videos.get(video.id)
    assert view is not None
    assert (view.video.film, view.watchable) == (None, False)
    assert env.state(video) == ("failed", 0.5, "It is text.")
    assert env.jobs.claim(1000, 1100) is None

    def again(before: TranscodeJob | None) -> TranscodeJob:
        assert before is not None
        return before.report(JobState.PENDING, progress=None, error=None, now_ms=2000)

    env.videos.change_job(video.id, again)
    asked = env.claimed(2000, 2100)
    assert (asked.fence, asked.turns) == (2, 1)
    assert env.claimed(2100, 2200).turns == 2


def test_a_job_that_is_given_back_is_taken_at_once(env: Env) -> None:
    env.film()
    job = env.claimed(100, 200)
    assert env.jobs.release(job, 110)
    again = env.claimed(111, 200)
    assert (again.id, again.fence, again.turns) == (job.id, 2, 1)


def test_a_removed_films_job_is_nobodys(env: Env) -> None:
    video = env.film()
    job = env.claimed()
    env.videos.remove(video.id)
    assert env.jobs.renew(job, JobProgress(share=0.5), 150, 400) is None
    assert env.jobs.complete(job, FILM, 150) is None
    assert env.jobs.claim(1000, 1100) is None


def test_one_person_with_many_films_keeps_nobody_waiting(env: Env) -> None:
    ada, ben = new_id(), new_id()
    many = [env.film(ada) for _ in range(3)]
    one = env.film(ben)
    assert [env.claimed().video for _ in range(3)] == [many[0], one, many[1]]
    assert (env.jobs.open_jobs(ada), env.jobs.open_jobs(ben), env.jobs.open_jobs(new_id())) == (3, 1, 0)


def test_people_take_turns_though_only_one_film_is_prepared_at_a_time(env: Env) -> None:
    ada, ben = new_id(), new_id()
    many = [env.film(ada) for _ in range(50)]
    library = [env.film(kind=VideoKind.LIBRARY) for _ in range(2)]
    two = [env.film(ben) for _ in range(2)]
    taken = []
    for turn in range(7):
        job = env.claimed(1000 + 10 * turn, 1005 + 10 * turn)
        taken.append(job.video)
        env.jobs.complete(job, FILM, 1004 + 10 * turn)
    assert taken == [many[0], library[0], two[0], many[1], library[1], two[1], many[2]]


def test_a_film_that_can_be_watched_already_waits_behind_the_others(env: Env) -> None:
    whole, other = env.film(), env.film()
    assert env.jobs.others_wait()
    first = env.claimed(100, 200)
    assert first.video == whole
    env.jobs.renew(first, JobProgress(share=0.5, film=FILM), 110, 200)
    assert env.jobs.others_wait()
    assert env.jobs.release(first, 120)
    assert env.claimed(130, 230).video == other
    assert not env.jobs.others_wait()
    assert env.claimed(130, 230).video.id == whole.id


def test_somebody_who_has_none_under_way_waits_for_whoever_has(env: Env) -> None:
    ada, ben = new_id(), new_id()
    first = env.film(ada)
    job = env.claimed(100, 200)
    env.film(ada)
    assert not env.jobs.another_waits(job, 110)
    for _ in range(2):
        env.film(ben)
    assert env.jobs.another_waits(job, 110)
    assert env.jobs.release(job, 120)
    assert env.claimed(120, 220).video.owner_id == ben
    again = env.claimed(120, 220)
    assert again.video == first
    assert not env.jobs.another_waits(again, 130)


def test_many_at_once_take_each_job_once(env: Env) -> None:
    films = {env.film().id for _ in range(8)}
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: env.jobs.claim(100, 200), range(10)))
    assert sorted(str(job.video.id) for job in taken if job) == sorted(map(str, films))


def test_whose_turn_it_is_is_known_in_time_where_thousands_of_films_wait(engine: Engine) -> None:
    emptied(engine, ENTITIES)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO videos (id, title, playback_url, created_at_ms, kind, source_key, source_size) "
                "SELECT gen_random_uuid(), 'On a shelf', '', n, 'library', n || '.mkv', 9 "
                "FROM generate_series(1, 10000) n"
            )
        )
        connection.execute(
            text(
                "INSERT INTO transcode_jobs (id, video_id, state, progress, updated_at_ms) "
                "SELECT gen_random_uuid(), id, 'pending', 0, created_at_ms FROM videos"
            )
        )
    # What takes longer than a statement may is broken off.
    job = PostgresFilmJobs(Transactions(engine)).claim(20_000, 30_000)
    assert job is not None
    assert job.video.created_at_ms == 1
