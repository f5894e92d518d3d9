"""`python -m bench.syncplay`: how exactly a real Syncplay client plays, with us and with its own server.

    python -m bench.syncplay [--seconds 60] [--runs 1] [--networks near far]
    python -m bench.syncplay --members 2000 [--party 10] [--seconds 60] [--at-once 20]
    python -m bench.syncplay --joins 1000 [--at-once 20]

Two clients of Debian's `syncplay` with mpv join late, one a party and one a room of `syncplay-server` whose
other member plays exactly as the party does, on the same machine at the same time. There that member seeks
once, 3 s after the client's film has opened, or the client would stay where it began. From 10 s after its
film has opened each frame is compared with the party's position at the instant at which mpv put it on the
screen; it begins to draw it up to 50 ms earlier. `near` is no delay, `far` 40 ms and a mean jitter of 10 ms
each way. The other two are in `members` and `joins`.
"""

import argparse
import asyncio
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.percentiles import quantile
from bench.syncplay import joins, members
from bench.syncplay.desktop_client import DesktopClient
from bench.syncplay.real_room import ExactMember, RealServer
from bench.syncplay.shown_frames import ShownFrame, make_film
from bench.syncplay.steered_room import SteeredRoom
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.shared.kernel.clock import monotonic_ms
from tests.support.tcp_proxy import TcpProxy

PROGRAMS = ("syncplay", "syncplay-server", "mpv")
OPENED_S = 3.0
JOINED_S = 10.0
#: Where the party is when the first client joins, in s.
POSITION_S = 60.0
OPEN_LIMIT_S = 30.0

#: Mean delay and the greatest deviation from it, each way, in ms.
NETWORKS = {"near": (0.0, 0.0), "far": (50.0, 10.0)}
#: What a client prints when it corrects its player.
SEEK, SLOW_DOWN = ("jumped from", "Rewinded due"), ("Slowing down",)


@dataclass(frozen=True)
class Outcome:
    """One client's minute: the error of each frame when it was drawn, and when it was on the screen (ms)."""

    server: str
    drawn: list[float]
    shown: list[float]
    seeks: int
    slow_downs: int

    @property
    def p50(self) -> float:
        return quantile(sorted(map(abs, self.shown)), 0.5)

    @property
    def p95(self) -> float:
        return quantile(sorted(map(abs, self.shown)), 0.95)

    def line(self) -> str:
        return (
            f"{self.server:16} p50 {self.p50:6.1f}  p95 {self.p95:6.1f} ms   "
            f"(median {quantile(sorted(self.shown), 0.5):+6.1f}, when drawn "
            f"{quantile(sorted(self.drawn), 0.5):+6.1f})   "
            f"seeks {self.seeks}, slow-downs {self.slow_downs}"
        )


def count_of(said: str, words: tuple[str, ...]) -> int:
    """How often a client has printed one of these."""
    return sum(said.count(word) for word in words)


async def watch(
    client: DesktopClient, seconds: float, once_open: Callable[[], None]
) -> tuple[float, str, str]:
    """Wait for a client's film, for it to settle, and for its minute; when it opened, and what it printed."""
    until_ms = monotonic_ms() + OPEN_LIMIT_S * 1000.0
    while (opened_ms := client.reader.first_ms()) is None:
        if monotonic_ms() > until_ms:
            raise RuntimeError(f"the client opened no film:\n{client.said()}")
        await asyncio.sleep(0.05)
    await asyncio.sleep(OPENED_S)
    once_open()
    await asyncio.sleep(max(0.0, opened_ms / 1000.0 + JOINED_S - monotonic_ms() / 1000.0))
    before = client.said()
    await asyncio.sleep(seconds)
    return opened_ms, before, client.said()


def outcome(
    server: str, frames: list[ShownFrame], watched: tuple[float, str, str], playback: PlaybackState
) -> Outcome:
    """A client's errors from 10 s after its film has opened."""
    opened_ms, before, after = watched
    counted = [frame for frame in frames if frame.drawn_ms > opened_ms + JOINED_S * 1000.0]

    def errors(instants: list[float]) -> list[float]:
        return [
            (frame.position_s - playback.position_at(at_ms, None)) * 1000.0
            for frame, at_ms in zip(counted, instants, strict=True)
        ]

    return Outcome(
        server,
        errors([frame.drawn_ms for frame in counted]),
        errors([frame.shown_ms for frame in counted]),
        count_of(after, SEEK) - count_of(before, SEEK),
        count_of(after, SLOW_DOWN) - count_of(before, SLOW_DOWN),
    )


async def side_by_side(folder: Path, film: Path, network: str, seconds: float) -> list[Outcome]:
    """One client in a party and one in a room of Syncplay's own server, at once."""
    delay_ms, jitter_ms = NETWORKS[network]
    playback = PlaybackState(
        status=PlaybackStatus.PLAYING, position_s=POSITION_S, at_ms=monotonic_ms(), revision=1
    )
    room = SteeredRoom(playback)
    with ExitStack() as stack:
        real = stack.enter_context(RealServer(folder / "server"))
        exact = ExactMember(real.port, "film", playback)
        playing = asyncio.create_task(exact.run())
        await asyncio.sleep(2.0)
        clients = []
        for name, port in (("party", await room.start()), ("syncplay-server", real.port)):
            proxy = TcpProxy(("127.0.0.1", port), delay_ms=delay_ms, jitter_ms=jitter_ms)
            stack.enter_context(proxy)
            client = DesktopClient(folder / name, film, port=proxy.port, name="Ada", room="film")
            clients.append((name, stack.enter_context(client)))
        watched = await asyncio.gather(
            watch(clients[0][1], seconds, lambda: None), watch(clients[1][1], seconds, exact.seek)
        )
        playing.cancel()
        room.stop()
    if room.commands:
        raise RuntimeError(f"commands that nobody gave: {room.commands}")
    return [
        outcome(name, client.reader.frames(), seen, playback)
        for (name, client), seen in zip(clients, watched, strict=True)
    ]


def main() -> None:
    """Run what is asked for and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.syncplay")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--members", type=int, default=0)
    parser.add_argument("--party", type=int, default=10)
    parser.add_argument("--joins", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=20)
    asked = parser.parse_args()
    # The programs it starts end with it, also where it is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if asked.members:
        members.measure(asked.members, asked.party, asked.seconds, asked.at_once)
    elif asked.joins:
        joins.check(asked.joins, asked.at_once)
    else:
        compare(asked.seconds, asked.runs, asked.networks)


def compare(seconds: float, runs: int, networks: list[str]) -> None:
    """Run the comparison with Syncplay's own server and print its figures."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"needs {', '.join(missing)} (Debian: apt-get install syncplay syncplay-server mpv)")
    with TemporaryDirectory(prefix="party-bench-syncplay-") as name:
        film = Path(name) / "bars.mkv"
        make_film(film, int(POSITION_S + seconds + 60.0))
        for network in networks:
            for run in range(runs):
                folder = Path(name) / f"{network}-{run}"
                ours, theirs = asyncio.run(side_by_side(folder, film, network, seconds))
                print(f"{network}:", f"ratio of the p50 {ours.p50 / theirs.p50:.2f}", sep="  ")
                print(" ", ours.line(), "\n ", theirs.line(), flush=True)


if __name__ == "__main__":
    main()
