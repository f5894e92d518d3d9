"""A database of one's own on the tests' Postgres, so that no test sees another's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.database import Base, create_database, table_of


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database on that server; it is dropped at the end."""
    name = f"own_{new_id().hex}"
    server = create_engine(sqlalchemy_url(server_url), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        url = make_url(sqlalchemy_url(server_url)).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        server.dispose()


@contextmanager
def fresh_tables(server_url: str, entities: Sequence[Any], pool_size: int = 10) -> Iterator[Engine]:
    """An engine on a new database that holds these entities' tables."""
    tables = [table_of(entity) for entity in entities]
    with fresh_database(server_url) as url:
        engine = create_database(url, pool_size)
        try:
            Base.metadata.create_all(engine, tables=tables)
            yield engine
        finally:
            engine.dispose()


def emptied(engine: Engine, entities: Sequence[Any]) -> None:
    """Take every row out of these entities' tables."""
    names = ", ".join(table_of(entity).name for entity in entities)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
