"""What everything that knows who is connected must do, the fake and the one in Redis alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from partyapp.party.application.ports import PresencePort
from partyapp.party.live.presence import RedisPresence, Share
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.redis_client import create_redis
from tests.support.fakes_party import InMemoryPresence

PARTY, ADA, BOB = new_id(), new_id(), new_id()
#: Makes the port say that these users are connected to the party, or that nobody can know (None).
Connect = Callable[[frozenset[UUID] | None], PresencePort]


@pytest.fixture(params=["memory", "redis"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    if request.param == "memory":
        yield InMemoryPresence
        return
    client = create_redis(request.getfixturevalue("redis_url"))

    def connected(users: frozenset[UUID] | None) -> PresencePort:
        if users is None:
            return RedisPresence(create_redis(f"unix://{tmp_path}/none.sock"), FixedClock())
        presence = RedisPresence(client, FixedClock())
        presence.write("process", {PARTY: Share(dict.fromkeys(users), None)})
        return presence

    yield connected
    client.close()


@pytest.mark.parametrize("users", [frozenset(), frozenset({ADA}), frozenset({ADA, BOB})])
def test_who_is_connected_is_known(connect: Connect, users: frozenset[UUID]) -> None:
    assert connect(users).connected(PARTY) == users


def test_that_nobody_can_know_is_not_that_nobody_is_there(connect: Connect) -> None:
    assert connect(None).connected(PARTY) is None
