"""The record of a run: what the next start takes for its leftovers, and what other commands adopt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from partyapp.local_run.process_session import end_session, leftovers, members
from partyapp.local_run.run_record import RunRecord, adopt_running_servers, boot_id, read_record
from tests.support.waiting import RECOVERY_S, eventually

SOCKETS = "/tmp/party-of-a-test"


def record(session: int, boot: str | None = None) -> RunRecord:
    boot = boot_id() if boot is None else boot
    urls = {"DATABASE_URL": "postgresql+psycopg://postgres@/party?host=/x", "REDIS_URL": "unix:///x"}
    return RunRecord(up_pid=1, session=session, socket_dir=SOCKETS, boot_id=boot, urls=urls)


def leader(*words: str) -> "subprocess.Popen[bytes]":
    """The leader of a new session, with a child in a group of its own that outlives it."""
    code = "import os, subprocess, sys, time\nsubprocess.Popen(['sleep', '60'], process_group=0)\n"
    code += "print('up', flush=True)\ntime.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], start_new_session=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_record_is_read_back_and_removed(tmp_path: Path) -> None:
    record(5).write(tmp_path)
    assert read_record(tmp_path) == record(5)
    RunRecord.remove(tmp_path)
    assert read_record(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"session": 1', '{"session": "x", "up_pid": 1}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text, encoding="utf-8")
    assert read_record(tmp_path) is None


def test_what_a_killed_run_left_is_found_and_ended_with_its_orphans() -> None:
    process = leader(SOCKETS)
    try:
        assert len(leftovers(record(process.pid))) == 2
        process.kill()
        process.wait(RECOVERY_S)
        # The leader is gone; the session still tells whose the orphan is.
        assert len(leftovers(record(process.pid))) == 1
        assert end_session(process.pid)
        eventually(lambda: not members(process.pid))
    finally:
        end_session(process.pid, grace_s=0.1)
        process.communicate()


@pytest.mark.parametrize("kind", ["another program has the pid", "another boot", "our own session"])
def test_strangers_are_never_taken_for_leftovers(kind: str) -> None:
    process = leader("/tmp/party-of-another" if kind == "another program has the pid" else SOCKETS)
    try:
        session = os.getsid(0) if kind == "our own session" else process.pid
        boot = "yesterday" if kind == "another boot" else None
        assert leftovers(record(session, boot)) == []
    finally:
        end_session(process.pid, grace_s=0.1)
        process.communicate()


def test_another_command_adopts_the_embedded_servers(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    record(5).write(tmp_path / "run")
    (tmp_path / "secret_key").write_text("s" * 64, encoding="ascii")
    environ: dict[str, str] = {}
    adopt_running_servers(environ, tmp_path)
    assert environ["DATABASE_URL"] == record(5).urls["DATABASE_URL"]
    assert environ["REDIS_URL"] == "unix:///x"
    assert environ["PARTY_SECRET_KEY"] == "s" * 64


def test_who_names_a_database_gets_that_one(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    record(5).write(tmp_path / "run")
    environ = {"DATABASE_URL": "postgres://elsewhere/party"}
    adopt_running_servers(environ, tmp_path)
    assert environ == {"DATABASE_URL": "postgres://elsewhere/party"}
