"""A real OpenID Connect provider in a process of its own, and what a browser does there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from tests.support.local_stack import free_port
from tests.support.waiting import RECOVERY_S, Unexpected, eventually

FOLDER = Path(__file__).parents[1] / "oidc"
CLIENT_ID = "party"
#: With what has to be encoded before it stands in a header (RFC 6749 §2.3.1).
CLIENT_SECRET = "a secret+of/the%41tests:with=all&sorts"
_TIMEOUT_S = 30.0


@dataclass
class OidcServer:
    """Where it is, and how it is started."""

    redirect_uris: Sequence[str]
    port: int = field(default_factory=free_port)
    secret: str | None = CLIENT_SECRET
    conform: bool = False

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Party's settings for it."""
        found = {"PARTY_OIDC_ISSUER": self.issuer, "PARTY_OIDC_CLIENT_ID": CLIENT_ID}
        return found | ({} if self.secret is None else {"PARTY_OIDC_CLIENT_SECRET": self.secret})

    @contextmanager
    def running(self, key_id: str = "first") -> Iterator[OidcServer]:
        """Have it run, with a new key of this id."""
        _needed()
        told = {"port": self.port, "keyId": key_id, "clients": [self._client()], "conform": self.conform}
        process = subprocess.Popen(
            ["node", "provider.mjs"],
            cwd=FOLDER,
            env={**os.environ, "PROVIDER": json.dumps(told)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: self._answers() or process.poll() is not None, RECOVERY_S)
            if process.poll() is not None:
                raise Unexpected("the provider has ended")
            yield self
        finally:
            process.terminate()
            process.wait(RECOVERY_S)

    def _client(self) -> dict[str, Any]:
        method = "none" if self.secret is None else "client_secret_basic"
        client = {
            "client_id": CLIENT_ID,
            "redirect_uris": list(self.redirect_uris),
            "post_logout_redirect_uris": [uri.removesuffix("login") for uri in self.redirect_uris],
            "token_endpoint_auth_method": method,
        }
        return client | ({} if self.secret is None else {"client_secret": self.secret})

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            url = f"{self.issuer}/.well-known/openid-configuration"
            return httpx.get(url, trust_env=False).status_code == 200
        return False


def _needed() -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed: no provider was signed in at")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("tests/oidc/node_modules is missing: `make tests/oidc/node_modules/.installed`")


def signed_in_at(url: str, login: str = "ada") -> dict[str, str]:
    """What the provider sends a browser back with that goes to `url` and signs in as `login`."""
    return _answered(url, f"done?login={login}")


def denied_at(url: str) -> dict[str, str]:
    """The same where its person presses "deny"."""
    return _answered(url, "denied")


def _answered(url: str, deed: str) -> dict[str, str]:
    provider = urlsplit(url).netloc
    with httpx.Client(trust_env=False, timeout=_TIMEOUT_S) as browser:
        for _ in range(10):
            answer = browser.get(url)
            if answer.status_code == 200 and re.search("/interaction/[^/]+/$", url):
                url = urljoin(url, deed)
                continue
            if not answer.is_redirect:
                raise Unexpected(f"{answer.status_code}: {answer.text[:500]}")
            url = urljoin(url, answer.headers["Location"])
            if urlsplit(url).netloc != provider:
                return dict(parse_qsl(urlsplit(url).query))
    raise Unexpected("the provider sends nobody back")
