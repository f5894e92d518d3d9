"""What a process knows of sessions: changes of its own at once, others' by a hint or after a while."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.auth.domain import LEEWAY_S, REVOKED_DAYS, SignedOut
from partyapp.auth.infrastructure import session_watcher
from partyapp.auth.infrastructure.session_watcher import LOOK_S, SessionsChanged, SessionWatcher
from partyapp.shared.kernel.clock import DAY_MS, FixedClock
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from tests.support.fakes_auth import FakeSessions

TTL_S = 600.0


class Env:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.sessions = FixedClock(), FakeSessions()
        self.now_s, self.looks, self.gone = 1000.0, 0, False
        self.hints: list[SessionsChanged] = []
        self.revoked: list[Set[UUID]] = []
        self.people: list[Set[UUID]] = []
        monkeypatch.setattr(session_watcher, "monotonic_s", lambda: self.now_s)
        reader: Any = self
        self.watcher = SessionWatcher(
            reader,
            self.clock,
            token_ttl_s=TTL_S,
            publish=self.hints.append,
            on_revoked=self.revoked.append,
            on_people=self.people.append,
        )
        self.ada = Principal(user_id=new_id(), display_name="Ada", session_id=new_id())
        self.sessions.keep(self.ada, now_ms=self.clock.now_ms(), until_ms=0.0)

    def changes(self, since_ms: float) -> Any:
        self.looks += 1
        if self.gone:
            raise Unavailable()
        return self.sessions.changes(since_ms)

    def revoked_people(self, since_ms: float) -> Any:
        return self.sessions.revoked_people(since_ms)

    def sign_out(self) -> None:
        self.clock.advance(1.0)
        self.sessions.revoke(self.ada, everywhere=False, now_ms=self.clock.now_ms())

    def second(self) -> None:
        self.now_s += 1.0
        self.watcher.each_second()
        gevent.sleep(0)

    def is_out(self) -> bool:
        try:
            self.watcher.current(self.ada)
        except Unauthenticated:
            return True
        return False


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Env:
    return Env(monkeypatch)


def test_a_change_of_this_process_is_known_at_once_and_others_are_told(env: Env) -> None:
    env.sign_out()
    assert not env.is_out()
    env.watcher.changed()
    assert env.is_out()
    assert env.hints == [SessionsChanged()]
    assert env.revoked == [{env.ada.session_id}]
    with pytest.raises(SignedOut) as refused:
        env.watcher.current(env.ada)
    problem = refused.value.problem()
    assert (problem["code"], problem["signed_out"]) == ("unauthenticated", True)


def test_requests_ask_nothing_of_the_database(env: Env) -> None:
    for _ in range(100):
        assert env.watcher.current(env.ada) is env.ada
    assert env.looks == 0


@pytest.mark.parametrize("told", [lambda env: env.watcher.receive(SessionsChanged()), None])
def test_a_change_of_another_process_is_seen(env: Env, told: Callable[[Env], None] | None) -> None:
    env.second()
    env.sign_out()
    if told is None:
        for _ in range(int(LOOK_S)):
            assert not env.is_out()
            env.second()
    else:
        told(env)
        gevent.sleep(0)
    assert env.is_out()
    assert env.hints == []


def test_it_looks_no_more_often_than_it_says(env: Env) -> None:
    for _ in range(30):
        env.second()
    assert env.looks == pytest.approx(30 / LOOK_S, abs=1)


def test_what_is_known_stays_while_postgres_is_gone(env: Env) -> None:
    env.sign_out()
    env.second()
    env.gone = True
    for _ in range(10):
        env.second()
    assert env.is_out()
    with pytest.raises(Unavailable):
        env.watcher.changed()


def test_a_renamed_person_has_the_new_name_until_every_older_token_has_ended(env: Env) -> None:
    env.sessions.rename(env.ada.user_id, "Ada L.", env.clock.now_ms() + 1)
    env.watcher.changed()
    assert env.watcher.current(env.ada).display_name == "Ada L."
    provider = replace(env.ada, session_id=None)
    assert env.watcher.current(provider).display_name == "Ada"
    env.clock.advance((TTL_S + 11) * 1000)
    env.watcher.changed()
    assert env.watcher.current(env.ada).display_name == "Ada"


def test_what_can_not_matter_any_more_is_forgotten(env: Env) -> None:
    env.sign_out()
    env.watcher.changed()
    env.clock.advance((TTL_S + 11) * 1000)
    env.watcher.changed()
    assert not env.is_out()
    assert env.revoked == [{env.ada.session_id}]


def test_of_a_revoked_person_only_later_tokens_count(env: Env) -> None:
    at_ms = env.clock.now_ms()
    outside = Principal(user_id=new_id(), display_name="Zoe", issued_at_ms=at_ms - 1000)
    env.second()
    env.sessions.revoke_person(outside.user_id, at_ms)
    assert env.watcher.current(outside) is outside
    for _ in range(int(LOOK_S)):
        env.second()
    assert env.people == [{outside.user_id}]
    for issued_at_ms in (0.0, at_ms - 1000, at_ms, at_ms + LEEWAY_S * 1000):
        with pytest.raises(SignedOut):
            env.watcher.current(replace(outside, issued_at_ms=issued_at_ms))
    later = replace(outside, issued_at_ms=at_ms + LEEWAY_S * 1000 + 1)
    assert env.watcher.current(later) is later
    # It is news once, until it happens again; and is forgotten when no token can be as old.
    env.watcher.changed()
    env.sessions.revoke_person(outside.user_id, at_ms + 1)
    env.watcher.changed()
    assert env.people == [{outside.user_id}, {outside.user_id}]
    env.clock.advance((REVOKED_DAYS + 1) * DAY_MS)
    env.watcher.changed()
    assert env.watcher.current(outside) is outside
