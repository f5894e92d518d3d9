"""Which tests run and in what order, and the servers that they share.

Each server is started when a test first asks for it, on data of its own.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.embedded_servers import EmbeddedServers
from tests.support.examples import examples
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.run_order import LONG, LONGEST_FIRST, THROUGH_A_PROXY

# How long an example takes says more of what else the machine does than of what is tested.
settings.register_profile(
    "party", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("party")

_TESTS = Path(__file__).parent
#: What a test asks for that needs a running server: a fixture, or a parameter of one that the fakes share.
_SERVERS = {"database_url", "redis_url", "stack", "own_stack"}
_ADAPTERS = {"postgres", "redis"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; the others, and the tests of each, stay in their order.

    `make check` runs nothing that needs a server or is marked as thorough, and `make test` nothing that is
    marked as long.
    """
    rank = {_TESTS / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
    for item in items:
        name = item.path.relative_to(_TESTS).as_posix()
        if name.startswith(LONG):
            item.add_marker(pytest.mark.long)
        if name.startswith(THROUGH_A_PROXY):
            item.add_marker(pytest.mark.proxied)
    if os.environ.get("PARTY_CHECK"):
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            (left_out if _is_left_to_a_test_run(item) else kept).append(item)
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """What is imported and collected stays until the end, so nothing of it is looked at for garbage.

    A collection of Python's oldest generation walks some ten thousand tests and half a dozen libraries, and
    took a third of a run's time.
    """
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
    gc.set_threshold(200_000, 20, 50)


def _is_left_to_a_test_run(item: pytest.Item) -> bool:
    return item.get_closest_marker("thorough") is not None or _needs_a_server(item)


def _needs_a_server(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    values = parameters.params.values() if parameters is not None else ()
    return bool(
        _SERVERS.intersection(getattr(item, "fixturenames", ()))
        or any(isinstance(value, str) and value in _ADAPTERS for value in values)
    )


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A real PostgreSQL. A test takes a database of its own beside this one; see support/fresh_database."""
    with own_folder() as folder, EmbeddedServers(folder / "servers", valkey=False) as servers:
        yield servers.database_url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Valkey. Tests share it, so they keep to keys and channels of their own."""
    with own_folder() as folder, EmbeddedServers(folder / "servers", postgres=False) as servers:
        yield servers.redis_url


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole of `party up` as real processes, shared by every test that does it no harm."""
    with own_folder() as folder, Stack(folder / "data") as running:
        yield running


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A stack of the module's own with the sample video, for tests that kill and freeze its processes."""
    with own_folder() as folder, Stack(folder / "data", sample=True) as running:
        yield running
