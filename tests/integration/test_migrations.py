"""The migrations, up and down and from two places at once, against what the entities say.

The entities are those that Alembic's environment imports when it migrates: what it leaves out is found here.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from partyapp.commands.store import CommandEntity
from partyapp.shared.ops.migrations import alembic_config, downgrade, upgrade
from partyapp.shared.storage.database import Base
from tests.support.fresh_database import fresh_database


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    with fresh_database(database_url) as url:
        yield url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def differences(url: str) -> list[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, Base.metadata))
    finally:
        engine.dispose()


def test_up_is_what_the_entities_say_and_down_is_nothing(url: str) -> None:
    newest = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    assert upgrade(url) == (None, newest)
    assert tables(url) == {*Base.metadata.tables, "alembic_version"}
    assert CommandEntity.__tablename__ in tables(url)
    assert differences(url) == []
    assert upgrade(url) == (newest, newest)
    downgrade(url)
    assert tables(url) == {"alembic_version"}
    upgrade(url)
    assert differences(url) == []


def test_alembics_own_check_agrees(url: str) -> None:
    upgrade(url)
    command.check(alembic_config(url))


def test_the_indexes_are_those_of_the_entities(url: str) -> None:
    upgrade(url)
    engine = create_engine(url)
    try:
        for name, table in Base.metadata.tables.items():
            found = {index["name"] for index in inspect(engine).get_indexes(name)}
            assert {str(index.name) for index in table.indexes} <= found
    finally:
        engine.dispose()


def test_two_releases_at_once_wait_for_each_other(url: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(upgrade, url) for _ in range(3)]:
            done.result(60)
    assert differences(url) == []


def test_there_is_one_line_of_history() -> None:
    script = ScriptDirectory.from_config(alembic_config("postgresql://nobody/none"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
