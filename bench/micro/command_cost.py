"""What a playback command costs, from the controller's call to the committed event: the long way (read,
decide, write and commit in a transaction) beside the short way (decide on the copy, one statement).

Both run on one Postgres of the bench's own, turn and turn about in blocks, so that what the machine does
meanwhile hits both. Run: `python -m bench.micro.command_cost [--commands 600] [--together 1 8]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psutil
from sqlalchemy import Engine

from partyapp.party.application.commands import SeekPlaybackCommand
from partyapp.party.domain.state import Control
from partyapp.shared.kernel.ids import new_id
from tests.support.fresh_database import fresh_tables
from tests.support.local_stack import EmbeddedServers
from tests.support.own_folder import own_folder
from tests.support.party_objects import created, host_of, principal
from tests.support.playback_env import ENTITIES, Process
from tests.support.round_trips import round_trips

BLOCK = 50
WAYS = ("long", "short")


class Bench:
    """Some parties, commanded one thread each, by a process with copies and one without."""

    def __init__(self, engine: Engine, together: int) -> None:
        self.processes = {way: Process(engine) for way in WAYS}
        self.parties: dict[str, list[tuple[UUID, UUID]]] = {way: [] for way in WAYS}
        for way, process in self.processes.items():
            for _ in range(together):
                session = created(control=Control.EVERYONE)
                party_id = process.keep(session, [host_of(session)])
                self.parties[way].append((party_id, session.state.host_id))
                if way == "short":
                    process.copy(party_id)

    def block(self, way: str, party: int, commands: int = BLOCK) -> list[float]:
        """That many commands one after the other; the ms of each."""
        party_id, host_id = self.parties[way][party]
        process, actor = self.processes[way], principal(user_id=host_id)
        spent = []
        for number in range(commands):
            command = SeekPlaybackCommand(actor=actor, party_id=party_id, position_s=float(number))
            began = time.perf_counter()
            process.control(command, new_id())
            spent.append((time.perf_counter() - began) * 1000.0)
        return spent

    def side_by_side(self, commands: int) -> dict[str, list[float]]:
        """Blocks of both ways in turn, on all parties at once; the first of each is thrown away."""
        together = len(self.parties["long"])
        spent: dict[str, list[float]] = {way: [] for way in WAYS}
        with ThreadPoolExecutor(together) as threads:
            for number in range(1 + max(1, commands // (BLOCK * together))):
                for way in WAYS:
                    for found in threads.map(lambda party, way=way: self.block(way, party), range(together)):
                        spent[way] += found if number else []
        return spent


def trips_per_command(engine: Engine, commands: int = 40) -> dict[str, float]:
    """How often Postgres is waited for in a command, once the statements are prepared."""
    found = {}
    for way in WAYS:
        bench = Bench(engine, 1)
        with round_trips(engine) as counted:
            bench.block(way, 0, 10)
            before = counted.count
            bench.block(way, 0, commands)
            found[way] = (counted.count - before) / commands
    return found


def report(engine: Engine, commands: int, together: Sequence[int]) -> None:
    """Print the table."""
    trips = trips_per_command(engine)
    print("round trips a command: " + ", ".join(f"{way} {trips[way]:.2f}" for way in WAYS))
    print("at once  way      p50 ms   p95 ms   p50 long/short   steal %")
    for number in together:
        before, began = psutil.cpu_times().steal, time.monotonic()
        spent = Bench(engine, number).side_by_side(commands)
        share = (psutil.cpu_times().steal - before) / (time.monotonic() - began) / psutil.cpu_count() * 100
        medians = {way: statistics.median(spent[way]) for way in WAYS}
        for way in WAYS:
            p95 = statistics.quantiles(spent[way], n=20)[-1]
            ratio = f"{medians['long'] / medians['short']:15.2f}   {share:7.1f}" if way == "short" else ""
            print(f"{number:7d}  {way:6s} {medians[way]:8.2f} {p95:8.2f}   {ratio}")


def main() -> None:
    """Start a Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=600, help="commands of each way")
    parser.add_argument("--together", type=int, nargs="+", default=[1, 8], help="parties commanded at once")
    options = parser.parse_args()
    with (
        own_folder() as folder,
        EmbeddedServers(folder / "servers") as servers,
        fresh_tables(servers.database_url, ENTITIES, pool_size=16) as engine,
    ):
        report(engine, options.commands, options.together)


if __name__ == "__main__":
    main()
