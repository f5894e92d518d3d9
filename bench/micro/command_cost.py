"""What a playback command costs, from the controller's call to the committed event: the slow path (read,
decide, write and commit in a transaction) beside the fast path (decide on the replica, one statement), and
that with the count of what one person and one party may commit, as a web process has it ("counted").

Both run on one Postgres of the bench's own, in alternating blocks, so that other load on the machine affects
both. Run: `python -m bench.micro.command_cost [--commands 600] [--concurrency 1 8]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from bench.processes import StealTime
from partyapp.party.application.commands import SeekPlaybackCommand
from partyapp.party.domain.state import Control
from partyapp.party.live.command_limits import CommandLimits
from partyapp.shared.kernel.bounds import Rate, Rates
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.redis_names import DEFAULT_NAMES
from tests.support.embedded_servers import EmbeddedServers
from tests.support.fresh_database import fresh_tables
from tests.support.own_folder import own_folder
from tests.support.party_objects import created, host_of, principal
from tests.support.playback_env import ENTITIES, Process
from tests.support.round_trips import round_trips

BLOCK = 50
PATHS = ("slow", "fast", "counted")

#: Counted, and far away.
RATES = Rates(commands=Rate(amount=10**8, per_s=1), party_commands=Rate(amount=10**8, per_s=1))


class Bench:
    """Some parties, commanded by one thread each, in a process with replicas and in one without."""

    def __init__(self, engine: Engine, concurrency: int) -> None:
        self.processes = {path: Process(engine) for path in PATHS}
        unused: Any = None
        self.processes["counted"].limits = CommandLimits(RATES, unused, PartyClock(), DEFAULT_NAMES)
        self.processes["counted"].__post_init__()
        self.parties: dict[str, list[tuple[UUID, UUID]]] = {path: [] for path in PATHS}
        for path, process in self.processes.items():
            for _ in range(concurrency):
                session = created(control=Control.EVERYONE)
                party_id = process.keep(session, [host_of(session)])
                self.parties[path].append((party_id, session.state.host_id))
                if path != "slow":
                    process.read_replica(party_id)

    def block(self, path: str, party: int, commands: int = BLOCK) -> list[float]:
        """That many commands one after the other; the ms of each."""
        party_id, host_id = self.parties[path][party]
        process, actor = self.processes[path], principal(user_id=host_id)
        spent = []
        for number in range(commands):
            command = SeekPlaybackCommand(actor=actor, party_id=party_id, position_s=float(number))
            began = time.perf_counter()
            process.control(command, new_id())
            spent.append((time.perf_counter() - began) * 1000.0)
        return spent

    def side_by_side(self, commands: int) -> dict[str, list[float]]:
        """Alternating blocks of both paths, on all parties at once; the first of each is a warm-up."""
        concurrency = len(self.parties["slow"])
        spent: dict[str, list[float]] = {path: [] for path in PATHS}
        with ThreadPoolExecutor(concurrency) as threads:
            for number in range(1 + max(1, commands // (BLOCK * concurrency))):
                for path in PATHS:
                    for found in threads.map(
                        lambda party, path=path: self.block(path, party), range(concurrency)
                    ):
                        spent[path] += found if number else []
        return spent


def trips_per_command(engine: Engine, commands: int = 40) -> dict[str, float]:
    """The round trips to Postgres of a command, once the statements are prepared."""
    found = {}
    for path in PATHS:
        bench = Bench(engine, 1)
        with round_trips(engine) as counted:
            bench.block(path, 0, 10)
            before = counted.count
            bench.block(path, 0, commands)
            found[path] = (counted.count - before) / commands
    return found


def report(engine: Engine, commands: int, concurrency: Sequence[int]) -> None:
    """Print the table."""
    trips = trips_per_command(engine)
    print("round trips a command: " + ", ".join(f"{path} {trips[path]:.2f}" for path in PATHS))
    print("at once  path     p50 ms   p95 ms   p50 slow/this    steal %")
    for number in concurrency:
        steal = StealTime()
        spent = Bench(engine, number).side_by_side(commands)
        share = steal.share() * 100
        medians = {path: statistics.median(spent[path]) for path in PATHS}
        for path in PATHS:
            p95 = statistics.quantiles(spent[path], n=20)[-1]
            ratio = f"{medians['slow'] / medians[path]:15.2f}   {share:7.1f}"
            print(f"{number:7d}  {path:7s} {medians[path]:8.2f} {p95:8.2f}   {ratio}")


def main() -> None:
    """Start Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=600, help="commands of each path")
    parser.add_argument(
        "--concurrency", type=int, nargs="+", default=[1, 8], help="parties commanded at once"
    )
    options = parser.parse_args()
    with (
        own_folder() as folder,
        EmbeddedServers(folder / "servers") as servers,
        fresh_tables(servers.database_url, ENTITIES, pool_size=16) as engine,
    ):
        report(engine, options.commands, options.concurrency)


if __name__ == "__main__":
    main()
