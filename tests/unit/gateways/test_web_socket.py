"""The gateway's WebSocket to web, against a server's end in memory."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from partyapp.gateways.syncplay import web_socket
from partyapp.gateways.syncplay.party_messages import Problem
from partyapp.gateways.syncplay.web_socket import WebSocket


class Transport(asyncio.Transport):
    """What was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


class Pair:
    """A socket of the gateway, and the server's end; it is the socket's owner, too."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.open: list[WebSocket] = []
        self.closed: list[int] = []
        self.refused: list[tuple[int, Problem]] = []
        self.server = WSConnection(ConnectionType.SERVER)
        self.transport = Transport()
        self.socket = WebSocket(self, "web:8000", "/api/parties/x/ws?device_id=y", [("Authorization", "B t")])
        self.socket.connection_made(self.transport)
        (self.request,) = self.heard()
        assert isinstance(self.request, Request)

    def opened(self, socket: WebSocket) -> None:
        self.open.append(socket)

    def socket_said(self, text: str, received_ms: float) -> None:
        self.said.append(text)

    def socket_refused(self, status: int, problem: Problem) -> None:
        self.refused.append((status, problem))

    def socket_closed(self, code: int) -> None:
        self.closed.append(code)

    def heard(self) -> list[object]:
        """What the server's end has received."""
        self.server.receive_data(self.transport.written)
        self.transport.written = b""
        return list(self.server.events())

    def accepted(self) -> Pair:
        self.socket.data_received(self.server.send(AcceptConnection(subprotocol="party.v1")))
        return self


async def paired() -> Pair:
    return Pair()


@pytest.fixture
def pair() -> Pair:
    return asyncio.run(paired())


def test_the_upgrade_carries_the_token_and_asks_for_the_contract(pair: Pair) -> None:
    assert isinstance(pair.request, Request)
    assert pair.request.target == "/api/parties/x/ws?device_id=y"
    assert pair.request.subprotocols == ["party.v1"]
    assert (b"authorization", b"B t") in [(name.lower(), value) for name, value in pair.request.extra_headers]
    pair.socket.send(b"{}")
    assert pair.transport.written == b""
    pair.accepted()
    assert pair.open == [pair.socket]


def test_messages_go_both_ways_in_any_pieces(pair: Pair) -> None:
    pair.accepted()
    pair.socket.send(json.dumps({"type": "ping"}).encode())
    (heard,) = pair.heard()
    assert isinstance(heard, TextMessage)
    assert json.loads(heard.data) == {"type": "ping"}
    sent = pair.server.send(TextMessage(data="ab", message_finished=False))
    sent += pair.server.send(TextMessage(data="cd")) + pair.server.send(TextMessage(data="e"))
    for byte in sent:
        pair.socket.data_received(bytes([byte]))
    assert pair.said == ["abcd", "e"]


def test_a_welcome_may_come_with_the_upgrade(pair: Pair) -> None:
    accept = pair.server.send(AcceptConnection(subprotocol="party.v1"))
    pair.socket.data_received(accept + pair.server.send(TextMessage(data="welcome")))
    assert pair.said == ["welcome"]


def sent_by_web(server: WSConnection, message: str | bytes | list[str]) -> bytes:
    """A text message, a ping with these bytes, or a text in several frames."""
    if isinstance(message, bytes):
        return server.send(Ping(payload=message))
    pieces = message if isinstance(message, list) else [message]
    frames = [TextMessage(data=piece, message_finished=False) for piece in pieces[:-1]]
    return b"".join(server.send(frame) for frame in [*frames, TextMessage(data=pieces[-1])])


@given(
    st.lists(
        st.text(max_size=70_000) | st.binary(max_size=125) | st.lists(st.text(), min_size=2, max_size=4),
        max_size=6,
    ),
    st.lists(st.integers(0, 100_000), max_size=6),
)
def test_whatever_web_sends_is_read_however_it_is_cut(
    messages: list[str | bytes | list[str]], cuts: list[int]
) -> None:
    pair = asyncio.run(paired())
    stream = pair.server.send(AcceptConnection(subprotocol="party.v1"))
    stream += b"".join(sent_by_web(pair.server, message) for message in messages)
    at = 0
    for cut in [*sorted(cut for cut in cuts if cut < len(stream)), len(stream)]:
        pair.socket.data_received(stream[at:cut])
        at = cut
    texts = ["".join(message) for message in messages if not isinstance(message, bytes)]
    assert pair.said == texts
    assert [bytes(event.payload) for event in pair.heard() if isinstance(event, Pong)] == [
        message for message in messages if isinstance(message, bytes)
    ]


@pytest.mark.parametrize(
    "frame",
    [b"\x81\x82abcdef", b"\x81\x02\xff\xfe", b"\xc1\x01a", b"\x83\x01a"],
    ids=["masked", "no UTF-8", "with a reserved bit", "of an unknown kind"],
)
def test_a_frame_that_no_server_sends_ends_the_socket(pair: Pair, frame: bytes) -> None:
    pair.accepted()
    pair.socket.data_received(frame)
    assert pair.transport.closed
    assert pair.said == []


def test_a_frame_that_is_too_long_is_not_waited_for(pair: Pair) -> None:
    pair.accepted()
    pair.socket.data_received(b"\x81\x7f" + (web_socket.MAX_MESSAGE + 1).to_bytes(8))
    assert pair.transport.closed
    pair.socket.connection_lost(None)
    assert pair.closed == [web_socket.TOO_BIG]


def test_a_ping_is_answered(pair: Pair) -> None:
    pair.accepted()
    pair.socket.data_received(pair.server.send(Ping(payload=b"x")))
    (heard,) = pair.heard()
    assert isinstance(heard, Pong)
    assert bytes(heard.payload) == b"x"


def test_a_close_is_answered_and_told_with_its_code(pair: Pair) -> None:
    pair.accepted()
    pair.socket.data_received(pair.server.send(CloseConnection(code=4410)))
    assert isinstance(pair.heard()[0], CloseConnection)
    assert pair.transport.closed
    pair.socket.send(b"{}")
    pair.socket.connection_lost(None)
    assert pair.closed == [4410]


def test_a_refused_upgrade_is_told_with_its_problem(pair: Pair) -> None:
    body = json.dumps({"code": "party_ended", "detail": "It has ended.", "status": 409}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    pair.socket.data_received(
        pair.server.send(RejectConnection(status_code=409, headers=headers, has_body=True))
        + pair.server.send(RejectData(data=body))
    )
    assert pair.transport.closed
    pair.socket.connection_lost(None)
    assert pair.refused == [(409, Problem(code="party_ended", detail="It has ended."))]
    assert pair.closed == []


@pytest.mark.parametrize("junk", [b"HTTP/1.1 101 Sure\r\n\r\n", b"nonsense\r\n\r\n"])
def test_what_is_no_websocket_is_hung_up_on(pair: Pair, junk: bytes) -> None:
    pair.socket.data_received(junk)
    assert pair.transport.closed
    pair.socket.connection_lost(None)
    assert pair.closed == [web_socket.LOST]


def test_who_closes_it_hears_no_more(pair: Pair) -> None:
    pair.accepted()
    pair.socket.close()
    assert isinstance(pair.heard()[0], CloseConnection)
    pair.socket.connection_lost(None)
    assert (pair.closed, pair.said) == ([], [])


def test_a_message_without_an_end_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_socket, "MAX_MESSAGE", 1000)
    pair.accepted()
    for _ in range(3):
        pair.socket.data_received(pair.server.send(TextMessage(data="a" * 500, message_finished=False)))
    assert pair.transport.closed


def test_web_that_reads_nothing_is_given_up(pair: Pair) -> None:
    pair.accepted()
    pair.transport.unsent = web_socket.MAX_UNSENT + 1
    pair.socket.send(b"{}")
    assert pair.transport.closed
