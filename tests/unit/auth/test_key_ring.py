"""Servers' keys as a process knows them: which count, for how long, and what tokens are signed with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from partyapp.auth.domain import ApiKey
from partyapp.auth.infrastructure import AnyToken, KeyRing, PartyTokens, key_ring
from partyapp.auth.infrastructure.api_keys import KEY_PREFIX
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.scopes import Scope

SECRET = "x" * 42 + "Q"


def key(**changes: Any) -> ApiKey:
    made = ApiKey(
        id=new_id(),
        name="films",
        scopes=frozenset({Scope.PARTIES_READ, Scope.TOKENS_SIGN}),
        created_at_ms=0,
        secret_hash=hashlib.sha256(SECRET.encode()).hexdigest(),
        signing_secret="signs",
    )
    return replace(made, **changes)


def sent(of: ApiKey, secret: str = SECRET) -> str:
    return f"{KEY_PREFIX}{of.id.hex}_{secret}"


class Kept:
    """What Postgres keeps, and how often it was asked."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys: list[ApiKey] = list(keys)
        self.gone = False
        self.asked = 0

    def standing(self) -> Sequence[ApiKey]:
        self.asked += 1
        if self.gone:
            raise Unavailable()
        return list(self.keys)


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(key_ring, "monotonic_s", lambda: now[0])
    return now


def test_a_key_says_what_it_is_for(now_s: list[float]) -> None:
    one = key()
    kept = Kept(one)
    ring = KeyRing(kept.standing, FixedClock())
    tokens = AnyToken(PartyTokens("a secret of the tests, long enough", 600, FixedClock()), ring=ring)
    found = tokens.verify(sent(one))
    assert (found.key_id, found.site, found.scopes) == (one.id, "films", one.scopes)
    assert found.accountable_id == one.id
    for _ in range(50):
        tokens.verify(sent(one))
    assert kept.asked == 1
    with pytest.raises(Forbidden):
        tokens.renewable(sent(one), 60)


@pytest.mark.parametrize(
    "wrong",
    ["", "x", KEY_PREFIX, KEY_PREFIX + "0" * 32 + "_" + SECRET, "other secret", "expired", "é"],
)
def test_these_are_no_keys(now_s: list[float], wrong: str) -> None:
    one, past = key(), key(expires_at_ms=FixedClock().now_ms())
    given = {"other secret": sent(one, "y" * 43), "expired": sent(past)}.get(wrong, wrong)
    with pytest.raises(Unauthenticated):
        KeyRing(Kept(one, past).standing, FixedClock()).verify(given)


def test_a_revoked_key_ends_within_seconds_and_a_new_one_counts_at_once(now_s: list[float]) -> None:
    one, new = key(), key()
    kept = Kept(one)
    ring = KeyRing(kept.standing, FixedClock())
    ring.verify(sent(one))
    kept.keys = [new]
    ring.verify(sent(new))
    with pytest.raises(Unauthenticated):
        ring.verify(sent(one))
    kept.keys = []
    ring.verify(sent(new))
    now_s[0] += key_ring.FRESH_S
    with pytest.raises(Unauthenticated):
        ring.verify(sent(new))


def test_unknown_keys_ask_postgres_no_more_often(now_s: list[float]) -> None:
    kept = Kept()
    ring = KeyRing(kept.standing, FixedClock())

    def ask_often() -> int:
        asked = kept.asked
        for _ in range(20):
            with pytest.raises(Unauthenticated):
                ring.verify(sent(key()))
            assert list(ring.signing_secrets("films")) == []
        return kept.asked - asked

    # The first of all is none of these: it reads what is held.
    assert ask_often() == 1 + key_ring.UNKNOWN_READS
    assert ask_often() == 0
    # Meanwhile one that is made counts a little later.
    new = key()
    kept.keys = [new]
    with pytest.raises(Unauthenticated):
        ring.verify(sent(new))
    now_s[0] += key_ring.UNKNOWN_S
    ring.verify(sent(new))


def test_a_token_of_a_key_that_was_made_just_now_counts_at_once(now_s: list[float]) -> None:
    old, shop = key(), key(name="shop", signing_secret="the shop's")
    kept = Kept(old)
    ring = KeyRing(kept.standing, FixedClock())
    assert [one.key_id for one in ring.signing_secrets("films")] == [old.id]
    new = key(signing_secret="second")
    kept.keys += [new, shop]
    assert [one.secret for one in ring.signing_secrets("films")] == ["signs", "second"]
    assert [one.secret for one in ring.signing_secrets("shop")] == ["the shop's"]
    # A signer that is known has nobody asked.
    asked = kept.asked
    assert next(ring.signing_secrets("films")).key_id == old.id
    assert kept.asked == asked


def test_without_postgres_a_known_key_counts_for_a_while(now_s: list[float]) -> None:
    one = key()
    kept = Kept(one)
    ring = KeyRing(kept.standing, FixedClock())
    ring.verify(sent(one))
    kept.gone = True
    now_s[0] += key_ring.FRESH_S
    ring.verify(sent(one))
    now_s[0] += key_ring.STALE_S
    with pytest.raises(Unavailable):
        ring.verify(sent(one))


def test_who_may_sign(now_s: list[float]) -> None:
    clock = FixedClock()
    kept = Kept(
        key(),
        key(signing_secret="second"),
        key(scopes=frozenset({Scope.PARTIES_READ}), signing_secret="signs nothing"),
        key(expires_at_ms=clock.now_ms(), signing_secret="expired"),
        key(name="shop", signing_secret="the shop's"),
    )
    ring = KeyRing(kept.standing, clock, {"films": ("of the environment",)})
    assert [one.secret for one in ring.signing_secrets("films")] == ["of the environment", "signs", "second"]
    (shop,) = ring.signing_secrets("shop")
    assert (shop.secret, shop.key_id) == ("the shop's", kept.keys[-1].id)
    assert next(ring.signing_secrets("films")).key_id is None
    assert list(ring.signing_secrets("none")) == []
