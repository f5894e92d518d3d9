"""Bringing the database to the newest schema, one process at a time."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

import migrations
from partyapp.shared.ops.settings import sqlalchemy_url

#: A number of our own for the advisory lock, so that two releases don't migrate at once.
_LOCK = 0x50415254


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration, made here so that it works from a wheel too."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(database_url).replace("%", "%%"))
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Migrate up to `revision`; waits for another migration that is under way."""
    _locked(database_url, lambda config: command.upgrade(config, revision))


def downgrade(database_url: str, revision: str = "base") -> None:
    """Migrate down to `revision`."""
    _locked(database_url, lambda config: command.downgrade(config, revision))


def _locked(database_url: str, migrate: Callable[[Config], None]) -> None:
    engine = create_engine(
        sqlalchemy_url(database_url), connect_args={"connect_timeout": 5, "prepare_threshold": None}
    )
    try:
        with engine.connect() as connection:
            # Of the transaction, not of the session, which behind a pooler goes to others with its locks.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            migrate(alembic_config(database_url))
    finally:
        engine.dispose()
