"""One fault run from its start to its verdict."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.faults.checker import Settling, Violation, check, took_s
from bench.faults.database import PartyStore, read_revisions, read_truth
from bench.faults.environment import ROOT, Resources
from bench.faults.history import History, read_history
from bench.faults.logs import check_canaries, check_ends, check_greenlets, exceptions, read_logs
from bench.faults.schedule import Nemesis
from bench.faults.seeded_bugs import plant
from bench.live.processes import Program
from tests.support.waiting import Unexpected, eventually

#: Members are in, with all their sockets, after so many seconds at the latest.
READY_LIMIT_S = 120.0
SETTLE_LIMIT_S = 120.0
#: P7: the outbox is empty so long after the last fault.
OUTBOX_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run. `converge_s` is how soon all members have to agree after the last fault."""

    seed: int
    seconds: float
    clients: int
    most_faults: int | None = None
    converge_s: float = 2.0
    plants: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run found. `figures` are for the report."""

    order: Order
    faults: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    exceptions: dict[str, int] = field(default_factory=dict)


class Clients(Program):
    """The process in which all clients live."""

    def __init__(self, url: str, history: Path, order: Order) -> None:
        words = [url, str(history), str(order.clients), str(order.seed), ",".join(order.plants)]
        super().__init__([sys.executable, "-m", "bench.faults.workload", *words], ROOT)

    def hear(self, word: str, limit_s: float) -> Any:
        """What it says after `word`. Raises RuntimeError when it doesn't in time."""
        return json.loads(self.read_line(limit_s))[word]


def run(order: Order, folder: Path, tell: Callable[[str], None]) -> Outcome:
    """Run it. Raises Unexpected when the stack doesn't even start."""
    outcome = Outcome(order=order)
    history_path = folder / "history.jsonl"
    with Resources(folder, order.seed) as ground:
        with Clients(ground.stack.url, history_path, order) as clients:
            staying = set(clients.hear("ready", READY_LIMIT_S))
            tell(f"{len(staying)} members are in; the faults begin")
            began = time.monotonic()
            nemesis = Nemesis(ground, order.seed, tell=tell)
            nemesis.rage(order.seconds, order.most_faults)
            outcome.faults = nemesis.as_json()
            raged_s = time.monotonic() - began
            secret = ground.stack.secret_key
            settling = _heal(ground, order, staying, outcome, tell)
            truth = _settle(ground, clients, order, outcome)
        ground.stack.stop()
        said, logs = ground.said(), read_logs(ground.stack.data_dir / "logs")
        history = _read(history_path)
        outcome.violations += check(history, truth, settling)
        outcome.violations += check_canaries({**logs, "party up": said}, history.canaries | {secret})
        outcome.violations += check_ends(said, logs, ground.killed, ground.killed_pids)
        outcome.violations += check_greenlets(logs)
    outcome.exceptions = dict(exceptions(logs).most_common(30))
    outcome.figures = _figures(history, truth, settling, outcome, raged_s)
    return outcome


def _heal(
    ground: Resources, order: Order, staying: set[str], outcome: Outcome, tell: Callable[[str], None]
) -> Settling:
    """End every fault and wait until all is up: from then on the members' time counts."""
    tell("the last fault is over")
    healed_s = time.monotonic()
    ground.heal()
    try:
        ground.wait_until_up()
    except Unexpected as still:
        outcome.violations.append(Violation("processes", f"the stack is not up again: {still}"))
    up_s = time.monotonic()
    tell(f"all is up again after {up_s - healed_s:.1f} s")
    revisions = read_revisions(ground.stack.database_url)
    return Settling(up_s=up_s, revisions=revisions, staying=staying, limit_s=order.converge_s)


def _settle(ground: Resources, clients: Clients, order: Order, outcome: Outcome) -> PartyStore:
    """Let the clients finish and the outbox run empty; then take the truth, and let everybody hear it."""
    clients.write_line("settle")
    unfinished = clients.hear("settled", SETTLE_LIMIT_S)
    if unfinished:
        outcome.violations.append(Violation("commands", f"{unfinished} clients never got an answer"))
    address = ground.stack.database_url
    for wrong in order.plants:
        plant(wrong, address)
    truth = read_truth(address)

    def is_drained() -> bool:
        nonlocal truth
        truth = read_truth(address)
        return truth.unrelayed == truth.pending == 0

    # The checker says what waits.
    with suppress(Unexpected):
        eventually(is_drained, OUTBOX_LIMIT_S, every_s=0.5)
    wanted = {party: found.row["revision"] for party, found in truth.parties.items()}
    clients.write_line("final " + json.dumps(wanted))
    clients.hear("done", SETTLE_LIMIT_S)
    return truth


def _read(path: Path) -> History:
    with path.open(encoding="utf-8") as lines:
        return read_history(lines)


def _figures(
    history: History, truth: PartyStore, settling: Settling, outcome: Outcome, raged_s: float
) -> dict[str, Any]:
    counts = history.counts()
    found = [
        took_s(history.hearings[name], settling) for name in settling.staying if name in history.hearings
    ]
    took = sorted(each for each in found if each is not None)
    return {
        **counts,
        "events": sum(len(found.events) for found in truth.parties.values()),
        "parties": len(truth.parties),
        "faults": len(outcome.faults),
        "faults_done": sum(not each["did"].startswith("not done") for each in outcome.faults),
        "raged_s": round(raged_s, 1),
        "commands_a_second": round(counts["commands"] / raged_s, 1) if raged_s else 0.0,
        "converged_s": round(took[-1], 3) if took else None,
        "statuses": dict(history.statuses),
    }
