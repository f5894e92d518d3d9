"""What the nemesis can do: each stroke hits at once, says whom, and gives the way to take it back."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import redis

from bench.faults.database import plain
from bench.faults.environment import Resources, signal_all

TakeBack = Callable[[], None] | None
Strike = Callable[[Resources, float], tuple[str, TakeBack]]
#: A server that is asked to harm itself may be down or frozen already; then this is given up, in s.
ASK_LIMIT_S = 2.0
LONG = (2.0, 10.0)
AT_ONCE = (0.0, 0.0)


class Undone(Exception):
    """The stroke found nothing to hit."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """`strike` takes a draw in 0..1; `lasts_s` is from how long to how long it lasts, in s."""

    strike: Strike
    weight: int = 1
    lasts_s: tuple[float, float] = AT_ONCE


def kill(name: str, sig: signal.Signals = signal.SIGKILL) -> Strike:
    """End a supervised process; who is its child ends with it."""

    def strike(ground: Resources, _: float) -> tuple[str, TakeBack]:
        family = ground.family(name)
        if not family:
            raise Undone(f"{name} is down")
        ground.killed[name] += 1
        ground.killed_pids.update(family)
        signal_all(family[:1], sig)
        # Nobody hears a request to end while it stands still.
        if sig is not signal.SIGKILL:
            signal_all(family, signal.SIGCONT)
        return f"{name}, pid {family[0]}", None

    return strike


def kill_child(name: str) -> Strike:
    """Kill one child of a supervised process, which its parent has to notice."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        children = ground.family(name)[1:]
        if not children:
            raise Undone(f"{name} has no child")
        pid = children[int(draw * len(children))]
        ground.killed_pids.add(pid)
        signal_all([pid], signal.SIGKILL)
        return f"a child of {name}, pid {pid}", None

    return strike


def freeze(name: str) -> Strike:
    """A process and its descendants stand still: alive, connected and silent. Of web maybe one child."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        family = ground.family(name)
        if not family:
            raise Undone(f"{name} is down")
        if name == "web" and draw < 0.6 and len(family) > 1:
            family = [family[1 + int(draw / 0.6 * (len(family) - 1))]]
        signal_all(family, signal.SIGSTOP)

        def wake() -> None:
            signal_all(family, signal.SIGCONT)

        return f"{name}, {len(family)} processes", wake

    return strike


def ask_redis(deed: Callable[[redis.Redis, float], str]) -> Strike:
    """Have Redis harm itself or its clients."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        limits = {"socket_timeout": ASK_LIMIT_S, "socket_connect_timeout": ASK_LIMIT_S}
        try:
            with redis.Redis.from_url(ground.stack.redis_url, **limits) as client:
                return deed(client, draw), None
        except (redis.RedisError, OSError) as error:
            raise Undone(type(error).__name__) from None

    return strike


def _flush(client: redis.Redis, _: float) -> str:
    client.flushall()
    return "FLUSHALL"


def _pause(client: redis.Redis, draw: float) -> str:
    ms = int(1000 + 4000 * draw)
    client.client_pause(ms)
    return f"CLIENT PAUSE {ms}"


def _kill_clients(client: redis.Redis, draw: float) -> str:
    kind = "pubsub" if draw < 0.5 else "normal"
    return f"CLIENT KILL TYPE {kind}: {client.client_kill_filter(_type=kind, skipme=True)}"


def terminate_backends(ground: Resources, draw: float) -> tuple[str, TakeBack]:
    """Have Postgres end the sessions of others: all of them, or about every second one."""
    share = 1.0 if draw < 0.4 else 0.5
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'party' "
        f"AND pid <> pg_backend_pid() AND random() < {share}"
    )
    address = plain(ground.stack.database_url)
    try:
        with psycopg.connect(address, connect_timeout=2, options="-c statement_timeout=2000") as connection:
            row = connection.execute(query.encode()).fetchone()
    except psycopg.Error as error:
        raise Undone(type(error).__name__) from None
    return f"{row[0] if row else 0} sessions", None


def second_beat(ground: Resources, _: float) -> tuple[str, TakeBack]:
    """Another beat for a while."""
    beat = ground.beat_beside()

    def end() -> None:
        beat.kill()
        beat.wait(10)

    return f"pid {beat.pid}", end


def cut(name: str) -> Strike:
    """Reset every connection of a way."""

    def strike(ground: Resources, _: float) -> tuple[str, TakeBack]:
        proxy = ground.proxies[name]
        count = proxy.open_connections
        proxy.cut()
        return f"{name}, {count} connections", None

    return strike


def close_way(name: str) -> Strike:
    """Refuse every connection for a while."""

    def strike(ground: Resources, _: float) -> tuple[str, TakeBack]:
        proxy = ground.proxies[name]
        proxy.refuse()
        return name, proxy.resume

    return strike


def swallow(name: str) -> Strike:
    """A black hole for a while, in one direction or both."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        proxy = ground.proxies[name]
        if draw < 0.67:
            proxy.black_hole("up")
        if draw > 0.33:
            proxy.black_hole("down")
        where = "up" if draw <= 0.33 else "down" if draw >= 0.67 else "both"
        return f"{name}, {where}", proxy.resume

    return strike


def slow_down(name: str) -> Strike:
    """A long and unsteady way for a while."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        proxy = ground.proxies[name]
        proxy.delay_ms = 10.0 + 190.0 * draw
        proxy.jitter_ms = proxy.delay_ms / 2

        def end() -> None:
            proxy.jitter_ms = proxy.delay_ms = 0.0

        return f"{name}, {proxy.delay_ms:.0f} ms", end

    return strike


def drop_replies(name: str) -> Strike:
    """The next replies get lost with their connections: done, and nobody was told."""

    def strike(ground: Resources, draw: float) -> tuple[str, TakeBack]:
        count = 1 + int(draw * 8)
        ground.proxies[name].drop_reply(count)
        return f"{name}, {count}", None

    return strike


def _ways() -> dict[str, Stroke]:
    found = {}
    for name in ("web-postgres", "web-redis", "worker-postgres", "worker-redis"):
        most = 2 if name == "web-postgres" else 1
        found[f"reset {name}"] = Stroke(cut(name), most)
        found[f"refuse {name}"] = Stroke(close_way(name), 1, (0.5, 5.0))
        found[f"black hole {name}"] = Stroke(swallow(name), 1, (1.0, 9.0))
        found[f"delay {name}"] = Stroke(slow_down(name), 1, (2.0, 8.0))
        found[f"drop replies {name}"] = Stroke(drop_replies(name), 2 * most)
    return found


#: All strokes by name. A heavier one comes more often.
STROKES: dict[str, Stroke] = {
    "kill web": Stroke(kill("web"), 2),
    "kill web child": Stroke(kill_child("web"), 4),
    "terminate web": Stroke(kill("web", signal.SIGTERM), 2),
    "kill worker": Stroke(kill("worker"), 2),
    "kill worker child": Stroke(kill_child("worker"), 2),
    "kill beat": Stroke(kill("beat"), 1),
    "kill redis": Stroke(kill("valkey"), 3),
    "kill postgres": Stroke(kill("postgres"), 2),
    "kill postgres child": Stroke(kill_child("postgres"), 1),
    "freeze web": Stroke(freeze("web"), 3, LONG),
    "freeze worker": Stroke(freeze("worker"), 2, LONG),
    "freeze redis": Stroke(freeze("valkey"), 2, LONG),
    "freeze postgres": Stroke(freeze("postgres"), 2, LONG),
    "flush redis": Stroke(ask_redis(_flush), 3),
    "pause redis": Stroke(ask_redis(_pause), 2),
    "kill redis clients": Stroke(ask_redis(_kill_clients), 3),
    "terminate backends": Stroke(terminate_backends, 4),
    "second beat": Stroke(second_beat, 1, (3.0, 8.0)),
    **_ways(),
}
