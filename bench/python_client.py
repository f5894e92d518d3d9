"""How exact the Python client is: its clock against the true one, and two players that follow with it.

`PYTHONPATH=clients/python/src python -m bench.python_client` starts the whole stack. The member is on the
service's machine, so that the true offset of its clock is known at each look; what a network adds is measured
by `make bench-sync`.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from party_client import AsyncPartyApi, AsyncPartyConnection, Timeline, Traits
from party_client.member_clock import own_ms

from bench.percentiles import percentiles
from partyapp.simulation.player import SimulatedPlayer
from tests.support.local_member import true_offset_ms
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: A look every so many s; the players are judged once they have settled, after so many s.
EVERY_S, SETTLED_S = 0.05, 20.0
PLAYERS = {
    "a player that can do everything": (Traits(), 0.08),
    "whole seconds, no rate, answers 200 ms old": (
        Traits(rate=False, seek_step_s=1.0, answer_ms=200.0),
        0.3,
    ),
}


@dataclass
class Figures:
    """What was found, in ms."""

    clock: list[float] = field(default_factory=list)
    beyond_bound: int = 0
    players: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PLAYERS})


async def follow(url: str, seconds: float) -> Figures:
    """One member of one party that plays, for so long."""
    found = Figures()
    async with AsyncPartyApi(url) as api:
        await api.guest("Ada")
        video = await api.add_video("A film", f"{url}/media/sample.mp4", 600.0)
        party = await api.create_party(video["id"])
        async with AsyncPartyConnection(api, party["id"]) as connection:
            players = {
                name: SimulatedPlayer(own_ms, traits, begins_s=begins_s)
                for name, (traits, begins_s) in PLAYERS.items()
            }
            for player in players.values():
                connection.follow(player)
            await connection.command("play", position_s=10.0)
            await connection.wait_until(lambda: connection.clock.is_known)
            for look in range(int(seconds / EVERY_S)):
                await asyncio.sleep(EVERY_S)
                _look_at_clock(connection, found)
                if look * EVERY_S >= SETTLED_S:
                    _look_at_players(connection.timeline, players, connection, found)
            await connection.command("end")
    return found


def _look_at_clock(connection: AsyncPartyConnection, found: Figures) -> None:
    now_ms = own_ms()
    party_ms = connection.clock.party_ms(now_ms)
    if party_ms is None:
        return
    error_ms = abs(party_ms - now_ms - true_offset_ms())
    found.clock.append(error_ms)
    found.beyond_bound += error_ms > connection.clock.bound_ms(now_ms)


def _look_at_players(
    timeline: Timeline,
    players: dict[str, SimulatedPlayer],
    connection: AsyncPartyConnection,
    found: Figures,
) -> None:
    for name, player in players.items():
        party_ms = connection.clock.party_ms()
        point = None if party_ms is None else timeline.at(party_ms)
        if point is not None:
            found.players[name].append(abs(point.position_s - player.true_s) * 1000)


def _row(name: str, values: Sequence[float]) -> str:
    return f"{name:45} " + "   ".join(f"{share} {value:7.2f}" for share, value in percentiles(values).items())


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(prog="python -m bench.python_client", description="Errors in ms.")
    options.add_argument("--seconds", type=float, default=60.0, help="%(default)s")
    given = options.parse_args()
    with own_folder() as folder, Stack(folder / "data") as stack:
        found = asyncio.run(follow(stack.url, given.seconds))
    print(_row("its clock, ms", found.clock))
    for name, errors in found.players.items():
        print(_row(name, errors))
    print(f"beyond the proven bound: {found.beyond_bound} of {len(found.clock)}")


if __name__ == "__main__":
    main()
