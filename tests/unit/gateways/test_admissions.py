"""Who is let in as whom: a guest each, the same one again, and a name of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from partyapp.gateways.syncplay import notices
from partyapp.gateways.syncplay.admissions import STALE_MS, Admissions
from partyapp.gateways.syncplay.session import SILENT_MS, Session
from partyapp.gateways.syncplay.web_api import Guest, Invited, WebGone, WebRefused
from tests.support.syncplay_env import CODE, FakeGateway, FakeLine


class Web:
    """Web's answers. The same key is the same guest; a guest that joined has its name in the party."""

    def __init__(self) -> None:
        self.guests: dict[str, Guest] = {}
        self.joined: list[str] = []
        self.left: list[str] = []
        self.names: dict[str, str] = {}
        self.refusal: Exception | None = None

    async def sign_in(self, name: str, key: str, address: str) -> Guest:
        await asyncio.sleep(0)
        user_id = f"user-{len(self.guests)}"
        return self.guests.setdefault(key, Guest(f"token-{user_id}", user_id, name))

    async def invited(self, token: str, code: str, name: str, address: str) -> Invited:
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        taken = any(name == known and token != owner for owner, known in self.names.items())
        return Invited(party_id="party", name_taken=taken)

    async def join(self, token: str, party_id: str, code: str, address: str) -> None:
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        self.joined.append(token)
        guest = next(guest for guest in self.guests.values() if guest.token == token)
        self.names[token] = guest.display_name

    async def leave(self, token: str, party_id: str, address: str) -> None:
        self.left.append(token)


class Env:
    """A gateway's admissions, with clients that say hello."""

    def __init__(self, web: Web | None = None) -> None:
        self.web = web or Web()
        self.gateway = FakeGateway()
        self.pauses: list[float] = []
        self.admissions = Admissions(self.web, self.gateway, "secret", self._pause)

    async def _pause(self, wait_s: float) -> None:
        self.pauses.append(wait_s)

    def client(self, address: str = "192.0.2.7") -> Session:
        return Session(self.gateway, FakeLine(), address)

    def admit(self, session: Session, name: str = "Ada", code: str = CODE) -> str:
        """The name under which it is let in."""
        asyncio.run(self.admissions.admit(session, name, code))
        assert session.member is not None
        return session.member.name


def line_of(session: Session) -> FakeLine:
    line = session._line
    assert isinstance(line, FakeLine)
    return line


def test_a_client_becomes_a_member() -> None:
    env = Env()
    session = env.client()
    assert env.admit(session) == "Ada"
    assert session.member is not None
    assert (session.member.party_id, session.member.token) == ("party", "token-user-0")
    assert len(env.gateway.opened) == 1


def test_a_name_that_somebody_has_is_numbered() -> None:
    env = Env()
    env.web.names["somebody's token"] = "Ada"
    assert env.admit(env.client()) == "Ada (2)"
    assert env.admit(env.client("203.0.113.9")) == "Ada (3)"
    # Nobody joined who was called otherwise.
    assert len(env.web.joined) == 2


def test_two_at_one_address_and_time_are_two() -> None:
    env = Env()
    first, second = env.client(), env.client()

    async def both() -> None:
        await asyncio.gather(
            env.admissions.admit(first, "Ada", CODE), env.admissions.admit(second, "Ada", CODE)
        )

    asyncio.run(both())
    assert first.member is not None
    assert second.member is not None
    assert {first.member.name, second.member.name} == {"Ada", "Ada (2)"}


def test_who_comes_back_is_the_same_member() -> None:
    env = Env()
    first = env.client()
    env.admit(first)
    member = first.member
    first.lost()
    second = env.client()
    assert env.admit(second) == "Ada"
    assert second.member is member
    env.gateway.pass_ms(120_000)
    assert env.gateway.over == [] or second.member is None


def test_who_comes_back_before_its_dead_connection_is_noticed_takes_its_place() -> None:
    env = Env()
    first = env.client()
    env.admit(first)
    member = first.member
    env.gateway.clock_ms += SILENT_MS + 1
    second = env.client()
    assert env.admit(second) == "Ada"
    assert second.member is member
    assert first.member is None
    assert line_of(first).ended
    first.lost()
    assert second.member is member
    assert member is not None
    assert member.follower is second


def test_another_address_is_another_person() -> None:
    env = Env()
    env.admit(env.client("192.0.2.7"))
    assert env.admit(env.client("192.0.2.8")) == "Ada (2)"
    assert len(env.web.guests) == 3


def test_a_gateway_that_was_started_anew_finds_the_same_guests() -> None:
    before = Env()
    before.admit(before.client("2001:db8::1"))
    after = Env(before.web)
    # The address of one subscriber may change within its network.
    assert after.admit(after.client("2001:db8::2")) == "Ada"
    assert len(before.web.guests) == 1


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (WebRefused(404, {"code": "not_found"}), notices.NO_PARTY),
        (WebRefused(403, {"code": "banned"}), "You were banned from this party."),
        (WebRefused(409, {"code": "party_full"}), "The party is full."),
        (WebRefused(422, {"code": "validation_failed", "detail": "Odd."}), "Odd."),
    ],
)
def test_a_refusal_is_told_in_words(refusal: WebRefused, text: str) -> None:
    env = Env()
    env.web.refusal = refusal
    session = env.client()
    asyncio.run(env.admissions.admit(session, "Ada", CODE))
    assert line_of(session).all("Error") == [{"message": text}]
    assert len(env.admissions) == 0


@pytest.mark.parametrize("refusal", [WebGone(), WebRefused(429, {}), WebRefused(503, {}), ValueError()])
def test_what_may_pass_ends_the_connection_without_a_word_so_that_the_client_comes_again(
    refusal: Exception,
) -> None:
    env = Env()
    env.web.refusal = refusal
    session = env.client()
    asyncio.run(env.admissions.admit(session, "Ada", CODE))
    assert line_of(session).ended
    assert line_of(session).all("Error") == []
    assert len(env.admissions) == 0


@pytest.mark.parametrize("refusal", [WebGone(), WebRefused(429, {}), WebRefused(503, {})])
def test_what_may_pass_is_asked_for_again_a_few_times(refusal: Exception) -> None:
    env = Env()
    env.web.refusal = refusal

    async def recovers(wait_s: float) -> None:
        env.pauses.append(wait_s)
        if len(env.pauses) == 3:
            env.web.refusal = None

    env.admissions._pause = recovers
    session = env.client()
    assert env.admit(session) == "Ada"
    assert len(env.pauses) == 3
    assert not line_of(session).ended
    # The same guest each time.
    assert len(env.web.guests) == 1


def test_nothing_is_asked_again_for_a_client_that_is_gone_nor_what_will_not_pass() -> None:
    env = Env()
    env.web.refusal = WebRefused(409, {"code": "party_full"})
    asyncio.run(env.admissions.admit(env.client(), "Ada", CODE))
    env.web.refusal = WebGone()
    session = env.client()
    session.lost()
    asyncio.run(env.admissions.admit(session, "Ada", CODE))
    assert env.pauses == []


def test_one_who_waits_for_its_party_gives_way_to_nobody_of_its_name() -> None:
    env = Env()
    first = env.client()
    env.admit(first)
    env.gateway.clock_ms += STALE_MS + 1
    assert env.admit(env.client()) == "Ada (2)"
    assert not line_of(first).ended


def test_who_hung_up_while_being_let_in_stays_for_a_minute_and_leaves() -> None:
    env = Env()
    session = env.client()
    begun: Coroutine[Any, Any, None] = env.admissions.admit(session, "Ada", CODE)
    session.lost()
    asyncio.run(begun)
    assert session.member is None
    assert len(env.admissions) == 1
    env.gateway.pass_ms(61_000)
    ((member, leaves),) = env.gateway.over
    assert leaves
    asyncio.run(env.admissions.leave(member))
    assert env.web.left == ["token-user-0"]


def test_a_leave_that_web_does_not_take_is_let_be() -> None:
    env = Env()
    session = env.client()
    env.admit(session)
    assert session.member is not None

    async def gone(token: str, party_id: str, address: str) -> None:
        raise WebGone

    env.web.leave = gone  # type: ignore[method-assign]
    asyncio.run(env.admissions.leave(session.member))
