"""Disconnects, repeats and resumes against the running service: every member ends with the same state."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.e2e.conftest import Service, SignIn
from tests.support.party_state_machine import NAMES, PartyStateMachine

pytestmark = pytest.mark.stack

BOUNDED = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    # To make a failure shorter would take the time of many more parties.
    phases=[Phase.generate],
)


def test_every_member_ends_with_the_same_state(service: Service, sign_in: SignIn) -> None:
    watcher, people = sign_in("Watcher"), {name: sign_in(name) for name in NAMES}

    class Machine(PartyStateMachine):
        def __init__(self) -> None:
            super().__init__(watcher, people, service.video["id"])

    run_state_machine_as_test(Machine, settings=BOUNDED)
