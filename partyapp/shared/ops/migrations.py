"""Bringing the database to the newest schema, one process at a time."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

import migrations
from partyapp.shared.ops.settings import sqlalchemy_url

#: A number of our own for the advisory lock, so that two releases don't migrate at once.
_LOCK = 0x50415254

#: How long to wait before the lock is asked for again, in s.
_AGAIN_S = 0.2


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration, made here so that it works from a wheel too."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(database_url).replace("%", "%%"))
    return config


def upgrade(database_url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate up to `revision`; waits for another migration that is under way.

    Returns the revision of before and of now; None is an empty database.
    """
    return _locked(database_url, lambda config: command.upgrade(config, revision))


def downgrade(database_url: str, revision: str = "base") -> None:
    """Migrate down to `revision`."""
    _locked(database_url, lambda config: command.downgrade(config, revision))


def _locked(database_url: str, migrate: Callable[[Config], None]) -> tuple[str | None, str | None]:
    engine = create_engine(
        sqlalchemy_url(database_url),
        # Any other level keeps a snapshot, for which an index that is built `CONCURRENTLY` waits.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 5, "prepare_threshold": None},
    )
    try:
        with engine.connect() as connection:
            # Of the transaction, not of the session, which behind a pooler goes to others with its locks.
            # Asked for again and again: who waits for it in a statement is waited for by an index that is
            # built `CONCURRENTLY`, and so by the migration that holds the lock.
            # Without a parameter: with one the driver leaves a portal open, and with it a snapshot.
            while not connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")):
                connection.rollback()
                Event().wait(_AGAIN_S)
            before = _revision(engine)
            migrate(alembic_config(database_url))
            return before, _revision(engine)
    finally:
        engine.dispose()


def _revision(engine: Engine) -> str | None:
    # On a connection of its own: its questions have parameters, and leave a snapshot open.
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
