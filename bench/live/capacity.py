"""What one member, command and join cost each server, and what an evening of many needs by that.

    python -m bench.live.capacity [--members 1500] [--party 5] [--seconds 20] [--json FILE]

Members watch on one web process and keep the pace that the service asks for; then some of them command at a
steady rate, and others join. Each server's CPU time is read from the system, Redis' bytes from `INFO`, and
the bytes of Postgres' log and tables from itself. docs/scale.md says how to read the tables.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
import redis
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench.live.capacity_plan import FILL, GIB, MIB, SERVERS, Cost, Costs, Evening, needs_of
from bench.live.clients import PartyClients, in_threads
from bench.live.playing import Playing, service
from bench.live.processes import allow_many_files
from bench.processes import StealTime, bytes_moved, children_of, memory_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: A party is commanded at most so often in the long run; a slower rate keeps clear of it.
COMMANDS_A_SECOND = 40.0
AT_ONCE = 4
#: Until every member's clock and picture are known well, and they say little.
CALM_S = 60.0
PLANNED = (1_000, 10_000, 100_000, 1_000_000)


class Meter:
    """What the servers of one stack have used."""

    def __init__(self, stack: Stack) -> None:
        named = stack.pids()
        self._roots = {
            "web": [named["web"]],
            "worker": [named["worker"], named["beat"]],
            "redis": [named["valkey"]],
            "postgres": [named["postgres"]],
        }
        self._redis = redis.Redis.from_url(stack.redis_url)
        self._database = make_url(stack.database_url).set(drivername="postgresql")

    def read(self) -> dict[str, float]:
        """CPU in s by server, and bytes."""
        return {name: _cpu_of(pids) for name, pids in self._roots.items()} | self._bytes()

    def _bytes(self) -> dict[str, float]:
        address = self._database.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            ask = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, pg_database_size(current_database())"
            wal, rows = connection.execute(ask).fetchone() or (0, 0)
        return {"redis_bytes": bytes_moved(self._redis), "wal": float(wal), "rows": float(rows)}


def _cpu_of(roots: list[int]) -> float:
    """The CPU time in s of these processes and all they have started, those that ended included."""
    total = 0.0
    for root in roots:
        process = psutil.Process(root)
        for each in (process, *process.children(recursive=True)):
            try:
                total += sum(each.cpu_times()[:4])
            except psutil.NoSuchProcess:
                continue
    return total


@contextmanager
def used(meter: Meter, found: dict[str, float]) -> Iterator[None]:
    """Put into `found` what the block has used in all, and its `seconds`."""
    before, began = meter.read(), time.monotonic()
    yield
    found["seconds"] = time.monotonic() - began
    found.update({name: value - before[name] for name, value in meter.read().items()})


def cost_of_one(found: dict[str, float], idle: dict[str, float], count: float) -> Cost:
    """The cost of one of `count`, without what the seconds would have cost anyway (`idle`, a second)."""
    more = {name: max(0.0, found[name] - idle.get(name, 0.0) * found["seconds"]) / count for name in found}
    cpu = {name: more[name] for name in SERVERS}
    return Cost(cpu=cpu, wal=more["wal"], rows=more["rows"], redis=more["redis_bytes"])


def a_second(found: dict[str, float]) -> dict[str, float]:
    """The same for each second."""
    return {name: value / found["seconds"] for name, value in found.items()}


def at_a_rate(action: Callable[[int], Any], seconds: float) -> int:
    """Act at `COMMANDS_A_SECOND` by a few threads; how often it was done. Raises what an action raises."""
    began, count = time.monotonic(), int(COMMANDS_A_SECOND * seconds)

    def at_its_time(number: int) -> None:
        time.sleep(max(0.0, began + number / COMMANDS_A_SECOND - time.monotonic()))
        action(number)

    in_threads(at_its_time, range(count), AT_ONCE)
    return count


def measure(stack: Stack, load: Playing, given: argparse.Namespace) -> Costs:
    """Measure on this stack, which has nothing else to do."""
    clients, meter, web = PartyClients(stack), Meter(stack), children_of(stack.pid_of("web"))
    warm = clients.full_party(given.party)
    load("open", sockets=[clients.socket(warm[0], token) for token in warm[1]], at_once=1, paced=True)
    load("watch", seconds=3.0)
    load("close")
    idle: dict[str, float] = {}
    with used(meter, idle):
        time.sleep(given.seconds)
    joined: dict[str, float] = {}
    with used(meter, joined):
        sizes = range(given.members // given.party)
        parties = in_threads(lambda _: clients.full_party(given.party, 1), sizes, AT_ONCE)
    memory = memory_of(web)
    sockets = [clients.socket(party, token) for party, tokens in parties for token in tokens]
    load("open", sockets=sockets, at_once=50, paced=True)
    load("watch", seconds=CALM_S)
    watching: dict[str, float] = {}
    with used(meter, watching):
        heard = load("watch", seconds=given.seconds)
    memory = memory_of(web) - memory
    calm = a_second(watching)
    commanding: dict[str, float] = {}
    with used(meter, commanding):
        count = at_a_rate(
            lambda number: _seek(clients, parties[number % len(parties)], number), given.seconds
        )
    load("close")
    return Costs(
        member=cost_of_one(watching, a_second(idle), len(sockets) * watching["seconds"]),
        command=cost_of_one(commanding, calm, count),
        join=cost_of_one(joined, a_second(idle), len(sockets)),
        memory=memory / len(sockets),
        wire=heard["bytes_a_member"],
    )


def _seek(clients: PartyClients, party: tuple[dict[str, Any], list[str]], number: int) -> None:
    wish = {"action": "seek", "position_s": float(number % 5000)}
    clients.post(f"/api/parties/{party[0]['id']}/playback", party[1][0], wish)


def report_costs(costs: Costs, console: Console) -> None:
    """Print what one costs."""
    table = Table("", *(f"{name} ms" for name in SERVERS), "Redis bytes", "log bytes", "kept bytes")
    for name, cost in (
        ("a member, 1,000 s", costs.member),
        ("a command", costs.command),
        ("a join (a fifth of a party with it)", costs.join),
    ):
        times = 1000.0 if cost is costs.member else 1.0
        cpu = [f"{cost.cpu[server] * times * 1000:.2f}" for server in SERVERS]
        rest = [f"{value * times:,.0f}" for value in (cost.redis, cost.wal, cost.rows)]
        table.add_row(name, *cpu, *rest)
    console.print(table)
    console.print(f"a member: {costs.memory / 1024:.1f} KiB in web, hears {costs.wire:.0f} bytes a second")


def report_needs(costs: Costs, console: Console) -> None:
    """Print what evenings of several sizes need."""
    table = Table(
        "members", "web processes", "web GiB", *(f"{name} cores" for name in SERVERS),
        "commits/s", "log MiB/s", "Redis MiB/s", "to members MiB/s", "kept GiB an evening",
    )  # fmt: skip
    for members in PLANNED:
        needs = needs_of(Evening(members=members), costs)
        table.add_row(
            f"{members:,}",
            f"{needs.web_processes:,}",
            f"{needs.web_memory / GIB:.1f}",
            *(f"{needs.cores[name]:.2f}" for name in SERVERS),
            f"{needs.commits:,.1f}",
            *(f"{value / MIB:.2f}" for value in (needs.wal, needs.redis, needs.wire)),
            f"{needs.growth / GIB:.2f}",
        )
    console.print(table)
    console.print(f"cores are what is used; a web process is a core filled to {FILL:.0%}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.capacity")
    parser.add_argument("--members", type=int, default=1500)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path, help="write the costs there too")
    given = parser.parse_args()
    allow_many_files()
    steal = StealTime()
    with own_folder() as folder, service(folder / "data") as stack, Playing() as load:
        costs = measure(stack, load, given)
    console = Console(width=160 if not sys.stdout.isatty() else None)
    report_costs(costs, console)
    report_needs(costs, console)
    console.print(f"steal time: {steal.cores():.1%} of a core")
    if given.json is not None:
        given.json.write_text(json.dumps(asdict(costs), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
