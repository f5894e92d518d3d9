"""A client's connection: whatever comes in, nobody else's is touched, and nothing piles up."""

from __future__ import annotations

import json

import pytest

from partyapp.gateways.syncplay import client_line
from partyapp.gateways.syncplay.client_line import ClientLine, LineLimits
from tests.support.syncplay_env import CODE, FakeGateway
from tests.unit.gateways.test_web_socket import Transport

HELLO = json.dumps({"Hello": {"username": "Ada", "room": {"name": CODE}}}).encode() + b"\r\n"


class Peer(Transport):
    """A transport with a peer."""

    def __init__(self, address: str = "192.0.2.7") -> None:
        super().__init__()
        self.address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self.address, 50000) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.closed

    def messages(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written.splitlines()]


def called(
    limits: LineLimits | None = None, address: str = "192.0.2.7"
) -> tuple[ClientLine, Peer, FakeGateway]:
    gateway, peer = FakeGateway(), Peer(address)
    line = ClientLine(gateway, limits or LineLimits(10, 5), lambda: None)
    line.connection_made(peer)
    return line, peer, gateway


def test_tls_is_answered_at_once_and_hello_is_asked_for() -> None:
    line, peer, gateway = called()
    line.data_received(b'{"TLS":{"startTLS":"send"}}\r\n' + HELLO)
    assert peer.messages() == [{"TLS": {"startTLS": "false"}}]
    assert [(name, code) for _, name, code in gateway.asked] == [("Ada", CODE)]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\r\n",
        b"{}" * 20_000,
        b'{"Set":' + b"[" * 500 + b"]" * 500 + b"}\n",
        b'{"Nonsense":1}\n',
        b'{"List":null}\n',
        b'{"Hello":{}}\n',
        HELLO + HELLO,
    ],
)
def test_what_is_hostile_ends_the_connection_with_a_word(data: bytes) -> None:
    line, peer, _ = called()
    line.data_received(data)
    assert peer.closed
    assert [next(iter(message)) for message in peer.messages()] == ["Error"]
    line.data_received(HELLO)
    line.connection_lost(None)


def test_a_flood_ends_the_connection() -> None:
    line, peer, _ = called()
    line.data_received(HELLO)
    line.data_received(b'{"State":{}}\n' * int(client_line.AT_ONCE + 100))
    assert peer.closed
    assert peer.messages()[-1] == {"Error": {"message": "Too much at once."}}


def test_a_client_that_reads_nothing_is_hung_up_on() -> None:
    line, peer, _ = called()
    peer.unsent = client_line.MAX_UNSENT + 1
    line.data_received(b'{"TLS":{"startTLS":"send"}}\r\n')
    assert peer.closed


def test_an_error_of_ours_ends_this_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    line, peer, gateway = called()
    monkeypatch.setattr(gateway, "admit", None)
    line.data_received(HELLO)
    assert peer.closed


def test_one_address_may_have_few_connections_that_have_no_party() -> None:
    limits = LineLimits(10, 2)
    lines = [called(limits)[0] for _ in range(2)]
    assert called(limits)[1].closed
    assert not called(limits, "192.0.2.8")[1].closed
    lines[0].connection_lost(None)
    assert not called(limits)[1].closed


def test_there_is_a_most_of_connections() -> None:
    limits = LineLimits(2, 5)
    for number in range(2):
        assert not called(limits, f"192.0.2.{number}")[1].closed
    assert called(limits, "192.0.2.9")[1].closed


@pytest.mark.parametrize(
    ("peer", "address"),
    [("::ffff:192.0.2.7", "192.0.2.7"), ("fe80::1%eth0", "fe80::1"), ("2001:db8::1", "2001:db8::1")],
)
def test_the_clients_address_is_its_own(peer: str, address: str) -> None:
    assert called(address=peer)[0].address == address


def test_a_lost_connection_is_the_sessions_end() -> None:
    line, _, gateway = called()
    line.data_received(HELLO)
    line.connection_lost(None)
    assert gateway.asked[0][0].is_over
