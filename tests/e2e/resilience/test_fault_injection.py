"""A short fault run on a fixed seed; and seeded bugs are found, so that a run without violations counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.report import report_text
from bench.faults.run import Outcome, RunOptions, run
from bench.faults.seeded_bugs import SEEDED_BUGS, NothingToSpoil
from tests.support.own_folder import own_folder
from tests.support.waiting import Unexpected

pytestmark = [pytest.mark.stack, pytest.mark.timeout(420)]

#: The bench judges the time in which all agree again; here only that they do.
PATIENT_S = 30.0

#: How the checker says what each seeded bug did.
FOUND_AS = {
    "lost-publish": r"^listeners: .* revision \d+ came after ",
    "double-commit": r"^commands: (play|pause|seek) .* was done 2 times",
    "lost-commit": r"^commands: (play|pause|seek) .* was acknowledged as \d+ and is lost",
    "lost-message": r"^chat: message .* was acknowledged as \d+ and is lost",
    "double-message": r"^chat: nobody said message \d+",
    "second-guest": r"^admissions: invite .* for 1 let 2 in",
    "banned-member": r"^admissions: .* is banned from .*, and a member",
    "second-play": r"^queue: film .* was played 2 times",
    "lost-item": r"^queue: film .* was acknowledged and is lost",
    "endless-wait": r"^holds: .* (outlived its end by|has been over for) ",
    "other-settings": r"^fold: .*'next_after_s': 77",
}


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as own:
        yield own


def test_nothing_acknowledged_is_lost_or_done_twice_and_all_agree_after_eighteen_faults(folder: Path) -> None:
    options = RunOptions(seed=20, seconds=70.0, clients=15, max_faults=18, converge_s=PATIENT_S, calm_s=5.0)
    outcome = run(options, folder, print)
    assert outcome.violations == [], report_text(outcome)
    assert outcome.figures["faults_done"] >= 15, report_text(outcome)
    assert outcome.figures["ok"] > 50, report_text(outcome)
    evening = outcome.figures["evening"]
    tried = {name: evening[name] for name in ("messages", "joins_by_invite", "readings", "waits")}
    assert all(tried.values()), report_text(outcome)


def _evening_with_bugs(folder: Path) -> Outcome:
    """How fast the machine is decides too what an evening comes to: whether a film still waits, say."""
    for seed in (1, 2, 3):
        options = RunOptions(
            seed=seed, seconds=8.0, clients=15, converge_s=PATIENT_S, calm_s=0.0, bugs=SEEDED_BUGS
        )
        own = folder / str(seed)
        own.mkdir()
        try:
            return run(options, own, print)
        except NothingToSpoil as nothing:
            print(nothing)
    raise Unexpected("no evening had something for each bug to spoil")


def test_seeded_bugs_are_found(folder: Path) -> None:
    outcome = _evening_with_bugs(folder)
    said = "\n".join(f"{violation.rule}: {violation.what}" for violation in outcome.violations)
    unseen = {bug for bug, words in FOUND_AS.items() if re.search(words, said, re.MULTILINE) is None}
    assert unseen == set(), report_text(outcome)
    assert FOUND_AS.keys() == set(SEEDED_BUGS)
