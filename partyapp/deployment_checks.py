"""What is wrong with a deployment, each fault by its name and with its remedy: what `party check` looks at.

Every check works by itself, changes nothing that is kept, and ends within some seconds. Nothing that it says
holds a password: of a server's own error only the words that no setting of ours comes into.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from partyapp.bootstrap.resources import Resources
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.migrations import alembic_config
from partyapp.shared.ops.start_checks import UnfitServer, check_servers
from partyapp.shared.storage.redis_client import RedisGone

#: Tokens, and what other services sign, go wrong when a machine's clock is off by more, in s.
CLOCK_S = 5.0
#: With less room for films than this, in bytes, the next upload may be refused.
LITTLE_ROOM = 5 * 1024**3
OLDEST_REDIS = (6, 2)


class Outcome(StrEnum):
    """How a check went; a warning is for later."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(NamedTuple):
    """What a check found. `remedy` is empty where nothing is to be done."""

    name: str
    outcome: Outcome
    text: str
    remedy: str = ""


class Fault(Exception):
    """What a check finds wrong, and what is to be done about it."""

    def __init__(self, text: str, remedy: str, outcome: Outcome = Outcome.FAULT) -> None:
        super().__init__(text)
        self.remedy, self.outcome = remedy, outcome


#: Says what is well, in a few words. Raises `Fault`.
Check = Callable[[Resources], str]


def findings_of(resources: Resources, checks: dict[str, Check]) -> Iterator[Finding]:
    """What each check finds, in their order, as it is found."""
    for name, check in checks.items():
        try:
            yield Finding(name, Outcome.OK, check(resources))
        except Fault as fault:
            yield Finding(name, fault.outcome, str(fault), fault.remedy)


def postgres(resources: Resources) -> str:
    """Reached, and takes changes."""
    with _connected(resources.engine) as connection:
        version = str(connection.scalar(text("SHOW server_version"))).split()[0]
    return f"PostgreSQL {version}"


def fitness(resources: Resources) -> str:
    """No pooler drops our limits, and no other deployment uses this Redis under our prefix."""
    try:
        check_servers(resources.settings, hold=False)
    except UnfitServer as error:
        said, remedy = re.split(r"[:;] ", str(error), maxsplit=1)
        raise Fault(said, remedy) from None
    return "limits are kept; this Redis is ours"


def migrations(resources: Resources) -> str:
    """The schema is the one that this program needs."""
    scripts = ScriptDirectory.from_config(alembic_config(resources.settings.database_url))
    head = scripts.get_current_head()
    with _connected(resources.engine) as connection:
        found = connection.scalar(text("SELECT to_regclass('alembic_version')"))
        now = found and connection.scalar(text("SELECT version_num FROM alembic_version"))
    if now is None:
        raise Fault("has no tables of Party", "run: party migrate")
    if now not in {script.revision for script in scripts.walk_revisions()}:
        raise Fault(f"is at {now}, which a newer release made", "run the newer release here too")
    if now != head:
        raise Fault(f"is at {now}, and this release needs {head}", "run: party migrate")
    return f"at {now}"


def connections(resources: Resources) -> str:
    """The server holds the connections that this deployment may open."""
    settings = resources.settings
    webs = int(os.environ.get("WEB_CONCURRENCY") or 1)
    # A pool process of a worker has two, its main process and beat a few.
    needed = webs * settings.database_pool + 2 * int(os.environ.get("WORKER_CONCURRENCY") or 2) + 10
    with _connected(resources.engine) as connection:
        allowed = int(connection.scalar(text("SHOW max_connections")) or 0)
    if needed > allowed - 3:
        raise Fault(
            f"allows {allowed}, and this machine's processes may open {needed}",
            "raise max_connections, lower PARTY_DATABASE_POOL, or put PgBouncer in between",
            Outcome.WARNING,
        )
    return f"{needed} of {allowed}"


def redis(resources: Resources) -> str:
    """Reached, new enough, and it throws nothing of ours away."""
    try:
        info = resources.redis.info()
    except RedisGone as error:
        raise Fault(_of_redis(error), "see REDIS_URL, and whether the server runs") from None
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        raise Fault(f"is {version}", "use Redis or Valkey 6.2 or newer")
    policy = info.get("maxmemory_policy", "noeviction")
    if info.get("maxmemory") and policy != "noeviction":
        raise Fault(
            f"throws away keys when it is full ({policy})",
            "set maxmemory-policy noeviction, or commands wait for the next sweep",
            Outcome.WARNING,
        )
    if "ssl_cert_reqs=none" in resources.settings.redis_url:
        raise Fault(
            "is spoken to whatever its certificate",
            "name who vouches for it by PARTY_REDIS_TLS_CA, and take PARTY_REDIS_TLS_VERIFY=0 away",
            Outcome.WARNING,
        )
    return f"{info.get('server_name', 'redis')} {version}"


def live_redis(resources: Resources) -> str:
    """The server of the live channels."""
    settings = resources.settings
    if settings.live_redis_url == settings.redis_url:
        return "the same server"
    try:
        resources.live.ping()
    except RedisGone as error:
        raise Fault(_of_redis(error), "see LIVE_REDIS_URL") from None
    return "reached"


def clock(resources: Resources) -> str:
    """This machine's clock and that of the Redis server agree."""
    try:
        before_ms = WallClock().now_ms()
        seconds, micros = resources.redis.time()
        after_ms = WallClock().now_ms()
    except RedisGone:
        raise Fault("not compared, since Redis is gone", "mend that first", Outcome.WARNING) from None
    apart = abs(seconds + micros / 1e6 - (before_ms + after_ms) / 2000)
    if apart > CLOCK_S:
        raise Fault(
            f"is {apart:.0f} s off the one of the Redis server",
            "let both machines set their clocks by NTP: tokens and their ends go by them",
        )
    return f"within {max(apart * 1000, (after_ms - before_ms) / 2):.0f} ms of the Redis server's"


def worker(resources: Resources) -> str:
    """One was heard of lately."""
    resources.reference.exchange()
    try:
        resources.workers.check()
    except RedisGone:
        raise Fault("not known, since Redis is gone", "mend that first", Outcome.WARNING) from None
    except Unavailable:
        raise Fault(
            "none was heard of in the last seconds",
            "start `worker` of the Procfile, with the same REDIS_URL and PARTY_REDIS_PREFIX",
        ) from None
    return "heard of lately"


def films(resources: Resources) -> str:
    """The place for films can be written, and has room."""
    store, place = resources.films, resources.settings.films.place
    if store is None:
        raise Fault("have no place, so there are no uploads", "set PARTY_FILMS", Outcome.WARNING)
    if isinstance(place, Path):
        nearest = next(folder for folder in (place, *place.parents) if folder.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise Fault(f"can't be written to {nearest}", "give the folder to the user of web and worker")
    free = store.free_bytes()
    if free is not None and free < LITTLE_ROOM:
        raise Fault(f"have {free / 1024**3:.1f} GiB left", "make room at PARTY_FILMS", Outcome.WARNING)
    return "have room" if free is None else f"have {free / 1024**3:.0f} GiB"


def library(resources: Resources) -> str:
    """The folder of films can be read."""
    folder = resources.settings.films.library
    if folder is None:
        return "there is none"
    try:
        next(os.scandir(folder), None)
    except OSError as error:
        raise Fault(f"can't be read: {error.strerror}", "see PARTY_LIBRARY_DIR") from None
    return str(folder)


#: All but what the world sees, in the order in which faults are best mended.
SERVER_CHECKS: dict[str, Check] = {
    "postgres": postgres,
    "migrations": migrations,
    "connections": connections,
    "redis": redis,
    "live redis": live_redis,
    "deployment": fitness,
    "clock": clock,
    "worker": worker,
    "films": films,
    "library": library,
}


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """A connection, or the `Fault` that says why there is none."""
    try:
        connection = engine.connect()
    except DBAPIError as error:
        said = _of_postgres(error)
        if "read-only" in said:
            # Our connections ask for a server that takes changes (libpq's `target_session_attrs`).
            raise Fault("takes no changes", "name the primary in DATABASE_URL, or all its servers") from None
        raise Fault(said, "see DATABASE_URL, and whether the server runs") from None
    with connection:
        yield connection


def _of_postgres(error: DBAPIError) -> str:
    """What libpq says, which names host and user and never the password."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return lines[0][:300] if lines else "can't be reached"


def _of_redis(error: Exception) -> str:
    return f"can't be reached: {str(error)[:200] or type(error).__name__}"
