"""What is refused at a start because of the servers behind it: `python -m partyapp.shared.ops.start_checks`.

Only what would go wrong later, and worse, is looked for. A server that can't be reached now is none of it:
the process starts, says that it isn't ready, and waits for it.
"""

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from partyapp.shared.ops.settings import Settings, settings_or_exit
from partyapp.shared.storage.database import SERVER_LIMITS, create_database
from partyapp.shared.storage.deployment_mark import HELD_S, DeploymentMark, identity_of
from partyapp.shared.storage.redis_client import create_redis

_SEE = "see docs/operations.md, PgBouncer"
#: What is in PgBouncer's own words when it refuses (all of its versions), and what is to be done about it.
_REFUSED = {
    "unsupported startup parameter": (
        "DATABASE_URL leads to a pooler that refuses our session's limits: let it ignore the startup "
        f"parameter `options`, and set them there; {_SEE}"
    ),
    "statement pooling": (
        "DATABASE_URL leads to a pooler that allows no transactions: choose pool_mode transaction or "
        f"session; {_SEE}"
    ),
}


class UnfitServer(Exception):
    """A server that this deployment can't work on. The message is one line for an operator."""


def check_servers(settings: Settings, *, hold: bool = True) -> DeploymentMark | None:
    """Refuse a database without limits or transactions, and a Redis that is another deployment's.

    Without `hold` the mark is only looked at, by who is no process of the deployment.

    Returns the deployment's mark on Redis, None where the database can't say which one it is. Raises
    `UnfitServer`.
    """
    engine = create_database(settings.database_url, 1)
    try:
        identity = _identity(engine)
    finally:
        engine.dispose()
    if identity is None:
        return None
    mark = DeploymentMark(create_redis(settings.redis_url), settings.redis_names, identity)
    if not (mark.hold() if hold else mark.is_ours()):
        raise UnfitServer(
            "REDIS_URL is in use by a deployment on another database; set PARTY_REDIS_PREFIX to a name of "
            f"this one's own, or end the other and wait {HELD_S} s"
        )
    return mark


def check_servers_or_exit(settings: Settings) -> DeploymentMark | None:
    """The same for a process: what is unfit ends it with status 1 and one line."""
    try:
        return check_servers(settings)
    except UnfitServer as error:
        raise SystemExit(f"party: {error}") from None


def _identity(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            _must_keep_limits(connection)
            found = connection.execute(
                text("SELECT system_identifier, current_database() FROM pg_control_system()")
            ).one()
        # Two statements of one transaction.
        with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            connection.execute(text("SELECT 1"))
            connection.execute(text("SELECT 2"))
    except DBAPIError as error:
        for words, complaint in _REFUSED.items():
            if words in str(error.orig):
                raise UnfitServer(complaint) from None
        # It can't be reached, or our role may not know which cluster it is.
        return None
    return identity_of(*found)


def _must_keep_limits(connection: Connection) -> None:
    """A pooler that ignores our startup parameters has to set the limits itself."""
    names = [name for name, _ in SERVER_LIMITS]
    found = connection.execute(
        text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = '0' ORDER BY name"),
        {"names": names},
    )
    missing = list(found.scalars())
    if missing:
        raise UnfitServer(
            f"DATABASE_URL leads to a pooler that drops our session's limits ({', '.join(missing)}): "
            f"set them by its connect_query; {_SEE}"
        )


if __name__ == "__main__":
    check_servers_or_exit(settings_or_exit())
