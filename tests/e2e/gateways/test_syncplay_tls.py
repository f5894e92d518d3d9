"""TLS in mid-stream as Syncplay's clients ask for it: the gateway's process with a self-made certificate."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.gateways.conftest import Desktop
from tests.support.local_stack import free_port
from tests.support.party_client import Json, eventually
from tests.support.tls_front import server_certificate
from tests.support.waiting import LIMIT_S, RECOVERY_S

pytestmark = pytest.mark.stack

NAME = "party.example"


class SecureGateway:
    """A second gateway beside the stack's, for the same web, with a certificate for `NAME`."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self.certificate = folder / "served.pem"
        self.renew("first")
        own = {
            "SYNCPLAY_ENABLED": "1",
            "SYNCPLAY_PORT": str(self.port),
            "SYNCPLAY_TLS_CERT": str(self.certificate),
            "PARTY_WEB_URL": desktop.stack.url,
            "PARTY_SECRET_KEY": desktop.stack.secret_key,
        }
        command = [sys.executable, "-m", "partyapp.cli", "syncplay"]
        self._process = subprocess.Popen(command, env=os.environ | own, stderr=subprocess.DEVNULL)

    def renew(self, name: str) -> None:
        """Put another certificate in place, as a renewal does; only its authority is believed from now on."""
        folder = self._folder / name
        folder.mkdir()
        authority = folder / "authority.pem"
        made = server_certificate(folder, authority, NAME)
        os.replace(made, self.certificate)
        self.context = ssl.create_default_context(cafile=str(authority))

    def connect(self) -> socket.socket:
        """A connection whose TLS the gateway has agreed to begin."""
        plain = socket.create_connection(("127.0.0.1", self.port), LIMIT_S)
        plain.sendall(b'{"TLS": {"startTLS": "send"}}\r\n')
        answer = b""
        while not answer.endswith(b"\r\n"):
            answer += plain.recv(1)
        assert json.loads(answer) == {"TLS": {"startTLS": "true"}}
        return plain

    def is_there(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), LIMIT_S):
            return True
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(LIMIT_S)


@pytest.fixture(scope="module")
def gateway(running: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureGateway]:
    gateway = SecureGateway(running, tmp_path_factory.mktemp("certificates"))
    try:
        eventually(gateway.is_there, RECOVERY_S)
        yield gateway
    finally:
        gateway.stop()


def joined(gateway: SecureGateway, party: Json) -> list[str]:
    """The kinds of what a client is told up to its first State, over TLS whose certificate it checks."""
    with gateway.connect() as plain, gateway.context.wrap_socket(plain, server_hostname=NAME) as secure:
        hello: dict[str, Any] = {"username": "Ada", "room": {"name": party["invite_code"]}}
        secure.sendall(json.dumps({"Hello": {**hello, "version": "1.2.255"}}).encode() + b"\r\n")
        kinds: list[str] = []
        for line in secure.makefile("rb"):
            kinds += json.loads(line)
            if "State" in kinds:
                break
        return kinds


def test_a_client_goes_over_to_tls_and_joins_and_a_renewed_certificate_is_served(
    desktop: Desktop, gateway: SecureGateway
) -> None:
    party = desktop.party()
    kinds = joined(gateway, party)
    assert kinds[0] == "Hello"
    assert kinds[-1] == "State"
    assert "Ada" in desktop.members(party)
    before = gateway.context
    gateway.renew("second")
    assert joined(gateway, party)[0] == "Hello"
    with gateway.connect() as plain, pytest.raises(ssl.SSLCertVerificationError):
        before.wrap_socket(plain, server_hostname=NAME)


def test_what_is_no_handshake_ends_that_connection_alone(desktop: Desktop, gateway: SecureGateway) -> None:
    with gateway.connect() as plain:
        plain.sendall(b'{"Hello": {"username": "Ada"}}\r\n')
        rest = b""
        with suppress(ConnectionResetError):
            while received := plain.recv(4096):
                rest += received
        # An alert of TLS at most, and no line of the protocol.
        assert b"{" not in rest
    assert joined(gateway, desktop.party())[0] == "Hello"
