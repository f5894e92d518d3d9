"""Tokens of an outside identity provider, verified against a real JWKS endpoint on loopback."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from partyapp.auth.domain import provider_user_id
from partyapp.auth.infrastructure import AnyToken, PartyTokens, ProviderTokens, provider_tokens
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal

ISSUER = "https://id.example/"
SECRET = "a secret of the tests, long enough to sign with"
NOW_S = int(FixedClock().now_ms() / 1000)

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SHARED_SECRET = "a symmetric key that a careless provider publishes"


def jwks() -> dict[str, Any]:
    """What a provider publishes, with a symmetric key by mistake."""
    rsa_key = jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True)
    ec_key = jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key(), as_dict=True)
    ed_key = jwt.algorithms.OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True)
    oct_key = {"kty": "oct", "k": base64.urlsafe_b64encode(SHARED_SECRET.encode()).decode().rstrip("=")}
    return {
        "keys": [
            {**rsa_key, "kid": "rsa", "alg": "RS256", "use": "sig"},
            {**rsa_key, "kid": "for-encryption", "alg": "RS256", "use": "enc"},
            {**ec_key, "kid": "ec", "alg": "ES256"},
            {**ed_key, "kid": "ed", "alg": "EdDSA"},
            {**oct_key, "kid": "oct", "alg": "HS256"},
        ]
    }


class Provider:
    """A JWKS endpoint; `body` is what it says, `asked` counts how often it was asked."""

    def __init__(self) -> None:
        self.body = json.dumps(jwks())
        self.status = 200
        self.asked = 0
        provider = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(provider.body.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


def verifier(url: str, *key_ids: str) -> AnyToken:
    clock = FixedClock()
    outside = ProviderTokens(
        jwks_url=url, issuer=ISSUER, audience="party-app", clock=clock, key_ids=frozenset(key_ids)
    )
    return AnyToken(PartyTokens(SECRET, 600, clock), outside)


@pytest.fixture
def tokens(provider: Provider) -> AnyToken:
    return verifier(provider.url)


def signed(
    key: Any = RSA, algorithm: str = "RS256", kid: str | None = "rsa", typ: str | None = "JWT", **changes: Any
) -> str:
    """A good token of the provider with changes; a change to None takes the claim away."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": ["another", "party-app"],
        "sub": "user|1",
        "name": " Ada\x00 ",
        "iat": NOW_S,
        "exp": NOW_S + 600,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    headers = {"typ": typ} if kid is None else {"typ": typ, "kid": kid}
    return jwt.encode(kept, key, algorithm=algorithm, headers=headers)


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA, "RS256", "rsa"), (EC, "ES256", "ec"), (ED, "EdDSA", "ed")]
)
@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/AT+JWT", None])
def test_a_providers_token_names_a_user(
    tokens: AnyToken, key: Any, algorithm: str, kid: str, typ: str | None
) -> None:
    found = tokens.verify(signed(key, algorithm, kid, typ))
    assert found == Principal(
        user_id=provider_user_id(ISSUER, "user|1"),
        display_name="Ada",
        expires_at_ms=(NOW_S + 600) * 1000,
        issued_at_ms=found.issued_at_ms,
    )
    assert found.issued_at_ms in (0.0, NOW_S * 1000)


def test_only_the_keys_that_are_allowed_count(provider: Provider) -> None:
    tokens = verifier(provider.url, "ec", "ed")
    with pytest.raises(Unauthenticated):
        tokens.verify(signed())
    assert provider.asked == 0, "nobody is asked for a key that wouldn't count"
    assert tokens.verify(signed(EC, "ES256", "ec")).display_name == "Ada"


def test_a_subject_that_is_an_id_is_not_taken_as_our_users_id(tokens: AnyToken) -> None:
    victim = new_id()
    assert tokens.verify(signed(sub=str(victim))).user_id != victim


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    public = key.public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).strip()


def hmac_with_the_public_key() -> str:
    """HS/RS confusion: signed with the public key's text as if it were a shared secret."""

    class NoGuard(jwt.algorithms.HMACAlgorithm):
        def prepare_key(self, key: Any) -> bytes:
            return bytes(key)

    jws = jwt.PyJWS()
    jws.unregister_algorithm("HS256")
    jws.register_algorithm("HS256", NoGuard(NoGuard.SHA256))
    claims = jwt.decode(signed(), options={"verify_signature": False})
    return jws.encode(json.dumps(claims).encode(), public_pem(RSA), algorithm="HS256", headers={"kid": "rsa"})


BAD: dict[str, Callable[[], str]] = {
    "alg none": lambda: signed("", "none"),
    "HS/RS confusion": hmac_with_the_public_key,
    "our own secret": lambda: signed(SECRET, "HS256"),
    "published symmetric key": lambda: signed(SHARED_SECRET, "HS256", "oct"),
    "symmetric key named as RS256": lambda: signed(RSA, "RS256", "oct"),
    "RS512": lambda: signed(RSA, "RS512"),
    "PS256": lambda: signed(RSA, "PS256"),
    "other key": lambda: signed(OTHER_RSA),
    "key of another algorithm": lambda: signed(RSA, "RS256", "ec"),
    "key for encryption": lambda: signed(RSA, "RS256", "for-encryption"),
    "unknown key id": lambda: signed(RSA, "RS256", "unknown"),
    "no key id": lambda: signed(RSA, "RS256", None),
    "other audience": lambda: signed(aud="another"),
    "no audience": lambda: signed(aud=None),
    "other issuer": lambda: signed(iss="https://evil.example/"),
    "no issuer": lambda: signed(iss=None),
    "claims to be ours": lambda: signed(iss="party"),
    "expired": lambda: signed(exp=NOW_S - 11),
    "no expiry": lambda: signed(exp=None),
    "expiry is text": lambda: signed(exp="later"),
    "not yet": lambda: signed(nbf=NOW_S + 60),
    "issued tomorrow": lambda: signed(iat=NOW_S + 86_400),
    "no subject": lambda: signed(sub=None),
    "empty subject": lambda: signed(sub=""),
    "endless subject": lambda: signed(sub="x" * 256),
    "subject is a number": lambda: signed(sub=7),
    "made for something else": lambda: signed(typ="logout+jwt"),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_bad_tokens_of_a_provider_prove_nobody(tokens: AnyToken, make: Callable[[], str]) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(make())
    # And once more with the provider's keys at hand, which is another way through the code.
    tokens.verify(signed())
    with pytest.raises(Unauthenticated):
        tokens.verify(make())


def test_our_own_tokens_hold_beside_a_provider_and_never_ask_it(tokens: AnyToken, provider: Provider) -> None:
    ada = Principal(user_id=new_id(), display_name="Ada")
    own = PartyTokens(SECRET, 600, FixedClock())
    assert tokens.verify(own.issue(ada)).user_id == ada.user_id
    assert provider.asked == 0


def test_without_a_provider_its_tokens_prove_nobody() -> None:
    with pytest.raises(Unauthenticated):
        AnyToken(PartyTokens(SECRET, 600, FixedClock())).verify(signed())


def test_the_keys_are_fetched_once_and_unknown_key_ids_dont_hammer(
    tokens: AnyToken, provider: Provider
) -> None:
    for number in range(20):
        tokens.verify(signed())
        with pytest.raises(Unauthenticated):
            tokens.verify(signed(kid=f"unknown-{number}"))
    assert provider.asked == 1


def test_a_new_key_of_the_provider_is_found(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_tokens, "UNKNOWN_KEY_PAUSE_S", 0.0)
    tokens = verifier(provider.url)
    tokens.verify(signed())
    key = jwt.algorithms.RSAAlgorithm.to_jwk(OTHER_RSA.public_key(), as_dict=True)
    provider.body = json.dumps({"keys": [{**key, "kid": "next", "alg": "RS256"}]})
    assert tokens.verify(signed(OTHER_RSA, kid="next")).display_name == "Ada"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, ""), (302, ""), (200, "no json"), (200, "[]"), (200, "{}"), (200, '{"keys": []}')],
)
def test_a_provider_without_keys_is_unavailable_and_is_left_alone(
    tokens: AnyToken, provider: Provider, status: int, body: str
) -> None:
    provider.status, provider.body = status, body
    for _ in range(5):
        with pytest.raises(Unavailable):
            tokens.verify(signed())
    assert provider.asked == 1


def test_a_provider_comes_back(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_tokens, "FETCH_PAUSE_S", 0.0)
    tokens = verifier(provider.url)
    provider.status = 500
    with pytest.raises(Unavailable):
        tokens.verify(signed())
    provider.status = 200
    assert tokens.verify(signed()).display_name == "Ada"


def test_known_keys_go_on_working_while_the_provider_is_gone(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_tokens, "UNKNOWN_KEY_PAUSE_S", 0.0)
    tokens = verifier(provider.url)
    tokens.verify(signed())
    provider.status = 500
    with pytest.raises(Unavailable):
        tokens.verify(signed(kid="unknown"))
    assert tokens.verify(signed()).display_name == "Ada"


@pytest.mark.timeout(15)
def test_a_provider_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_tokens, "FETCH_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        verifier(f"http://127.0.0.1:{silent.getsockname()[1]}/jwks.json").verify(signed())


def test_a_provider_that_isnt_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        verifier(f"http://127.0.0.1:{port}/jwks.json").verify(signed())
