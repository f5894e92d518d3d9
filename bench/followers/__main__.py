"""npm's `timing-object` and `timingsrc`, and the Python client, in one party: how far off each of them is.

`PYTHONPATH=clients/python/src python -m bench.followers [--seconds 60]` starts the whole stack. A host plays,
seeks and changes the rate; the followers are on the service's machine, so that party time is known at each
look. `settled` leaves out what is looked at within 2 s of a change. Needs Node.js and `npm ci` in tests/js.
"""

import argparse
import asyncio
import json
import random
import subprocess
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from party_client import AsyncPartyApi, AsyncPartyConnection, Traits
from party_client.member_clock import own_ms

from bench.percentiles import percentiles
from partyapp.simulation.player import SimulatedPlayer
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

EVERY_S, CHANGE_EVERY_S, SETTLED_MS, EDGE_MS = 0.05, 6.0, 2000.0, 5.0
SCRIPT = Path(__file__).with_name("timing.mjs")
PYTHON_CLOCK, PYTHON_PLAYER = "Python client, its timeline", "Python client, a player"
NAMES = {"timing_object": "timing-object", "timingsrc": "timingsrc, a media element"}


class Look(NamedTuple):
    """Where a follower was at an instant of the wall clock, which is party time on this machine."""

    at_ms: float
    position_s: float


@dataclass
class Seen:
    """The timelines that were committed, by revision, and where each follower was."""

    timelines: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    looks: dict[str, list[Look]] = field(default_factory=dict)

    def add(self, name: str, look: Look) -> None:
        """One more look at a follower."""
        self.looks.setdefault(name, []).append(look)


class Truth:
    """The timelines that were committed, each from its `at_ms` on."""

    def __init__(self, timelines: Iterable[Mapping[str, Any]]) -> None:
        self._timelines = sorted(timelines, key=lambda one: (one["at_ms"], one["revision"]))
        self._from_ms = [one["at_ms"] for one in self._timelines]

    def error_ms(self, look: Look) -> tuple[float, float] | None:
        """How far off the follower was, and for how long the timeline has held; None unless it plays."""
        index = bisect_right(self._from_ms, look.at_ms) - 1
        if index < 0 or self._timelines[index]["state"] != "playing":
            return None
        # Their clocks and this one differ by less; at the instant of a seek that is the whole of it.
        if any(abs(look.at_ms - at_ms) < EDGE_MS for at_ms in self._from_ms[index : index + 2]):
            return None
        now = self._timelines[index]
        passed_ms = look.at_ms - now["at_ms"]
        expected_s = now["position_s"] + now["rate"] * passed_ms / 1000
        return abs(look.position_s - expected_s) * 1000, passed_ms


async def host(connection: AsyncPartyConnection, seconds: float, seed: int) -> None:
    """Play, seek and change the rate."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    await connection.command("play", position_s=10.0, rate=1.0)
    while time.monotonic() < until:
        await asyncio.sleep(CHANGE_EVERY_S)
        if chance.random() < 0.5:
            await connection.command("seek", position_s=chance.uniform(10.0, 3000.0))
        else:
            await connection.command("play", rate=chance.choice([0.75, 1.0, 1.25, 1.5]))
    await asyncio.sleep(CHANGE_EVERY_S)


async def look_on(connection: AsyncPartyConnection, player: SimulatedPlayer, seen: Seen) -> None:
    """Look where the Python client is, and what is committed, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        if connection.party is not None:
            playback = connection.party["playback"]
            seen.timelines[playback["revision"]] = dict(playback)
        wall_ms, party_ms = time.time() * 1000, connection.clock.party_ms()
        point = None if party_ms is None else connection.timeline.at(party_ms)
        if point is not None:
            seen.add(PYTHON_CLOCK, Look(wall_ms, point.position_s))
            seen.add(PYTHON_PLAYER, Look(wall_ms, player.true_s))


async def measure(url: str, given: argparse.Namespace) -> Seen:
    """One party with all of them, for so long."""
    seen = Seen()
    async with AsyncPartyApi(url) as api, AsyncPartyApi(url) as other:
        await api.guest("Ada")
        video = await api.add_video("A film", f"{url}/media/sample.mp4", 3600.0)
        party = await api.create_party(video["id"])
        await other.guest("Python")
        await other.join(party["id"], party["invite_code"])
        words = ["node", str(SCRIPT), url, party["id"], party["invite_code"]]
        # A pipe that nobody reads meanwhile would be full soon, and hold it up.
        with TemporaryFile("w+") as output, subprocess.Popen(words, stdout=output) as node:
            async with (
                AsyncPartyConnection(api, party["id"]) as hosting,
                AsyncPartyConnection(other, party["id"]) as following,
            ):
                player = SimulatedPlayer(own_ms, Traits(), begins_s=0.08)
                following.follow(player)
                looking = asyncio.create_task(look_on(following, player, seen))
                await host(hosting, given.seconds, given.seed)
                looking.cancel()
                await hosting.command("end")
            await asyncio.to_thread(node.wait, timeout=30)
            output.seek(0)
            for name, look in _looks_of(output.read()):
                seen.add(name, look)
    return seen


def _looks_of(output: str) -> Iterator[tuple[str, Look]]:
    for line in output.splitlines():
        told = json.loads(line)
        for name, title in NAMES.items():
            yield title, Look(told["wall_ms"], told[name])


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(prog="python -m bench.followers", description="Errors in ms.")
    options.add_argument("--seconds", type=float, default=60.0, help="%(default)s")
    options.add_argument("--seed", type=int, default=19, help="of the host's commands; %(default)s")
    given = options.parse_args()
    with own_folder() as folder, Stack(folder / "data") as stack:
        seen = asyncio.run(measure(stack.url, given))
    truth = Truth(seen.timelines.values())
    for name, looks in seen.looks.items():
        errors = [error for look in looks if (error := truth.error_ms(look)) is not None]
        settled = [error for error, passed_ms in errors if passed_ms >= SETTLED_MS]
        for kind, values in (("settled", settled), ("all", [error for error, _ in errors])):
            figures = "   ".join(f"{share} {value:8.2f}" for share, value in percentiles(values).items())
            print(f"{name:28} {kind:8} {len(values):5} looks   {figures}")


if __name__ == "__main__":
    main()
