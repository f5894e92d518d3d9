"""A short fault run on a fixed seed; and seeded bugs are found, so that a run without violations counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.report import report_text
from bench.faults.run import RunOptions, run
from bench.faults.seeded_bugs import DOUBLE_COMMIT, LOST_COMMIT, LOST_PUBLISH
from tests.support.own_folder import own_folder

pytestmark = [pytest.mark.stack, pytest.mark.timeout(420)]

#: The bench judges the time in which all agree again; here only that they do.
PATIENT_S = 30.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as own:
        yield own


def test_nothing_acknowledged_is_lost_or_done_twice_and_all_agree_after_twenty_faults(folder: Path) -> None:
    options = RunOptions(seed=20, seconds=75.0, clients=15, max_faults=20, converge_s=PATIENT_S)
    outcome = run(options, folder, print)
    assert outcome.violations == [], report_text(outcome)
    assert outcome.figures["faults_done"] >= 15, report_text(outcome)
    assert outcome.figures["ok"] > 50, report_text(outcome)


def test_seeded_bugs_are_found(folder: Path) -> None:
    bugs = (LOST_PUBLISH, DOUBLE_COMMIT, LOST_COMMIT)
    options = RunOptions(seed=1, seconds=8.0, clients=15, converge_s=PATIENT_S, bugs=bugs)
    outcome = run(options, folder, print)
    said = "\n".join(violation.what for violation in outcome.violations)
    assert {"commands", "revisions", "listeners"} <= {violation.rule for violation in outcome.violations}
    assert "was done 2 times" in said, "the double commit"
    assert "and is lost" in said, "the lost commit"
    assert " came after " in said, "the lost publication"
