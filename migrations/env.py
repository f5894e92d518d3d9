"""Alembic's environment: one connection, one transaction, and a limit on waiting for locks."""

from alembic import context
from sqlalchemy import create_engine, text

import partyapp.auth.infrastructure.entities
import partyapp.channel.infrastructure.entities
import partyapp.chat.infrastructure.entities
import partyapp.commands.store
import partyapp.notification.infrastructure.notifications
import partyapp.party.infrastructure.admission_entities
import partyapp.party.infrastructure.entities
import partyapp.queue.infrastructure
import partyapp.shared.storage.failing_work
import partyapp.transcode.infrastructure.entities
import partyapp.transcode.infrastructure.postgres_uploads
import partyapp.webhook.infrastructure.entities  # noqa: F401
from partyapp.shared.storage.database import Base


def run() -> None:
    """Migrate the database that the configuration names."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = create_engine(url, connect_args={"connect_timeout": 5, "prepare_threshold": None})
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            # For this transaction alone: behind a pooler the session goes to others.
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            context.run_migrations()
    engine.dispose()


run()
