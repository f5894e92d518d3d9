"""Disconnects, repeats and resumes against the running service: every member ends with the same state."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.e2e.conftest import Service, SignIn
from tests.support.examples import TO_A_SERVICE_UNSHRUNK
from tests.support.party_state_machine import NAMES, PartyStateMachine

pytestmark = pytest.mark.stack

BOUNDED = settings(TO_A_SERVICE_UNSHRUNK, max_examples=8, stateful_step_count=20, derandomize=True)


def test_every_member_ends_with_the_same_state(service: Service, sign_in: SignIn) -> None:
    watcher, people = sign_in("Watcher"), {name: sign_in(name) for name in NAMES}

    class Machine(PartyStateMachine):
        def __init__(self) -> None:
            super().__init__(watcher, people, service.video["id"])

    run_state_machine_as_test(Machine, settings=BOUNDED)
