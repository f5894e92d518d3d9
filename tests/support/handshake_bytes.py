"""Heads of requests at a party's WebSocket address, well formed and not, and what comes back for the same one
on each way that it can take through the server."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.clients.raw import KEY, connect
from tests.support.examples import TO_A_SERVICE
from tests.support.party_client import Guest
from tests.support.waiting import Unexpected

#: What stands in a head for what differs by who sends it: the party's path, a token, a ticket, host and port.
PATH, TOKEN, TICKET, HOST = "<path>", "<token>", "<ticket>", "<host>"

#: The fields that browsers send, each with what it may be instead.
USUAL: dict[str, tuple[str, ...]] = {
    "Host": (HOST, "party.test", "", "h" * 100, "party.test:99999", "[::1", "b\xfccher.example"),
    "Connection": (
        "Upgrade",
        "keep-alive, Upgrade",
        "upgrade, close",
        "keep-alive",
        "close",
        "Upgrade, \xff",
    ),
    "Upgrade": ("websocket", "WebSocket", "h2c", "websocket, h2c", ""),
    "Sec-WebSocket-Version": ("13", "8", "13, 8", " 13 ", "99999999999"),
    "Sec-WebSocket-Key": (KEY, "c2hvcnQ=", f" {KEY}\t", f"{KEY},{KEY}", "\xff"),
    "Sec-WebSocket-Protocol": ("party.v1", "other, party.v1", "other", ",", "party.v1, \xff"),
    "Authorization": (
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        "Bearer x",
        f"Bearer  {TOKEN} ",
        "Basic eDp5",
        "",
    ),
}
#: Fields that others send, or that mean something to a server.
OTHERS: dict[str, tuple[str, ...]] = {
    "Origin": ("http://<host>", "https://<host>", "null", "http://evil.example", "http://[", "\x7f"),
    "Content-Length": ("0", "5", "-1", "5, 5", "x"),
    "Content-Type": ("application/json",),
    "Transfer-Encoding": ("chunked", "identity", "x, chunked"),
    "Expect": ("100-continue", "nothing"),
    "Cookie": ("a=b", "c" * 4000, "c" * 9000),
    "Proxy": ("http://evil.example",),
    "X-Forwarded-For": ("203.0.113.5", "203.0.113.5, 192.0.2.1", "nonsense", ""),
    "X-Forwarded-Proto": ("https", "http", "ftp", "https, http"),
    "X-Forwarded-Protocol": ("ssl",),
    "X-Forwarded-Ssl": ("on", "off"),
    "X-Forwarded-Host": ("evil.example", HOST),
    "X-Forwarded-Port": ("1", "x"),
    "X-Forwarded-Prefix": ("/below",),
    "Forwarded": ("for=203.0.113.5;proto=https",),
    "X-Request-Id": ("0123456789abcdef", "short"),
    "X-Http-Method-Override": ("DELETE",),
    "Script-Name": ("/below",),
    "Path-Info": ("/healthz",),
    "Remote-User": ("ada",),
    "Sec-WebSocket-Extensions": ("permessage-deflate",),
    "Prefer": ("respond-async",),
    "Idempotency-Key": ("one",),
    "X-Tab": ("a\tb", "\ta", "a\x0b", "a\x00b", "a\rb", "\xe9", "a\n folded"),
}
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    str.upper,
    lambda name: name.replace("-", "_"),
    lambda name: f"{name} ",
    lambda name: f" {name}",
)
_LINES = (
    *([f"GET {PATH}/ws{{}} HTTP/1.1"] * 8),
    f"GET {PATH}/ws{{}} HTTP/1.0",
    f"GET {PATH}/ws{{}} HTTP/1.2",
    f"GET {PATH}/ws{{}} HTTP/2.0",
    f"GET  {PATH}/ws{{}} HTTP/1.1",
    f"GET http://{HOST}{PATH}/ws{{}} HTTP/1.1",
    f"GET /{PATH}/ws{{}} HTTP/1.1",
    f"GET {PATH}/%77s{{}} HTTP/1.1",
    f"GET {PATH}/ws/{{}} HTTP/1.1",
    f"GET {PATH}/./ws{{}} HTTP/1.1",
    f"get {PATH}/ws{{}} HTTP/1.1",
    f"POST {PATH}/ws{{}} HTTP/1.1",
    f"HEAD {PATH}/ws{{}} HTTP/1.1",
    f"GET {PATH}/ws{{}}",
    "GET /api/parties/0199f000-0000-7000-8000-000000000001/ws{} HTTP/1.1",
    "GET /api/parties/nonsense/ws{} HTTP/1.1",
    "OPTIONS * HTTP/1.1",
)
_DEVICE = "0199f000-0000-7000-8000-0000000000aa"
_QUERY = (
    f"ticket={TICKET}",
    "ticket=",
    "ticket=garbage",
    f"device_id={_DEVICE}",
    f"device_id={_DEVICE.upper()}",
    "device_id=phone",
    "last_revision=0",
    "last_revision=%31",
    "last_revision=-1",
    "last_revision=99999999999",
    "last_chat_seq=0",
    "client=page",
    "client=mpv",
    "unknown=1",
    "unknown=%00",
    "last_revision=\xe9",
    "a=%FF",
    "&&==&",
    "x=" + "y" * 3000,
    "#part",
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A whole head with what stands for others still in it: mostly one that becomes a socket, or nearly."""
    fields = [(name, values[0]) for name, values in USUAL.items()]
    for name in draw(st.lists(st.sampled_from(sorted(OTHERS)), max_size=2)):
        value = draw(st.sampled_from(OTHERS[name]))
        fields.insert(draw(st.integers(0, len(fields))), (name, value))
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        _change(draw, fields)
    query = draw(st.lists(st.sampled_from(_QUERY), max_size=2))
    line = draw(st.sampled_from(_LINES)).format(f"?{'&'.join(query)}" if query else "")
    return _head(line, fields)


def usual_head(authorization: str = f"Bearer {TOKEN}") -> bytes:
    """The head that a browser sends, with what stands for others still in it."""
    fields = {name: values[0] for name, values in USUAL.items()} | {"Authorization": authorization}
    return _head(_LINES[0].format(""), fields.items())


def _head(line: str, fields: Iterable[tuple[str, str]]) -> bytes:
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in fields), "", ""]).encode("latin-1")


def _change(draw: st.DrawFn, fields: list[tuple[str, str]]) -> None:
    """Leave one of the fields out, repeat it, spell it or say it otherwise, or put it elsewhere."""
    if not fields:
        return
    at = draw(st.integers(0, len(fields) - 1))
    name, value = fields[at]
    kind = draw(st.sampled_from(("leave out", "repeat", "spell", "say", "say", "move")))
    if kind == "spell":
        fields[at] = (draw(st.sampled_from(_SPELLINGS))(name), value)
    elif kind == "say":
        fields[at] = (name, draw(st.sampled_from(USUAL.get(name) or OTHERS.get(name) or (value,))))
    elif kind == "repeat":
        again = draw(st.sampled_from(USUAL.get(name) or OTHERS.get(name) or (value,)))
        fields.insert(draw(st.integers(0, len(fields))), (name, again))
    else:
        del fields[at]
        if kind == "move":
            fields.insert(draw(st.integers(0, len(fields))), (name, value))


#: What differs from one answer to the next although it means the same.
_OWN = re.compile(rb"^(?:Date|X-Request-Id): .*\r\n", re.IGNORECASE | re.MULTILINE)
_OWN_ID = re.compile(rb'"request_id": ?"[^"]*"')


@dataclass(frozen=True)
class Answer:
    """What came back: the head without what is each answer's own, and the body, or a socket's first byte."""

    head: bytes
    rest: bytes


def _read(tcp: socket.socket, *, asked_for_head: bool = False) -> Answer:
    stream = tcp.makefile("rb")
    head = b""
    try:
        while line := stream.readline(65536):
            head += line
            if line == b"\r\n" and not head.startswith(b"HTTP/1.1 100"):
                break
            if line == b"\r\n":
                head = b""
        if head.startswith(b"HTTP/1.1 101"):
            return Answer(head, stream.read(1))
        length = re.search(rb"^content-length: (\d+)\r$", head, re.IGNORECASE | re.MULTILINE)
        # To HEAD the length is told and nothing follows.
        rest = stream.read(int(length[1])) if length and not asked_for_head else b""
    except ConnectionResetError:
        return Answer(head, b"reset")
    return Answer(_OWN.sub(b"", head), _OWN_ID.sub(b"", rest))


def _whole(tcp: socket.socket, data: bytes) -> None:
    tcp.sendall(data)


def _after_another(tcp: socket.socket, data: bytes) -> None:
    tcp.sendall(b"GET /healthz HTTP/1.1\r\nHost: party.test\r\n\r\n")
    assert _read(tcp).head.startswith(b"HTTP/1.1 200")
    tcp.sendall(data)


def _byte_by_byte(tcp: socket.socket, data: bytes) -> None:
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        for at in range(len(data)):
            tcp.sendall(data[at : at + 1])
    except (ConnectionResetError, BrokenPipeError):
        # Refused before it was all there.
        pass


#: The ways to send the same bytes, by what they are called.
WAYS: dict[str, Callable[[socket.socket, bytes], None]] = {
    "whole": _whole,
    "after another request": _after_another,
    "byte by byte": _byte_by_byte,
}


def answers(url: str, data: bytes, fill: Callable[[bytes], bytes]) -> dict[str, Answer]:
    """What comes back on each way. `fill` puts what they stand for in the place of `PATH` and the others."""
    found = dict[str, Answer]()
    for name, send in WAYS.items():
        with connect(url) as tcp:
            send(tcp, fill(data))
            found[name] = _read(tcp, asked_for_head=data.startswith(b"HEAD "))
    return found


def compare_ways(member: Guest, party_id: str, examples: int, *, seeded: bool) -> Counter[bytes]:
    """Send so many heads each way, the same ones each time if `seeded`; what they were answered, by status.

    Raises Unexpected for the first one that is not answered alike.
    """
    meant = {
        PATH: f"/api/parties/{party_id}",
        TOKEN: str(member.token),
        HOST: urlsplit(member.base_url).netloc,
    }
    statuses = Counter[bytes]()

    def fill(data: bytes) -> bytes:
        ticket = {TICKET: member.ticket(party_id)} if TICKET.encode() in data else {}
        for name, value in (meant | ticket).items():
            data = data.replace(name.encode(), value.encode())
        return data

    @settings(TO_A_SERVICE, max_examples=examples, derandomize=seeded)
    @given(heads())
    @example(usual_head())
    @example(usual_head(authorization="Bearer x"))
    def alike(data: bytes) -> None:
        found = answers(member.base_url, data, fill)
        if len(set(found.values())) > 1:
            raise Unexpected(f"{data!r} is answered in {len(set(found.values()))} ways: {found}")
        statuses[found["whole"].head.partition(b"\r\n")[0]] += 1

    alike()
    return statuses
