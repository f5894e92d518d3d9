"""Many desktop members on one gateway process: how late their States are, and what memory each takes."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.live.processes import allow_many_files
from bench.percentiles import quantile
from bench.processes import ChildProcess, StealTime, cpu_of, memory_of
from bench.syncplay.gateway_stack import GatewayStack

ROOT = Path(__file__).parents[2]
#: So long the generator may take for one thing, in s: on a busy machine web lets in few members a second.
LIMIT_S = 900.0
#: After the last has joined, until all have settled and the start's work is over, in s.
SETTLE_S = 20.0


class LoadClients(ChildProcess):
    """The process of the clients; see `bench.syncplay.load_clients`."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", "bench.syncplay.load_clients"], ROOT)

    def __call__(self, do: str, **what: Any) -> dict[str, Any]:
        """Do something, and its result."""
        self.write_line(json.dumps({"do": do, **what}))
        answer: dict[str, Any] = json.loads(self.read_line(LIMIT_S))
        return answer


def measure(members: int, party_size: int, seconds: float, at_once: int) -> None:
    """Let so many members in, watch them, and print the figures."""
    allow_many_files()
    with (
        TemporaryDirectory(prefix="party-bench-syncplay-") as folder,
        GatewayStack(Path(folder)) as service,
        LoadClients() as clients,
    ):
        parties = [service.party() for _ in range(-(-members // party_size))]
        codes = [parties[number // party_size]["invite_code"] for number in range(members)]
        # What the first members bring in, such as code that is loaded late, is no member's.
        clients("join", port=service.port, codes=codes[:5], at_once=1)
        pids = [service.gateway_pid]
        before = memory_of(pids)
        joins = clients("join", port=service.port, codes=codes[5:], at_once=at_once)
        time.sleep(SETTLE_S)
        steal, cpu_s, began_s = StealTime(), cpu_of(pids), time.monotonic()
        watched = clients("watch", seconds=seconds)
        cpu = (cpu_of(pids) - cpu_s) / (time.monotonic() - began_s)
        grown = (memory_of(pids) - before) / max(1, joins["joined"])
        print(
            f"{joins['joined']} of {members - 5} joined in {joins['s']:.0f} s, {at_once} at once; "
            f"{watched['connected']} connected"
        )
        for text, times in Counter(joins["refused"]).most_common():
            print(f"  {times}: {text}")
        for name, key in (("made by the gateway", "by_stamp"), ("received", "as_received")):
            late = watched[key]
            print(
                f"States {name}: {len(late)}, late by p50 {quantile(late, 0.5):.1f}, "
                f"p95 {quantile(late, 0.95):.1f}, p99 {quantile(late, 0.99):.1f}, "
                f"most {quantile(late, 1.0):.1f} ms"
            )
        print(
            f"memory {grown / 1000:.1f} KB a member; CPU of the gateway {cpu:.2f} cores, of the clients "
            f"{watched['cpu']:.2f}; steal {steal.share():.1%}",
            flush=True,
        )
