"""The answer to a handshake is the one that a client of another make takes."""

from __future__ import annotations

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request

from partyapp.realtime.websocket.upgrade import accepted_subprotocol, upgrade_answer


@pytest.mark.parametrize("subprotocol", ["party.v1", None])
def test_a_client_takes_the_answer_to_its_key(subprotocol: str | None) -> None:
    client = WSConnection(ConnectionType.CLIENT)
    offered = [] if subprotocol is None else ["other", subprotocol]
    sent = client.send(Request(host="localhost", target="/", subprotocols=offered))
    lines = (line.split(b": ", 1) for line in sent.split(b"\r\n") if b": " in line)
    headers = {name.decode().lower(): value.decode() for name, value in lines}
    chosen = accepted_subprotocol(headers.get("sec-websocket-protocol", ""), ["party.v1"])
    client.receive_data(upgrade_answer(headers["sec-websocket-key"], chosen))
    (accepted,) = client.events()
    assert isinstance(accepted, AcceptConnection)
    assert accepted.subprotocol == subprotocol


def test_the_example_of_the_standard() -> None:
    # RFC 6455 §1.3.
    answer = upgrade_answer("dGhlIHNhbXBsZSBub25jZQ==", None)
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("party.v1", "party.v1"), ("a,party.v1 , b", "party.v1"), ("", None), ("party.v2", None), (",", None)],
)
def test_the_first_that_is_known_is_taken(offered: str, chosen: str | None) -> None:
    assert accepted_subprotocol(offered, ["party.v1"]) == chosen
