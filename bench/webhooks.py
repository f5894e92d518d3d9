"""Webhooks to a good receiver, alone and beside bad ones: rate, order, signatures, and dead letters.

`party up` delivers to receivers in processes of their own. Events are rows that this program commits at a
steady rate, as the service's commands do. First there is a good receiver alone. Then the same load comes
beside one that refuses each event nine times, and one that takes connections and never answers. Exits with 1
when an event is missing, comes in the wrong order, or is not signed; when the bad ones didn't get what they
should; and below 0.9 of the rate alone.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, insert, text, update

from bench.webhook_receiver import Kind, ReceiverProcess, Report
from partyapp.party.contract import PartyEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.database import Transactions
from tests.support.local_stack import Stack, party
from tests.support.own_folder import own_folder
from tests.support.party_objects import created
from tests.support.waiting import eventually

#: The schedule of three days, in seconds.
SCHEDULE = {
    "PARTY_WEBHOOK_ALLOW_PRIVATE": "1",
    "PARTY_WEBHOOK_FIRST_RETRY_S": "0.05",
    "PARTY_WEBHOOK_LONGEST_RETRY_S": "0.3",
    "PARTY_WEBHOOK_RETRY_FOR_S": "40",
}
#: Events are committed so often, in s.
STEP_S = 0.05
REFUSALS = 9
#: What the receiver that refuses is told of: so many parties of its own, with so many events each.
OWN_PARTIES, OWN_EVENTS = 3, 3
LIMIT_S = 300.0
_WAITING = text("SELECT count(*) FROM webhook_streams WHERE cursor_revision < until_revision OR replaying")


class Log:
    """Commits events of parties, as commands do: rows that the relay has not seen."""

    def __init__(self, stack: Stack, parties: int) -> None:
        self._transactions = Transactions(create_engine(sqlalchemy_url(stack.database_url)))
        self.parties: list[UUID] = []
        self._revisions: dict[UUID, int] = {}
        self._next = 0
        with self._transactions.begin() as session:
            for _ in range(parties):
                made = created(created_at_ms=WallClock().now_ms())
                PartySessionService(session).add(made)
                self.parties.append(made.state.id)
                self._revisions[made.state.id] = made.state.revision
            session.execute(update(PartyEventEntity).values(relayed=True))

    def commit(self, amount: int, parties: Sequence[UUID]) -> None:
        """So many more events, of one of these parties after the other."""
        rows = [
            mapping.event_columns(self._event(parties[(self._next + number) % len(parties)]), None)
            for number in range(amount)
        ]
        self._next += amount
        with self._transactions.begin() as session:
            session.execute(insert(PartyEventEntity), rows)

    def _event(self, party_id: UUID) -> PartyEvent:
        self._revisions[party_id] += 1
        now_ms = WallClock().now_ms()
        return PartyEvent(
            id=new_id(),
            party_id=party_id,
            revision=self._revisions[party_id],
            type="playback_sought",
            at_ms=now_ms,
            actor_id=new_id(),
            data={"state": "playing", "position_s": 61.25, "rate": 1.0, "at_ms": now_ms, "lead_ms": 200.0},
        )

    def load(self, rate: int, seconds: float, parties: Sequence[UUID]) -> int:
        """Events at a steady rate; returns how many. A step that is late is made up for."""
        began_s, made, pause = time.monotonic(), 0, threading.Event()
        while (passed_s := time.monotonic() - began_s) < seconds:
            due = int(rate * passed_s) - made
            if due > 0:
                self.commit(due, parties)
                made += due
            pause.wait(STEP_S)
        return made

    def is_delivered(self) -> bool:
        """Whether nothing is to be sent to anybody any more."""
        with self._transactions() as session:
            return bool(session.scalar(_WAITING) == 0)


class Operator:
    """`party webhooks …` in a second terminal."""

    def __init__(self, stack: Stack) -> None:
        self._environ = {**os.environ, "PARTY_DATA_DIR": str(stack.data_dir)}

    def run(self, *words: str) -> list[dict[str, Any]]:
        """What it prints as lines of JSON."""
        command = party("webhooks", *words, "--json")
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def add(self, receiver: ReceiverProcess, parties: Sequence[UUID] = ()) -> str:
        """Register a receiver, and give it its secret; returns its id."""
        words = [word for party_id in parties for word in ("--party", str(party_id))]
        (added,) = self.run("add", receiver.url, *words)
        receiver.use(added["secret"])
        return str(added["id"])


def is_right(report: Report, events: int) -> bool:
    """Whether all of them came, signed and in order."""
    print(
        f"  {report.events} of {events} events, {report.requests} requests; {report.unsigned} unsigned, "
        f"{report.misplaced} out of order",
        flush=True,
    )
    return report.events == events and not report.unsigned and not report.misplaced


def load(log: Log, good: ReceiverProcess, options: argparse.Namespace) -> tuple[float, bool]:
    """Events a second that the good receiver took, from its first to its last; and whether all was right."""
    good.forget()
    made = log.load(options.rate, options.seconds, log.parties[OWN_PARTIES:])
    ended_s = time.monotonic()
    eventually(lambda: good.report().events >= made, LIMIT_S, every_s=0.2)
    report = good.report()
    reached = (report.events - 1) / (report.last_s - report.first_s)
    print(f"  {reached:.0f}/s taken of {made / options.seconds:.0f}/s committed; the last event came "
          f"{max(0.0, report.last_s - ended_s):.1f} s after its commit")  # fmt: skip
    return reached, is_right(report, made)


def beside_bad(
    log: Log, operator: Operator, good: ReceiverProcess, options: argparse.Namespace
) -> tuple[float, bool]:
    """The same load beside two bad receivers, and whether they got what they should."""
    own = log.parties[:OWN_PARTIES]
    with ReceiverProcess(Kind.REFUSES, REFUSALS) as refuses, ReceiverProcess(Kind.SILENT) as silent:
        operator.add(refuses, own)
        dead = operator.add(silent, log.parties[OWN_PARTIES:])
        log.commit(OWN_PARTIES * OWN_EVENTS, own)
        reached, is_well = load(log, good, options)
        eventually(log.is_delivered, LIMIT_S, every_s=1.0)
        print(f"the one that refuses each event {REFUSALS} times:")
        is_well &= is_right(refuses.report(), OWN_PARTIES * OWN_EVENTS)
        letters = operator.run("dead", "--limit", "10000000")
        print("the one that never answers:")
        print(f"  {silent.report().requests} requests, {len(letters)} events in the dead-letter list")
        is_well &= len(letters) == good.report().events
        return reached, is_well and {letter["endpoint"] for letter in letters} == {dead}


def main() -> int:
    """Run both loads and print what was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks", description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each load takes")
    parser.add_argument("--parties", type=int, default=100)
    options = parser.parse_args()
    with own_folder() as folder, Stack(folder / "data", extra=SCHEDULE, webhooks=True) as stack:
        log, operator = Log(stack, options.parties + OWN_PARTIES), Operator(stack)
        with ReceiverProcess(Kind.GOOD) as good:
            operator.add(good, log.parties[OWN_PARTIES:])
            print(f"a good receiver alone, {options.parties} parties:")
            alone, is_well = load(log, good, options)
            print("the same beside two bad ones:")
            beside, is_well_beside = beside_bad(log, operator, good, options)
    print(f"{beside / alone:.2f} of the rate alone")
    return int(not (is_well and is_well_beside and beside >= 0.9 * alone))


if __name__ == "__main__":
    sys.exit(main())
