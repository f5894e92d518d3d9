"""The tables of a test module on a real Postgres: those of its `ENTITIES`, empty before each test.

A module that needs more connections at once than ten says so with `POOL_SIZE`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables


@pytest.fixture(scope="module")
def engine(database_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of the module's own with the tables of its entities."""
    pool_size = getattr(request.module, "POOL_SIZE", 10)
    with fresh_tables(database_url, request.module.ENTITIES, pool_size) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine, request: pytest.FixtureRequest) -> Transactions:
    """Transactions on these tables, which are empty."""
    emptied(engine, request.module.ENTITIES)
    return Transactions(engine)
