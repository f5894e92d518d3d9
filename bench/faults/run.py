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

from bench.faults.checker import Settling, check, convergence_s
from bench.faults.database import DatabaseSnapshot, read_revisions, read_snapshot
from bench.faults.environment import ROOT, FaultEnvironment
from bench.faults.evening_figures import evening_figures
from bench.faults.evening_rows import StoredChat, StoredQueue
from bench.faults.history import History, read_history
from bench.faults.logs import check_canaries, check_ends, check_greenlets, exceptions, read_logs
from bench.faults.schedule import FaultInjector
from bench.faults.seeded_bugs import apply_bug
from bench.faults.violation import Violation
from bench.processes import ChildProcess
from tests.support.waiting import Unexpected, eventually

#: All members have joined and opened their sockets after so many seconds at the latest.
READY_LIMIT_S = 120.0
SETTLE_LIMIT_S = 120.0
#: The outbox is empty so long after the last fault.
OUTBOX_LIMIT_S = 60.0

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What to run. `converge_s` is the time in which all members have to converge after the last fault.

    The evening goes on for `calm_s` after it.
    """

    seed: int
    seconds: float
    clients: int
    max_faults: int | None = None
    converge_s: float = 2.0
    calm_s: float = 15.0
    bugs: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run found. `figures` are for the report."""

    options: RunOptions
    faults: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    exceptions: dict[str, int] = field(default_factory=dict)


class WorkloadProcess(ChildProcess):
    """The process of all clients; see `bench.faults.workload`."""

    def __init__(self, url: str, history: Path, options: RunOptions) -> None:
        arguments = [url, str(history), str(options.clients), str(options.seed), ",".join(options.bugs)]
        super().__init__([sys.executable, "-m", "bench.faults.workload", *arguments], ROOT)

    def wait_for(self, key: str, limit_s: float) -> Any:
        """The value of `key` in its next line. Raises RuntimeError when none comes in time."""
        return json.loads(self.read_line(limit_s))[key]


def run(options: RunOptions, folder: Path, log: Log) -> Outcome:
    """Run it. Raises Unexpected when the stack doesn't even start."""
    outcome = Outcome(options=options)
    history_path = folder / "history.jsonl"
    with FaultEnvironment(folder, options.seed) as environment:
        with WorkloadProcess(environment.stack.url, history_path, options) as clients:
            permanent = set(clients.wait_for("ready", READY_LIMIT_S))
            log(f"{len(permanent)} members have joined; the faults begin")
            began = time.monotonic()
            injector = FaultInjector(environment, options.seed, log=log)
            injector.run(options.seconds, options.max_faults)
            outcome.faults = injector.as_json()
            injected_s = time.monotonic() - began
            secret = environment.stack.secret_key
            settling = _recover(environment, options, permanent, outcome, log)
            time.sleep(options.calm_s)
            database = _settle(environment, clients, options, outcome)
        environment.stack.stop()
        output, logs = environment.supervisor_output(), read_logs(environment.stack.data_dir / "logs")
        history = _read(history_path)
        outcome.violations += check(history, database, settling)
        outcome.violations += check_canaries({**logs, "party up": output}, history.canaries | {secret})
        outcome.violations += check_ends(output, logs, environment.killed, environment.killed_pids)
        outcome.violations += check_greenlets(logs)
    outcome.exceptions = dict(exceptions(logs).most_common(30))
    outcome.figures = _figures(history, database, settling, outcome, injected_s)
    return outcome


def _recover(
    environment: FaultEnvironment, options: RunOptions, permanent: set[str], outcome: Outcome, log: Log
) -> Settling:
    """End every fault and wait until all is up: the members' time to converge counts from then on."""
    log("the last fault is over")
    removed_s = time.monotonic()
    environment.remove_faults()
    try:
        environment.wait_until_up()
    except Unexpected as still:
        outcome.violations.append(Violation("processes", f"the stack is not up again: {still}"))
    up_s = time.monotonic()
    log(f"all is up again after {up_s - removed_s:.1f} s")
    up_ms, revisions = read_revisions(environment.stack.database_url)
    return Settling(
        up_s=up_s, up_ms=up_ms, revisions=revisions, permanent=permanent, limit_s=options.converge_s
    )


def _settle(
    environment: FaultEnvironment, clients: WorkloadProcess, options: RunOptions, outcome: Outcome
) -> DatabaseSnapshot:
    """Let clients finish and the outbox drain; read the database, and let all clients catch up with it."""
    clients.write_line("settle")
    unfinished = clients.wait_for("settled", SETTLE_LIMIT_S)
    if unfinished:
        outcome.violations.append(Violation("commands", f"{unfinished} clients never got an answer"))
    database_url = environment.stack.database_url
    for bug in options.bugs:
        apply_bug(bug, database_url)
    database = read_snapshot(database_url)

    def is_drained() -> bool:
        nonlocal database
        database = read_snapshot(database_url)
        return database.unrelayed == database.pending == 0

    # What still waits is reported by the checker.
    with suppress(Unexpected):
        eventually(is_drained, OUTBOX_LIMIT_S, every_s=0.5)
    wanted = {party: _reach(database, party) for party in database.parties}
    clients.write_line("final " + json.dumps(wanted))
    clients.wait_for("done", SETTLE_LIMIT_S)
    return database


def _reach(database: DatabaseSnapshot, party: str) -> list[int]:
    """How far a party has come: its revision, its messages, those deleted of these, its queue's revision."""
    evening = database.evening
    chat, queue = evening.chats.get(party, StoredChat()), evening.queues.get(party, StoredQueue())
    deleted = sum(message["deleted"] for message in chat.messages.values())
    return [database.parties[party].row["revision"], len(chat.messages), deleted, queue.revision]


def _read(path: Path) -> History:
    with path.open(encoding="utf-8") as lines:
        return read_history(lines)


def _figures(
    history: History, database: DatabaseSnapshot, settling: Settling, outcome: Outcome, injected_s: float
) -> dict[str, Any]:
    counts = history.counts()
    found = [
        convergence_s(history.sockets[name], settling)
        for name in settling.permanent
        if name in history.sockets
    ]
    took = sorted(each for each in found if each is not None)
    return {
        **counts,
        "events": sum(len(stored.events) for stored in database.parties.values()),
        "parties": len(database.parties),
        "faults": len(outcome.faults),
        "faults_done": sum(not each["result"].startswith("not done") for each in outcome.faults),
        "injected_s": round(injected_s, 1),
        "commands_a_second": round(counts["commands"] / injected_s, 1) if injected_s else 0.0,
        "converged_s": round(took[-1], 3) if took else None,
        "statuses": dict(history.statuses),
        "evening": evening_figures(history, database, settling.up_ms),
    }
