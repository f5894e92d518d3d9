"""A process dies between a commit and its publication: the others hear of it when another one starts."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from uuid import UUID

import pytest

from partyapp.party.application.commands import SeekPlaybackCommand
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import create_database
from tests.support.fakes_party import FixedSchedule
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.party_objects import principal
from tests.support.playback_env import Process
from tests.support.waiting import RECOVERY_S
from tests.support.web_workers import on_two_workers, worker_of

pytestmark = pytest.mark.stack

#: No tick tells of it meanwhile.
SELDOM = {"WEB_CONCURRENCY": "2", "PARTY_TICK_INTERVAL_S": "3600"}


@pytest.fixture
def two_processes() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra=SELDOM) as running:
        yield running


def commit_unpublished(stack: Stack, party: str, host: Guest, at_ms: float) -> int:
    """Seek as the host, as a process does that has no bus any more; the new revision."""
    engine = create_database(stack.database_url, 1)
    try:
        command = SeekPlaybackCommand(
            actor=principal(user_id=UUID(host.user_id)), party_id=UUID(party), position_s=42.0
        )
        return Process(engine, FixedSchedule(at_ms, 100.0)).playback.control(command, new_id()).revision
    finally:
        engine.dispose()


def test_what_a_killed_process_committed_last_is_told_by_the_others(two_processes: Stack) -> None:
    host, member = Guest(two_processes.url, "Ada"), Guest(two_processes.url, "Grace")
    party = str(host.create_party(visibility="public")["id"])
    member.join(party)
    dying = host.connect(party)
    dying.expect("welcome")
    watching = on_two_workers(two_processes, lambda: member.connect(party), dying)
    killed = worker_of(two_processes, dying)
    revision = commit_unpublished(two_processes, party, host, host.party(party)["playback"]["at_ms"])
    assert all(message["revision"] < revision for message in watching.of_type("playback"))
    os.kill(killed, signal.SIGKILL)
    told = watching.expect("playback", RECOVERY_S, lambda message: message["revision"] == revision)
    assert told["playback"]["position_s"] == 42.0
    for guest in (host, member):
        guest.close()
