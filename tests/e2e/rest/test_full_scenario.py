"""The main proof: a script that speaks HTTP and WebSocket alone runs the full scenario."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Service
from tests.support.full_scenario import EXPECTED_LOG, main, run
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]


def test_the_full_scenario(service: Service) -> None:
    told: list[str] = []
    log = run(service.url, told.append)
    assert [event["revision"] for event in log] == list(range(1, len(EXPECTED_LOG) + 1))
    assert any("without a gap" in line for line in told)


def test_the_full_scenario_as_a_script(service: Service) -> None:
    command = [sys.executable, "-m", "tests.support.full_scenario", service.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=RECOVERY_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("Everything worked.")


def test_the_script_fails_where_there_is_no_service(capsys: pytest.CaptureFixture[str]) -> None:
    # Port 9 is "discard", where nothing listens.
    assert main(["http://127.0.0.1:9"]) == 1
    assert "FAILED" in capsys.readouterr().err
