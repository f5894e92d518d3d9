"""The `party` command as a person meets it: short help, errors of one line, exit statuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.local_stack import environment, free_port, party
from tests.support.waiting import RECOVERY_S


def run(tmp_path: Path, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    environ = environment(tmp_path / "data", free_port(), extra)
    words = party(*arguments)
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=RECOVERY_S, check=False)


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    for name in ("library", "migrate", "up", "videos"):
        assert f"  {name} " in done.stdout


def test_help_does_not_import_the_application() -> None:
    code = (
        "import sys\nfrom partyapp.cli import party\n"
        "party(['up', '--help'], standalone_mode=False)\n"
        "print([name for name in ('flask', 'sqlalchemy', 'celery', 'psycopg') if name in sys.modules])"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=RECOVERY_S, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"PORT": "http"}, "PORT must be"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY must be"),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL must be"),
        ({"PARTY_DATA_DIR": f"{os.devnull}/party"}, "can't be used"),
    ],
)
@pytest.mark.thorough
def test_what_is_set_wrong_is_one_line_and_exit_status_1(
    tmp_path: Path, extra: dict[str, str], said: str
) -> None:
    done = run(tmp_path, "up", **extra)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_wrong_usage_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    done = run(tmp_path, "dance")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_migrating_without_a_database_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "DATABASE_URL" in done.stderr


@pytest.mark.thorough
def test_migrating_an_unreachable_database_is_one_line_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://u:hunter2@127.0.0.1:{free_port()}/party"
    done = run(tmp_path, "migrate", DATABASE_URL=url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "hunter2" not in done.stderr
