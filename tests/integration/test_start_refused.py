"""What may not start, as an operator sees it: a status that is not 0, and one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bare_program import SETTINGS, surroundings
from tests.support.local_stack import free_port
from tests.support.waiting import RECOVERY_S

PROGRAMS = {
    "web": ["gunicorn", "--config", "python:partyapp.gunicorn_conf", "partyapp.wsgi:app"],
    "worker": ["celery", "--app", "workers.celery_app", "worker"],
    "beat": ["celery", "--app", "workers.beat", "beat"],
}
BAD = {
    "no secret": {"PARTY_SECRET_KEY": ""},
    "short secret": {"PARTY_SECRET_KEY": "k" * 31},
    "default secret": {"PARTY_SECRET_KEY": "change-me-change-me-change-me-change-me"},
    "keys in the clear": {
        "AUTH_JWKS_URL": "http://idp.example",
        "AUTH_ISSUER": "i",
        "AUTH_AUDIENCE": "a",
    },
    "no database": {"DATABASE_URL": ""},
}


@pytest.mark.parametrize(
    ("program", "bad"),
    [*(("web", bad) for bad in BAD), ("worker", "default secret"), ("beat", "short secret")],
)
def test_nothing_starts_with_settings_that_cannot_be_used(program: str, bad: str, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    given = SETTINGS | BAD[bad] | {"PORT": str(free_port()), "HOST": "127.0.0.1"}
    words = PROGRAMS[program]
    ended = subprocess.run(
        [str(programs / words[0]), *words[1:]],
        env=surroundings(given),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )
    assert ended.returncode not in (0, None)
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("party: ")]
    assert next(iter(BAD[bad])) in line
    assert "Traceback" not in ended.stderr + ended.stdout
    secret = given["PARTY_SECRET_KEY"]
    assert not secret or secret not in ended.stderr + ended.stdout
