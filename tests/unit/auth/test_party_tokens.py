"""Our own tokens: what is in them, and a table of those that must prove nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from partyapp.auth.infrastructure import AnyToken, PartyTokens
from partyapp.auth.infrastructure.any_token import MAX_TOKEN_CHARACTERS
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal

SECRET = "a secret of the tests, long enough to sign with HS256 and with HS512"
ADA = Principal(user_id=new_id(), display_name="Ada 李")
TTL_S = 3600


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tokens(clock: FixedClock) -> PartyTokens:
    return PartyTokens(SECRET, TTL_S, clock)


def now_s() -> int:
    return int(FixedClock().now_ms() / 1000)


def claims_of(**changes: Any) -> dict[str, Any]:
    """Good claims with changes; a change to None takes the claim away."""
    good: dict[str, Any] = {
        "iss": "party",
        "aud": "party",
        "sub": str(ADA.user_id),
        "name": "Ada",
        "iat": now_s(),
        "nbf": now_s(),
        "exp": now_s() + TTL_S,
        "jti": "one",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(
    *, key: str = SECRET, algorithm: str = "HS256", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    given = {"typ": "at+jwt"} if header is None else header
    return jwt.encode(claims_of(**changes), key, algorithm=algorithm, headers=given)


def encoded(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_an_issued_token_names_who_it_was_issued_to(tokens: PartyTokens) -> None:
    found = tokens.verify(tokens.issue(ADA))
    assert (found.user_id, found.display_name) == (ADA.user_id, "Ada 李")
    assert found.expires_at_ms == (now_s() + TTL_S) * 1000


def test_a_name_in_a_token_of_the_release_before_is_cleaned_too(tokens: PartyTokens) -> None:
    assert tokens.verify(signed(name="A\u200bda\u202e")).display_name == "Ada"
    assert tokens.verify(signed(name="\u200b")).display_name == "Guest"


def test_an_issued_token_says_what_it_is(tokens: PartyTokens) -> None:
    token = tokens.issue(ADA)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "at+jwt"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "name", "iat", "nbf", "exp", "jti"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("party", "party", str(ADA.user_id))
    assert claims["exp"] - claims["iat"] == TTL_S
    assert tokens.issue(ADA) != token, "each token has an id of its own"


def test_the_control_token_of_the_table_is_good(tokens: PartyTokens) -> None:
    assert tokens.verify(signed()).user_id == ADA.user_id


def test_a_token_ends_by_the_clock_that_was_handed_in(tokens: PartyTokens, clock: FixedClock) -> None:
    token = tokens.issue(ADA)
    clock.advance(TTL_S * 1000 + 9_000)
    tokens.verify(token)
    clock.advance(2_000)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


BAD: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "garbage": lambda: "garbage",
    "three garbage parts": lambda: "a.b.c",
    "four parts": lambda: signed() + ".x",
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "changed signature": lambda: signed()[:-2] + ("AA" if not signed().endswith("AA") else "BB"),
    "changed claims": lambda: ".".join(
        [signed().split(".")[0], encoded(claims_of(name="Eve")), signed().split(".")[2]]
    ),
    "alg none": lambda: signed(key="", algorithm="none"),
    "alg None by hand": lambda: f"{encoded({'alg': 'None', 'typ': 'at+jwt'})}.{encoded(claims_of())}.",
    "alg missing": lambda: f"{encoded({'typ': 'at+jwt'})}.{encoded(claims_of())}.",
    "alg is a list": lambda: f"{encoded({'alg': ['HS256']})}.{encoded(claims_of())}.",
    "HS512": lambda: signed(algorithm="HS512"),
    "other secret": lambda: signed(key="x" * 64),
    "header is a list": lambda: f"{encoded([])}.{encoded(claims_of())}.",
    "bottomless header": lambda: f"{encoded('[' * 5000)}.{encoded(claims_of())}.x",
    "critical extension": lambda: signed(header={"typ": "at+jwt", "crit": ["b64"], "b64": True}),
    "typ JWT": lambda: signed(header={"typ": "JWT"}),
    "typ missing": lambda: signed(header={"typ": None}),
    "other issuer": lambda: signed(iss="parties"),
    "issuer is a list": lambda: f"{encoded({'alg': 'HS256'})}.{encoded({'iss': ['party']})}.x",
    "no issuer": lambda: signed(iss=None),
    "other audience": lambda: signed(aud="someone"),
    "no audience": lambda: signed(aud=None),
    "no expiry": lambda: signed(exp=None),
    "expired": lambda: signed(exp=now_s() - 11),
    "expiry is text": lambda: signed(exp="later"),
    "issued tomorrow": lambda: signed(iat=now_s() + 86_400),
    "no issue time": lambda: signed(iat=None),
    "not yet": lambda: signed(nbf=now_s() + 60),
    "no beginning": lambda: signed(nbf=None),
    "no subject": lambda: signed(sub=None),
    "subject is no id": lambda: signed(sub="admin"),
    "subject is a number": lambda: signed(sub=7),
    "subject in braces": lambda: signed(sub="{" + str(ADA.user_id) + "}"),
    "no token id": lambda: signed(jti=None),
    "claims are a list": lambda: f"{encoded({'alg': 'HS256'})}.{encoded([])}.x",
    "huge": lambda: "a" * (MAX_TOKEN_CHARACTERS + 1),
    "not ASCII": lambda: "ä.ö.ü",
    "lone surrogate": lambda: "\ud800.a.b",
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_bad_tokens_prove_nobody(tokens: PartyTokens, make: Callable[[], str]) -> None:
    token = make()
    with pytest.raises(Unauthenticated) as raised:
        AnyToken(tokens).verify(token)
    # Neither the refusal nor its chain of causes may carry the token into a log.
    assert not token or token not in str(raised.value.problem())
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_tokens_of_the_secret_before_count_while_it_is_replaced() -> None:
    clock, (old, new) = (
        FixedClock(),
        (f"{name}, a secret of the tests, long enough" for name in ("old", "new")),
    )
    ada = Principal(user_id=new_id(), display_name="Ada", session_id=new_id())
    before, during, after = (
        PartyTokens(old, 600, clock), PartyTokens(new, 600, clock, old), PartyTokens(new, 600, clock)
    )  # fmt: skip
    assert during.verify(before.issue(ada)).user_id == ada.user_id
    assert after.verify(during.issue(ada)).user_id == ada.user_id
    for verifier, token in ((before, during.issue(ada)), (after, before.issue(ada))):
        with pytest.raises(Unauthenticated):
            verifier.verify(token)
    clock.advance(700_000.0)
    with pytest.raises(Unauthenticated):
        during.verify(before.issue(ada)[:-2] + "xx")


def test_a_token_is_read_once_and_asked_each_time_whether_it_holds(
    tokens: PartyTokens, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tokens.issue(ADA)
    tampered = f"{token[:-2]}{'AA' if token[-2:] != 'AA' else 'BB'}"
    first = tokens.verify(token)
    read: list[str] = []

    def decode(given: str, *_: Any, **__: Any) -> None:
        read.append(given)
        raise jwt.InvalidSignatureError

    monkeypatch.setattr(jwt, "decode_complete", decode)
    assert tokens.verify(token) is first
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            tokens.verify(tampered)
    assert read == [tampered, tampered]
    clock.advance(TTL_S * 1000 + 60_000)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)
    assert tokens.verify(token, grace_s=600.0) == first
