"""Who was replaced as host while away and is back is named to the host, once on each of their sockets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.domain.state import RETURN_MS
from partyapp.party.live.host_offers import offer_role
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.send_queue import Priority
from tests.support.live_env import LiveEnv
from tests.support.party_objects import T0


class Succession:
    """Ada was host and gone for too long; Grace is host now."""

    def __init__(self) -> None:
        self.env = env = LiveEnv()
        self.ada = env.store.session.state.host_id
        env.feed.announce(env.store.join("Grace"))
        self.grace: UUID = next(user for user in env.store.members if user != self.ada)
        self.line, self.room = env.enter(self.grace)
        env.store.session.succeed_host(env.store.members[self.grace], T0)
        env.feed.announce(env.store.commit())

    def second(self, at_ms: float = T0 + 1000) -> None:
        self.room.state.news(at_ms)
        offer_role(self.room, at_ms)

    def offers(self, line: Any = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (line or self.line).of("host_returned")
        return found


@pytest.fixture
def succession() -> Succession:
    return Succession()


def test_the_host_is_told_once_that_who_was_host_is_back(succession: Succession) -> None:
    succession.second()
    assert succession.offers() == [], "not while they are away"
    back, _ = succession.env.enter(succession.ada)
    succession.second()
    succession.second(T0 + 2000)
    assert succession.offers() == [
        {
            "type": "host_returned",
            "user_id": str(succession.ada),
            "display_name": "Grace",
            "until_ms": T0 + RETURN_MS,
        }
    ]
    assert succession.line.kinds[-1] is Priority.ANSWER, "a slow reader is told too"
    assert succession.offers(back) == [], "nobody else is told"


def test_each_of_the_hosts_sockets_is_told(succession: Succession) -> None:
    succession.env.enter(succession.ada)
    succession.second()
    other: Any = succession.env.enter(succession.grace)[0]
    succession.second()
    assert len(succession.offers(other)) == 1


def test_who_goes_and_comes_back_again_is_named_again(succession: Succession) -> None:
    line, room = succession.env.enter(succession.ada)
    succession.second()
    succession.env.join.leave(room, DeviceKey(succession.ada, None), line)
    succession.second()
    succession.env.enter(succession.ada)
    succession.second()
    assert len(succession.offers()) == 2


def test_after_ten_minutes_the_role_is_not_offered(succession: Succession) -> None:
    succession.env.enter(succession.ada)
    succession.second(T0 + RETURN_MS + 1)
    assert succession.offers() == []


def test_the_role_that_was_given_back_is_not_offered(succession: Succession) -> None:
    members = succession.env.store.members
    session = succession.env.store.session
    session.transfer_host(members[succession.grace], members[succession.ada], T0 + 1)
    succession.env.feed.announce(succession.env.store.commit())
    back, _ = succession.env.enter(succession.ada)
    succession.second()
    assert succession.offers() == succession.offers(back) == []
