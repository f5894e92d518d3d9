"""The catalogue follows the library's folder, which is only read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.library import SETTLED_MS, ScanLibrary, ScanResult, title_of
from partyapp.transcode.application.prepare_films import NOT_ASKED
from partyapp.transcode.domain.film import FilmSource
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import VideoKind
from partyapp.transcode.infrastructure.library_folder import LibraryFolder
from tests.support.fakes_transcode import InMemoryParties, InMemoryVideos, RemovedFiles
from tests.support.film_machine import FILM, FilmMachine


class Env:
    """A library and its catalogue."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FixedClock()
        self.videos, self.parties, self.files = InMemoryVideos(), InMemoryParties(), RemovedFiles()

    def put(self, name: str, content: str = "film", age_ms: float = SETTLED_MS) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        # The file's own clock can't be set, so ours is set by it.
        self.clock.time_ms = max(path.stat().st_mtime, path.stat().st_ctime) * 1000 + age_ms
        return path

    def scan(self) -> ScanResult:
        library = LibraryFolder(self.folder)
        return ScanLibrary(
            videos=self.videos, parties=self.parties, library=library, files=self.files, clock=self.clock
        )()

    def titles(self) -> list[str]:
        return sorted(view.title for view in self.videos.newest(100))


@pytest.fixture
def env(tmp_path: Path) -> Env:
    return Env(tmp_path)


def test_films_are_found_in_all_folders_and_nothing_else(env: Env) -> None:
    for name in ("B.mp4", "A/Staffel 1/Folge_2.MKV", "notes.txt", ".hidden.mp4", ".git/x.mp4", "A/B.srt"):
        env.put(name)
    (env.folder / "loop").symlink_to(env.folder)
    (env.folder / "out.mp4").symlink_to("/etc/hostname")
    assert env.scan() == ScanResult(added=2)
    assert env.titles() == ["A · Staffel 1 · Folge 2", "B"]
    view = next(view for view in env.videos.newest(10) if view.title == "B")
    assert (view.video.kind, view.video.owner_id, view.state.value) == (VideoKind.LIBRARY, None, "preparing")
    assert env.scan() == ScanResult()


def test_a_file_that_may_still_be_copied_is_left_for_later(env: Env) -> None:
    env.put("film.mp4", age_ms=SETTLED_MS - 1)
    assert env.scan() == ScanResult()
    env.clock.advance(1)
    assert env.scan() == ScanResult(added=1)


def test_what_is_gone_goes_and_what_was_replaced_is_new(env: Env) -> None:
    gone, other = env.put("gone.mp4"), env.put("other.mp4")
    env.scan()
    before = {view.title: view.id for view in env.videos.newest(10)}
    gone.unlink()
    other.write_text("another film")
    env.put("other.mp4", "another film")
    assert env.scan() == ScanResult(removed=2)
    assert set(env.files) == set(before.values())
    assert env.scan() == ScanResult(added=1)
    [view] = env.videos.newest(10)
    assert view.id != before["other"]


def test_a_film_that_a_party_shows_stays(env: Env) -> None:
    path = env.put("film.mp4")
    env.scan()
    [view] = env.videos.newest(10)
    env.parties.watching[new_id()] = {view.id}
    path.unlink()
    assert env.scan() == ScanResult()
    env.parties.watching.clear()
    assert env.scan() == ScanResult(removed=1)


def test_a_folder_that_is_away_for_a_while_loses_nothing(env: Env) -> None:
    env.put("film.mp4")
    env.scan()
    env.folder.rename(env.folder.with_name("away"))
    with pytest.raises(FileNotFoundError):
        env.scan()
    assert env.titles() == ["film"]
    assert list(LibraryFolder(None).films()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_passed_over(env: Env) -> None:
    env.put("closed/film.mp4")
    env.put("open.mp4")
    (env.folder / "closed").chmod(0)
    assert env.scan() == ScanResult(added=1)
    (env.folder / "closed").chmod(0o700)


def test_a_long_name_is_cut_at_its_front() -> None:
    assert title_of("x" * 150 + "/" + "y" * 150 + ".mkv").endswith("y" * 150)
    assert len(title_of("x" * 150 + "/" + "y" * 150 + ".mkv")) == 200


def test_a_film_that_needs_a_copy_waits_to_be_asked_for(tmp_path: Path) -> None:
    machine = FilmMachine(tmp_path)
    path = tmp_path / "library" / "film.mkv"
    path.write_bytes(b"as from a disc")
    video = machine.film(VideoKind.LIBRARY, "film.mkv")
    machine.run()
    job = machine.shown(video)["transcode_job"]
    assert (job["state"], job["error"]) == ("failed", NOT_ASKED)
    assert machine.kept(video) == []

    def again(before: TranscodeJob | None) -> TranscodeJob:
        assert before is not None
        return before.report(JobState.PENDING, progress=None, error=None, now_ms=2.0)

    machine.videos.change_job(video.id, again)
    machine.run()
    assert machine.shown(video)["state"] == "playable"
    assert machine.kept(video) == ["2/film.mp4", "2/p.jpg", "2/s.vtt"]


def test_subtitles_beside_a_film_come_with_it(tmp_path: Path) -> None:
    machine = FilmMachine(tmp_path)
    folder = tmp_path / "library" / "A"
    folder.mkdir()
    (folder / "film.mp4").write_bytes(b"on the shelf")
    (folder / "film.de.srt").write_bytes("1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".encode("latin-1"))
    (folder / "film.en.srt").write_bytes(b"nothing that could be read")
    (folder / "other.fr.srt").write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nsalut\n")
    as_it_came = FilmSource(file="", type="video/mp4", width=640, height=360, bitrate=9)
    machine.preparer.work = lambda *_: replace(FILM, sources=(as_it_came,), subtitles=(), poster=None)
    video = machine.film(VideoKind.LIBRARY, "A/film.mp4")
    machine.run()
    [track] = machine.shown(video)["subtitles"]
    assert (track["language"], track["label"]) == ("de", "Deutsch")
    name = track["url"].removeprefix(f"/media/g/{video.id}/")
    assert "Grüße" in b"".join(machine.store.read(f"films/{video.id}/{name}")).decode()
    assert machine.kept(video) == [name]
