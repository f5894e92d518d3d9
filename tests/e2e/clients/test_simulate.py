"""`party simulate` against a real stack: what it reports, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.support.local_stack import Stack
from tests.support.local_stack import party as party_command
from tests.support.own_folder import own_folder
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    # The service that ends in one of these tests is their own.
    with own_folder() as folder, Stack(folder / "data") as started:
        yield started


@contextmanager
def simulation(url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    words = party_command("simulate", "--url", url, "--json", "--parties", "2", "--members", "3", *options)
    # Two processes, so that what they measured has to be put together.
    words += ["--processes", "2", "--every", "1"]
    path = os.pathsep.join(["clients/python/src", os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], int]:
    said, wrong = process.communicate(timeout=2 * RECOVERY_S)
    assert "Traceback" not in wrong
    return json.loads(said), process.returncode


def parties(stack: Stack, condition: str) -> int:
    with psycopg.connect(stack.database_url.replace("+psycopg", "")) as connection:
        row = connection.execute(f"SELECT count(*) FROM synced_party_sessions WHERE {condition}").fetchone()
    assert row is not None
    return int(row[0])


def playing(stack: Stack) -> int:
    return parties(stack, "status = 'active' AND playback_state = 'playing'")


def test_it_reports_what_was_held_and_ends_its_parties(stack: Stack) -> None:
    with simulation(stack.url, "--seconds", "6") as process:
        report, code = ended(process)
    # On a busy machine the simulator may have been too slow, and then it has to say so.
    assert code == (3 if report["simulator_was_limit"] else 0), report
    assert (report["members"], report["held"], report["held_least"]) == (6, 6, 6)
    assert (report["parties_ended"], report["parties_left"], report["stopped"]) == (2, [], "")
    assert report["commands"] >= 2 + 2
    assert report["unheard"] == 0
    assert 0 < report["last_member_ms"]["p50"] <= report["last_member_ms"]["p99"]
    assert report["pong_ms"]["p99"] > 0
    assert len(report["member_errors_ms"]) == 6
    assert report["reference_bound_ms"] > 0
    assert 0 < report["in_sync"] <= 1
    assert report["simulator_processes"] == 2
    assert parties(stack, "status = 'active'") == 0


def test_ctrl_c_ends_its_parties(stack: Stack) -> None:
    with simulation(stack.url, "--seconds", "600") as process:
        eventually(lambda: playing(stack) == 2, RECOVERY_S)
        process.send_signal(signal.SIGINT)
        report, code = ended(process)
    assert (code, report["stopped"], report["parties_ended"]) == (130, "Stopped.", 2)
    assert parties(stack, "status = 'active'") == 0


def test_when_it_is_killed_its_processes_end_the_parties(stack: Stack) -> None:
    with simulation(stack.url, "--seconds", "600") as process:
        eventually(lambda: playing(stack) == 2, RECOVERY_S)
        process.kill()
        process.wait(LIMIT_S)
        eventually(lambda: parties(stack, "status = 'active'") == 0, RECOVERY_S)


def test_a_service_that_is_lost_is_named_with_what_is_left(stack: Stack) -> None:
    with simulation(stack.url, "--seconds", "600", "--lost-after", "2") as process:
        eventually(lambda: playing(stack) == 2, RECOVERY_S)
        with stack.held_down("web"):
            report, code = ended(process)
    assert code == 1
    assert f"The service at {stack.url} was lost" in report["stopped"]
    assert "for 2 s no member had a socket" in report["stopped"]
    assert (report["held"], report["parties_ended"], len(report["parties_left"])) == (0, 0, 2)
    assert report["closed"]


def test_a_service_that_is_not_there_is_one_sentence() -> None:
    with simulation("http://127.0.0.1:1", "--seconds", "5") as process:
        report, code = ended(process)
    assert code == 1
    assert report["stopped"].startswith("The service doesn't answer: no answer from http://127.0.0.1:1")
