"""What is read of a request for a socket is what gunicorn reads of it; all else is gunicorn's."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser, wsgi
from hypothesis import given
from hypothesis import strategies as st

from partyapp.shared.http.plain_heads import PlainHeads

PEER, SERVER = ("192.0.2.7", 40001), ("127.0.0.1", 8000)
TARGET = "/api/parties/0199f000-0000-7000-8000-000000000001/ws"
USUAL = (
    "Host: party.test:8000",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
#: Only in what gunicorn makes: there is a body to read, and an answer to make.
GUNICORNS = {"wsgi.input", "wsgi.early_hints", "wsgi.errors"}
CONFIG = Config()
CONFIG.set("limit_request_fields", 50)
CONFIG.set("forwarded_allow_ips", "192.0.2.7")


def head_of(*fields: str, target: str = TARGET, line: str = "GET {} HTTP/1.1") -> bytes:
    lines = [line.format(target), *USUAL, *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def read(data: bytes, peer: Any = PEER, server: Any = SERVER) -> dict[str, Any] | None:
    found = PlainHeads(CONFIG).read(data, None, peer, server)
    if found is None:
        return None
    environ, length = found
    assert data[:length].endswith(b"\r\n\r\n")
    return environ


def gunicorns(data: bytes, peer: Any = PEER) -> dict[str, Any]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        request = next(get_parser(CONFIG, ours, peer))
        environ: dict[str, Any] = wsgi.create(request, None, peer, SERVER, CONFIG)[1]
    return {**environ, "wsgi.multithread": True}


def assert_alike(data: bytes, peer: Any = PEER) -> None:
    found = read(data, peer)
    assert found is not None
    expected = gunicorns(data, peer)
    for name in GUNICORNS:
        found.pop(name, None), expected.pop(name, None)
    assert found == expected


@pytest.mark.parametrize(
    "data",
    [
        head_of(),
        head_of("Authorization: Bearer x.y-z_0", "Cookie: a=b; c=d", "Accept-Language: de,en;q=0.5"),
        head_of("Origin:http://party.test", "X-Empty:", "X-Spaces:   a  b   "),
        head_of(target=f"{TARGET}?ticket=a%20b&last_revision=3"),
        head_of(target=f"{TARGET}?"),
        head_of(target=f'{TARGET}?a="[b]"&c=?'),
        head_of(target="/below/a/path/ws"),
        head_of("X-Forwarded-For: 203.0.113.5, 192.0.2.9", "X-Forwarded-Proto: https"),
        head_of("X-Forwarded-Proto: http"),
        head_of() + b"\x81\x85after",
    ],
)
@pytest.mark.parametrize("peer", [PEER, ("203.0.113.1", 5), ("2001:db8::1", 5, 0, 0)])
def test_it_is_read_as_gunicorn_does(data: bytes, peer: Any) -> None:
    assert_alike(data, peer)


@given(
    st.lists(
        st.tuples(
            st.text("abcXYZ019-_ :", min_size=1, max_size=12),
            st.text(st.characters(max_codepoint=255), max_size=12),
        ),
        max_size=4,
    ),
    st.text(st.characters(max_codepoint=130), max_size=12),
)
def test_whatever_is_read_is_read_as_gunicorn_does(fields: list[tuple[str, str]], end: str) -> None:
    data = head_of(*(f"{name}:{value}" for name, value in fields), target=f"{TARGET}{end}")
    if read(data) is not None:
        assert_alike(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        head_of()[:-2],
        head_of(line="POST {} HTTP/1.1"),
        head_of(line="GET {} HTTP/1.0"),
        head_of(line="GET  {} HTTP/1.1"),
        head_of(target=f"/{TARGET}"),
        head_of(target=f"{TARGET}#part"),
        head_of(target="/api/parties/%30/ws"),
        head_of(target="/api/me"),
        head_of(target=f"{TARGET}?ticket=\xe9"),
        head_of("Content-Length: 5"),
        head_of("Content-Type: text/plain"),
        head_of("Transfer-Encoding: chunked"),
        head_of("Expect: 100-continue"),
        head_of("Host: another.test"),
        head_of("connection: close"),
        head_of("X_Forwarded_For: 203.0.113.5"),
        head_of("X-Name : space"),
        head_of("X-Name: a", " folded"),
        head_of("X-Name: \xe9"),
        head_of("X-Name: a\tb"),
        head_of("X-Name: a\nb: c"),
        head_of("X-Name: a\x00"),
        head_of("X-Forwarded-Proto: https", "X-Forwarded-Ssl: on"),
        head_of(*(f"X-{number}: a" for number in range(46))),
    ],
)
def test_what_may_mean_something_else_is_left(data: bytes) -> None:
    assert read(data) is None


def test_a_socket_of_the_machine_has_no_addresses() -> None:
    assert read(head_of(), peer="") is None
    assert read(head_of(), server="/run/party.sock") is None
