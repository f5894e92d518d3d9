"""Tokens of other servers that were given a key: whom they name, and a table of those that prove nobody."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from partyapp.auth.infrastructure import AnyToken, KeyTokens, PartyTokens
from partyapp.auth.infrastructure.key_tokens import SigningSecret
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal

OWN = "a secret of the tests, long enough to sign with"
FILMS, OLD, SHOP = (f"{name}: a key of the tests, long enough" for name in ("films", "old", "shop"))
PARTY = "0198b3a0-0000-7000-8000-000000000001"


@pytest.fixture
def tokens() -> AnyToken:
    clock = FixedClock()
    secrets = {"films": (FILMS, OLD), "shop": (SHOP,)}
    keys = KeyTokens(lambda name: map(SigningSecret, secrets.get(name, ())), clock)
    return AnyToken(PartyTokens(OWN, 600, clock), None, keys)


def signed(secret: str = FILMS, algorithm: str = "HS256", typ: str = "JWT", **changes: Any) -> str:
    now_s = int(FixedClock().now_ms() / 1000)
    good: dict[str, Any] = {
        "iss": "party-key:films",
        "aud": "party",
        "sub": "ada",
        "name": "Ada",
        "iat": now_s,
        "exp": now_s + 600,
    }
    claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
    return jwt.encode(claims, secret, algorithm=algorithm, headers={"typ": typ})


def test_it_names_the_keys_own_person(tokens: AnyToken) -> None:
    ada = tokens.verify(signed())
    assert (ada.display_name, ada.session_id, ada.party_id) == ("Ada", None, None)
    assert ada.expires_at_ms > FixedClock().now_ms()
    assert tokens.verify(signed(name="Countess")).user_id == ada.user_id
    assert tokens.verify(signed(sub="ben")).user_id != ada.user_id
    of_shop = tokens.verify(signed(SHOP, iss="party-key:shop"))
    assert of_shop.user_id != ada.user_id
    assert str(tokens.verify(signed(party=PARTY)).party_id) == PARTY
    assert ada.site == "films"
    given = tokens.verify(signed(party=PARTY, grants=["chat", "queue"], jti="one"))
    assert (given.grants, ada.grants, ada.token_id) == (("chat", "queue"), None, None)
    same = tokens.verify(signed(party=PARTY, jti="one"))
    assert given.token_id == same.token_id != tokens.verify(signed(jti="two")).token_id


def test_both_secrets_of_a_key_count_while_it_rolls_over(tokens: AnyToken) -> None:
    assert tokens.verify(signed(OLD)).user_id == tokens.verify(signed(FILMS)).user_id


def now_s() -> int:
    return int(FixedClock().now_ms() / 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": SHOP},
        {"secret": OWN},
        {"iss": "party-key:shop"},
        {"iss": "party-key:none"},
        {"iss": "party-key:"},
        {"iss": "party"},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": "half of a character: \ud800"},
        {"iat": None},
        {"iat": now_s() + 3600, "exp": now_s() + 7200},
        {"exp": None},
        {"exp": now_s() - 60},
        {"exp": now_s() + 25 * 3600},
        {"exp": "tomorrow"},
        {"party": "everything"},
        {"party": 1},
        {"party": ""},
        {"grants": ["chat"]},
        {"party": PARTY, "grants": "chat"},
        {"party": PARTY, "grants": [1]},
        {"party": PARTY, "grants": ["chat"] * 21},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"jti": "\udfff"},
        {"typ": "logout+jwt"},
        {"algorithm": "HS512"},
        {"secret": "", "algorithm": "none"},
    ],
    ids=str,
)
def test_these_prove_nobody(tokens: AnyToken, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(signed(**changes))


def test_our_own_tokens_are_no_keys_and_a_key_signs_none_of_ours(tokens: AnyToken) -> None:
    own = PartyTokens(OWN, 600, FixedClock())
    ada = Principal(user_id=new_id(), display_name="Ada")
    assert tokens.verify(own.issue(ada)).user_id == ada.user_id
    with pytest.raises(Unauthenticated):
        tokens.verify(PartyTokens(FILMS, 600, FixedClock()).issue(ada))


def test_without_keys_nobody_signs_but_us() -> None:
    with pytest.raises(Unauthenticated):
        AnyToken(PartyTokens(OWN, 600, FixedClock())).verify(signed())


def test_whoever_signed_it_renews_it(tokens: AnyToken) -> None:
    with pytest.raises(Forbidden):
        tokens.renewable(signed(), 3600)
