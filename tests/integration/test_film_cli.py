"""What an operator does with films by `party`, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partyapp.film_cli import library, videos
from partyapp.shared.ops.migrations import upgrade
from partyapp.transcode.application import library as scanning
from tests.support.fresh_database import fresh_database

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command on a database and a folder of its own."""
    with fresh_database(database_url) as url:
        upgrade(url)
        for name, value in {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_SECRET_KEY": "k3y-" * 10,
            "PARTY_ENV": "test",
            "PARTY_FILMS": str(tmp_path / "films"),
            "PARTY_LIBRARY_DIR": str(tmp_path / "library"),
        }.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "library").mkdir()

        def command(*words: str) -> Result:
            group, *rest = words
            return CliRunner().invoke({"library": library, "videos": videos}[group], rest)

        yield command


def test_the_library_is_scanned_and_a_film_removed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SETTLED_MS", -1)
    (tmp_path / "library" / "Film.mp4").write_bytes(b"film")
    assert run("library", "scan").output == "1 added, 0 removed\n"
    assert run("library", "scan").output == "0 added, 0 removed\n"
    line = run("videos", "list").output
    assert "pending" in line
    assert "Film" in line
    video_id = line.split()[0]
    kept = tmp_path / "films" / "films" / video_id / "1"
    kept.mkdir(parents=True)
    (kept / "film.mp4").write_bytes(b"made")
    removed = run("videos", "remove", video_id)
    assert (removed.exit_code, removed.output) == (0, "")
    assert not kept.exists()
    again = run("videos", "remove", video_id)
    assert (again.exit_code, again.output) == (1, "Error: There is no such video.\n")
    assert (tmp_path / "library" / "Film.mp4").read_bytes() == b"film"


def test_what_is_missing_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "library").rmdir()
    missing = run("library", "scan")
    assert (missing.exit_code, missing.output) == (
        1,
        "Error: The library can't be read: No such file or directory.\n",
    )
    monkeypatch.delenv("PARTY_LIBRARY_DIR")
    assert run("library", "scan").output == "Error: PARTY_LIBRARY_DIR must be set.\n"
    monkeypatch.delenv("PARTY_SECRET_KEY")
    assert run("library", "scan").exit_code == 1
