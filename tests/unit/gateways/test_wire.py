"""Lines in with bounds, and messages out as a Syncplay server says them."""

from __future__ import annotations

import json

import pytest

from partyapp.gateways.syncplay import wire


def test_lines_come_in_any_pieces() -> None:
    reader, found = wire.LineReader(), []
    for piece in (b'{"List"', b': null}\r\n{"Chat":"a"}', b"\n\r\n", b'{"Chat":"b"}\n'):
        found += list(reader.feed(piece))
    assert found == [{"List": None}, {"Chat": "a"}, {"Chat": "b"}]


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"[1]",
        b'"List"',
        b'{"Chat":NaN}',
        b'{"Chat":"\xff"}',
        b'{"Chat":"\\ud800"}',
        b'{"Set":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"Chat":"' + b"a" * wire.MAX_LINE_BYTES + b'"}',
    ],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(wire.BadLine):
        list(wire.LineReader().feed(line + b"\r\n"))


def test_a_line_without_an_end_is_not_kept() -> None:
    reader = wire.LineReader()
    with pytest.raises(wire.BadLine):
        for _ in range(100):
            list(reader.feed(b"a" * 1000))


def test_the_messages_of_the_handshake_are_those_that_open_a_file() -> None:
    said = json.loads(wire.line_of(wire.hello("Ada", "9f3kq", "Welcome")))["Hello"]
    assert said["username"] == "Ada"
    assert said["room"] == {"name": "9f3kq"}
    assert said["features"]["readiness"] is False
    assert {"version", "realversion", "motd"} <= said.keys()
    change, index = (json.loads(wire.line_of(message)) for message in wire.empty_playlist())
    assert change == {"Set": {"playlistChange": {"user": None, "files": []}}}
    assert index == {"Set": {"playlistIndex": {"user": None, "index": None}}}
    assert wire.line_of(wire.tls(False)) == b'{"TLS":{"startTLS":"false"}}\r\n'


def test_a_list_says_who_may_control() -> None:
    room = wire.user_list("9f3kq", ["Ada", "Ben"], ["Ben"])["List"]["9f3kq"]
    assert [(name, facts["controller"]) for name, facts in room.items()] == [("Ada", False), ("Ben", True)]
    assert all(facts["file"] == {} and facts["isReady"] for facts in room.values())
