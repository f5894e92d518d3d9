"""The servers that tests share. Each is started when a test first asks for it, on data of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.local_stack import EmbeddedServers, Stack
from tests.support.own_folder import own_folder


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[EmbeddedServers]:
    """A real PostgreSQL and a real Valkey."""
    with own_folder() as folder, EmbeddedServers(folder / "servers") as servers:
        yield servers


@pytest.fixture(scope="session")
def database_url(embedded_servers: EmbeddedServers) -> str:
    """The PostgreSQL. A test takes a database of its own beside this one; see support/fresh_database."""
    return embedded_servers.database_url


@pytest.fixture(scope="session")
def redis_url(embedded_servers: EmbeddedServers) -> str:
    """The Valkey. Tests share it, so they keep to keys and channels of their own."""
    return embedded_servers.redis_url


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole of `party up` as real processes, shared by every test that does it no harm."""
    with own_folder() as folder, Stack(folder / "data") as running:
        yield running


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A stack of the module's own, for tests that kill and freeze its processes."""
    with own_folder() as folder, Stack(folder / "data") as running:
        yield running
