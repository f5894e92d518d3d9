"""The fault injections: each takes effect at once and returns its target and a function that reverts it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import redis

from bench.faults.database import libpq_url
from bench.faults.environment import FaultEnvironment, signal_all

Revert = Callable[[], None] | None
Inject = Callable[[FaultEnvironment, float], tuple[str, Revert]]
#: A server that gets a command may be down or frozen already: the time after which that is given up, in s.
COMMAND_LIMIT_S = 2.0
LONG = (2.0, 10.0)
INSTANT = (0.0, 0.0)


class NotApplicable(Exception):
    """The injection found no target."""


@dataclass(frozen=True, slots=True)
class Injection:
    """`inject` takes a random number in [0, 1); `lasts_s` is the range of its duration, in s."""

    inject: Inject
    weight: int = 1
    lasts_s: tuple[float, float] = INSTANT


def kill(name: str, sig: signal.Signals = signal.SIGKILL) -> Inject:
    """Signal a supervised process to end; its children end with it."""

    def inject(environment: FaultEnvironment, _: float) -> tuple[str, Revert]:
        pids = environment.process_tree(name)
        if not pids:
            raise NotApplicable(f"{name} is down")
        environment.killed[name] += 1
        environment.killed_pids.update(pids)
        signal_all(pids[:1], sig)
        # A stopped process does not handle SIGTERM before it is continued.
        if sig is not signal.SIGKILL:
            signal_all(pids, signal.SIGCONT)
        return f"{name}, pid {pids[0]}", None

    return inject


def kill_child(name: str) -> Inject:
    """Kill one child of a supervised process, which its parent has to detect."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        children = environment.process_tree(name)[1:]
        if not children:
            raise NotApplicable(f"{name} has no child")
        pid = children[int(draw * len(children))]
        environment.killed_pids.add(pid)
        if environment.is_start_check(pid):
            # Without it the process doesn't start, and ends.
            environment.killed[name] += 1
        signal_all([pid], signal.SIGKILL)
        return f"a child of {name}, pid {pid}", None

    return inject


def freeze(name: str) -> Inject:
    """Stop a process and its descendants: alive, connected, silent. For web, in 60 %, one child only."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        pids = environment.process_tree(name)
        if not pids:
            raise NotApplicable(f"{name} is down")
        if name == "web" and draw < 0.6 and len(pids) > 1:
            pids = [pids[1 + int(draw / 0.6 * (len(pids) - 1))]]
        signal_all(pids, signal.SIGSTOP)

        def resume() -> None:
            signal_all(pids, signal.SIGCONT)

        return f"{name}, {len(pids)} processes", resume

    return inject


def redis_command(action: Callable[[redis.Redis, float], str]) -> Inject:
    """Send Redis a command that disturbs itself or its clients."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        limits = {"socket_timeout": COMMAND_LIMIT_S, "socket_connect_timeout": COMMAND_LIMIT_S}
        try:
            with redis.Redis.from_url(environment.stack.redis_url, **limits) as client:
                return action(client, draw), None
        except (redis.RedisError, OSError) as error:
            raise NotApplicable(type(error).__name__) from None

    return inject


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


def terminate_backends(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
    """Have Postgres end the other sessions: all of them, or about every second one."""
    share = 1.0 if draw < 0.4 else 0.5
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'party' "
        f"AND pid <> pg_backend_pid() AND random() < {share}"
    )
    address = libpq_url(environment.stack.database_url)
    try:
        with psycopg.connect(address, connect_timeout=2, options="-c statement_timeout=2000") as connection:
            row = connection.execute(query.encode()).fetchone()
    except psycopg.Error as error:
        raise NotApplicable(type(error).__name__) from None
    return f"{row[0] if row else 0} sessions", None


def second_beat(environment: FaultEnvironment, _: float) -> tuple[str, Revert]:
    """A second beat beside the first, as when two deployments overlap."""
    beat = environment.start_second_beat()

    def end() -> None:
        beat.kill()
        beat.wait(10)

    return f"pid {beat.pid}", end


def reset_connections(name: str) -> Inject:
    """Reset every connection of a link."""

    def inject(environment: FaultEnvironment, _: float) -> tuple[str, Revert]:
        proxy = environment.proxies[name]
        count = proxy.open_connections
        proxy.cut()
        return f"{name}, {count} connections", None

    return inject


def refuse_connections(name: str) -> Inject:
    """Refuse every connection of a link while it lasts."""

    def inject(environment: FaultEnvironment, _: float) -> tuple[str, Revert]:
        proxy = environment.proxies[name]
        proxy.refuse()
        return name, proxy.resume

    return inject


def black_hole(name: str) -> Inject:
    """Drop all bytes of a link while it lasts, in one direction or both."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        proxy = environment.proxies[name]
        if draw < 0.67:
            proxy.black_hole("up")
        if draw > 0.33:
            proxy.black_hole("down")
        where = "up" if draw <= 0.33 else "down" if draw >= 0.67 else "both"
        return f"{name}, {where}", proxy.resume

    return inject


def delay(name: str) -> Inject:
    """Add 10 to 200 ms of delay to a link, and half as much jitter, while it lasts."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        proxy = environment.proxies[name]
        proxy.delay_ms = 10.0 + 190.0 * draw
        proxy.jitter_ms = proxy.delay_ms / 2

        def end() -> None:
            proxy.jitter_ms = proxy.delay_ms = 0.0

        return f"{name}, {proxy.delay_ms:.0f} ms", end

    return inject


def drop_replies(name: str) -> Inject:
    """Lose the next 1 to 8 replies with their connections: executed, but never acknowledged."""

    def inject(environment: FaultEnvironment, draw: float) -> tuple[str, Revert]:
        count = 1 + int(draw * 8)
        environment.proxies[name].drop_reply(count)
        return f"{name}, {count}", None

    return inject


def _network_injections() -> dict[str, Injection]:
    found = {}
    for name in ("web-postgres", "web-redis", "worker-postgres", "worker-redis"):
        most = 2 if name == "web-postgres" else 1
        found[f"reset {name}"] = Injection(reset_connections(name), most)
        found[f"refuse {name}"] = Injection(refuse_connections(name), 1, (0.5, 5.0))
        found[f"black hole {name}"] = Injection(black_hole(name), 1, (1.0, 9.0))
        found[f"delay {name}"] = Injection(delay(name), 1, (2.0, 8.0))
        found[f"drop replies {name}"] = Injection(drop_replies(name), 2 * most)
    return found


#: All injections by name. One of a larger weight is planned more often.
INJECTIONS: dict[str, Injection] = {
    "kill web": Injection(kill("web"), 2),
    "kill web child": Injection(kill_child("web"), 4),
    "terminate web": Injection(kill("web", signal.SIGTERM), 2),
    "kill worker": Injection(kill("worker"), 2),
    "kill worker child": Injection(kill_child("worker"), 2),
    "kill beat": Injection(kill("beat"), 1),
    "kill redis": Injection(kill("valkey"), 3),
    "kill postgres": Injection(kill("postgres"), 2),
    "kill postgres child": Injection(kill_child("postgres"), 1),
    "freeze web": Injection(freeze("web"), 3, LONG),
    "freeze worker": Injection(freeze("worker"), 2, LONG),
    "freeze redis": Injection(freeze("valkey"), 2, LONG),
    "freeze postgres": Injection(freeze("postgres"), 2, LONG),
    "flush redis": Injection(redis_command(_flush), 3),
    "pause redis": Injection(redis_command(_pause), 2),
    "kill redis clients": Injection(redis_command(_kill_clients), 3),
    "terminate backends": Injection(terminate_backends, 4),
    "second beat": Injection(second_beat, 1, (3.0, 8.0)),
    **_network_injections(),
}
