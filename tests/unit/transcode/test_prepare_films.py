"""A job is taken to its end under a lease: what is told, what is kept, and what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application import film_lease
from partyapp.transcode.application.film_jobs import LEASE_MS, MOST_TURNS
from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.application.film_store import StorageFull, source_key
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import FilmRefused, PreparationFailed, PreparationStopped
from partyapp.transcode.domain.video import VideoKind
from tests.support.fakes_films import InMemoryFilmStore
from tests.support.film_machine import EARLY, FILM, MP4, FilmMachine, make, makes_all
from tests.support.waiting import LIMIT_S, eventually


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilmMachine:
    monkeypatch.setattr(film_lease, "HEARTBEAT_S", 0.005)
    return FilmMachine(tmp_path)


def test_nothing_to_do(env: FilmMachine) -> None:
    assert not env.run()


def test_a_film_is_prepared_and_only_what_is_played_is_kept(env: FilmMachine) -> None:
    video = env.film()
    assert env.run()
    shown = env.shown(video)
    assert (shown["state"], shown["duration_s"]) == ("playable", 60.0)
    assert shown["playback_url"] == f"/media/g/{video.id}/1/film.mp4"
    assert env.kept(video) == ["1/film.mp4", "1/p.jpg", "1/s.vtt"]
    assert b"".join(env.store.read(f"films/{video.id}/1/film.mp4")) == b"film.mp4"
    assert env.preparer.sources == [b"source"]
    assert env.left() == []
    assert env.parties.told[-1] == env.videos.get(video.id)
    assert not env.run()


def test_a_film_that_is_played_as_it_came_stays(env: FilmMachine) -> None:
    as_it_came = replace(FILM, sources=(replace(MP4, file=""),), subtitles=(), poster=None)
    env.preparer.work = lambda *_: as_it_came
    video = env.film()
    env.run()
    assert env.kept(video) == ["source"]
    assert env.shown(video)["playback_url"] == f"/media/g/{video.id}/source"


def test_a_film_of_the_library_is_read_where_it_is(env: FilmMachine) -> None:
    (env.folder / "library" / "A").mkdir()
    (env.folder / "library" / "A" / "film.mkv").write_bytes(b"on the shelf")
    video = env.film(VideoKind.LIBRARY, "A/film.mkv")
    env.run()
    assert env.preparer.sources == [b"on the shelf"]
    assert env.shown(video)["state"] == "playable"
    assert (env.folder / "library" / "A" / "film.mkv").read_bytes() == b"on the shelf"


@pytest.mark.parametrize("key", ["gone.mkv", "../secret", "/etc/hostname", "link"])
def test_nothing_outside_the_library_is_read(env: FilmMachine, key: str) -> None:
    (env.folder / "secret").write_bytes(b"secret")
    (env.folder / "library" / "link").symlink_to(env.folder / "secret")
    video = env.film(VideoKind.LIBRARY, key)
    env.run()
    assert env.preparer.sources == []
    job = env.shown(video)["transcode_job"]
    assert (job["state"], job["error"]) == ("failed", "The film is not in the library's folder any more.")


def test_what_can_be_watched_already_is_told_once_it_is_stored(env: FilmMachine) -> None:
    video = env.film()

    def work(work_dir: Path, on_progress: Callable[[Progress], None], _: Any) -> PreparedFilm:
        for number in (1, 2):
            make(work_dir, f"seg{number}.m4s")
            (work_dir / "live.m3u8").write_text(f"{number} segments")
            segments = (f"seg{number}.m4s", "live.m3u8")
            on_progress(
                Progress(share=number / 4, film=EARLY, ready_until_s=number * 20.0, segments=segments)
            )
            index = b"".join(env.store.read(f"films/{video.id}/1/live.m3u8"))
            assert index == f"{number} segments".encode()
            eventually(lambda: env.shown(video)["ready_until_s"] == number * 20.0)  # noqa: B023
        shown = env.shown(video)
        assert (shown["state"], shown["transcode_job"]["progress"]) == ("preparing", 0.5)
        assert shown["playback_url"] == f"/media/g/{video.id}/1/live.m3u8"
        return makes_all(work_dir)

    env.preparer.work = work
    env.run()
    assert env.shown(video)["ready_until_s"] is None
    assert env.kept(video) == ["1/film.mp4", "1/p.jpg", "1/s.vtt"]
    told = [view.video.ready_until_s for view in env.parties.told]
    assert told[-1] is None
    assert 20.0 in told or 40.0 in told


def test_a_film_is_told_before_it_lasts_and_as_it_came_it_goes_after(env: FilmMachine) -> None:
    video = env.film()
    told: list[tuple[str, bool]] = []

    class SlowDisk(InMemoryFilmStore):
        def settle(self, key: str) -> None:
            eventually(lambda: env.shown(video)["state"] == "playable")
            told.append((key.rpartition("/")[2], "source" in env.kept(video)))
            super().settle(key)

    env.store = SlowDisk()
    env.store.put_bytes(source_key(video.id), b"source")

    def work(work_dir: Path, on_progress: Callable[[Progress], None], _: Any) -> PreparedFilm:
        film = makes_all(work_dir)
        on_progress(Progress(share=0.9, film=replace(film, poster=None)))
        assert told == [("film.mp4", True), ("s.vtt", True)]
        return film

    env.preparer.work = work
    env.run()
    assert told == [("film.mp4", True), ("s.vtt", True), ("p.jpg", True)]
    assert env.kept(video) == ["1/film.mp4", "1/p.jpg", "1/s.vtt"]
    assert len(env.store.lasting) == 3


@pytest.mark.parametrize(
    ("error", "tries", "reason"),
    [
        (FilmRefused("It is text."), 1, "It is text."),
        (StorageFull(), 1, StorageFull.detail),
        (PreparationFailed("ffmpeg was killed."), 3, "ffmpeg was killed."),
        (ZeroDivisionError("secret"), 1, "Something went wrong here while the film was prepared."),
    ],
)
def test_what_fails_says_why_and_leaves_nothing(
    env: FilmMachine, error: Exception, tries: int, reason: str
) -> None:
    video = env.film()

    def work(work_dir: Path, *_: Any) -> PreparedFilm:
        make(work_dir, "half.mp4")
        raise error

    env.preparer.work = work
    assert env.run()
    job = env.shown(video)["transcode_job"]
    assert (job["state"], job["error"]) == ("failed", reason)
    assert len(env.preparer.sources) == tries
    # The film as it came is what "try again" begins with.
    assert env.kept(video) == ["source"]
    assert env.left() == []


def test_what_fails_for_once_is_tried_again(env: FilmMachine) -> None:
    video = env.film()
    errors: list[Exception] = [PreparationFailed("killed"), PreparationFailed("killed")]

    def work(work_dir: Path, *_: Any) -> PreparedFilm:
        if errors:
            raise errors.pop()
        return makes_all(work_dir)

    env.preparer.work = work
    env.run()
    assert env.shown(video)["state"] == "playable"


def test_a_worker_that_ends_gives_the_job_back_with_what_it_made(env: FilmMachine) -> None:
    video = env.film()

    def ends(work_dir: Path, _: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        make(work_dir, "chunk1")
        env.ending = True
        assert should_stop()
        raise PreparationStopped()

    env.preparer.work = ends
    env.run()
    assert env.shown(video)["state"] == "preparing"
    assert env.left() == [str(video.id)]
    env.ending = False

    def goes_on(work_dir: Path, *_: Any) -> PreparedFilm:
        assert (work_dir / "chunk1").exists()
        return makes_all(work_dir)

    env.preparer.work = goes_on
    assert env.run()
    assert env.kept(video) == ["2/film.mp4", "2/p.jpg", "2/s.vtt"]


def test_whoever_lost_the_job_tells_and_keeps_nothing(env: FilmMachine) -> None:
    video = env.film()
    taken = threading.Event()

    def is_overtaken(work_dir: Path, on_progress: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        if taken.is_set():
            return makes_all(work_dir)
        taken.set()
        # Postgres isn't heard of for longer than the lease, and somebody else takes the job.
        renew = env.jobs.renew
        env.jobs.renew = _gone  # type: ignore[method-assign, assignment]
        env.clock.advance(LEASE_MS + 1)
        eventually(should_stop)
        env.jobs.renew = renew  # type: ignore[method-assign]
        other = threading.Thread(target=env.run)
        other.start()
        other.join(LIMIT_S)
        return makes_all(work_dir)

    env.preparer.work = is_overtaken
    env.run()
    assert env.shown(video)["state"] == "playable"
    assert env.shown(video)["playback_url"] == f"/media/g/{video.id}/2/film.mp4"
    assert env.kept(video) == ["2/film.mp4", "2/p.jpg", "2/s.vtt"]


def _gone(*_: Any) -> Any:
    raise Unavailable()


def test_what_is_watched_stays_until_whoever_took_over_replaces_it(env: FilmMachine) -> None:
    video = env.film()

    def is_cut_off(work_dir: Path, on_progress: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        on_progress(Progress(share=0.5, film=makes_all(work_dir)))
        eventually(lambda: env.shown(video)["state"] == "playable")
        renew = env.jobs.renew
        env.jobs.renew = _gone  # type: ignore[method-assign, assignment]
        env.clock.advance(LEASE_MS + 1)
        eventually(should_stop)
        env.jobs.renew = renew  # type: ignore[method-assign]
        raise PreparationStopped()

    env.preparer.work = is_cut_off
    env.run()
    assert env.shown(video)["playback_url"] == f"/media/g/{video.id}/1/film.mp4"
    assert env.kept(video) == ["1/film.mp4", "1/p.jpg", "1/s.vtt", "source"]
    env.preparer.work = makes_all
    env.run()
    assert env.shown(video)["playback_url"] == f"/media/g/{video.id}/2/film.mp4"
    assert env.kept(video) == ["2/film.mp4", "2/p.jpg", "2/s.vtt"]


def test_a_film_that_is_deleted_meanwhile_is_given_up(env: FilmMachine) -> None:
    video = env.film()

    def deleted(work_dir: Path, _: Any, should_stop: Callable[[], bool]) -> PreparedFilm:
        env.videos.remove(video.id)
        StoredFilmFiles(store=env.store).remove(video.id)
        eventually(should_stop)
        raise PreparationStopped()

    env.preparer.work = deleted
    assert env.run()
    assert env.kept(video) == []
    assert not env.run()


def test_what_kills_its_worker_again_and_again_is_given_up(env: FilmMachine) -> None:
    video = env.film()
    for _ in range(MOST_TURNS):
        now_ms = env.clock.now_ms()
        assert env.jobs.claim(now_ms, now_ms + 1)
        env.clock.advance(2)
    env.run()
    assert env.preparer.sources == []
    assert env.shown(video)["state"] == "failed"


def test_without_a_store_there_are_no_files_to_remove() -> None:
    StoredFilmFiles(store=None).remove(new_id())
