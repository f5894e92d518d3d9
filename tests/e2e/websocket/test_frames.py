"""Frames that are no good: most are answered with an error on an open socket, some end it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import websocket

from tests.e2e.conftest import Room
from tests.support.contract import assert_problem
from tests.support.party_client import Json

pytestmark = pytest.mark.stack

MOST = 16 * 1024


@pytest.fixture
def room(still_room: Room) -> Room:
    return still_room


def padded_ping(size: int) -> str:
    """A ping of so many bytes: JSON allows white space at its end."""
    return json.dumps({"type": "ping", "n": 5, "t1": 1.0}).ljust(size)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ("hello", "malformed_json"),
        ('{"type":"ping","n":1,"t1":NaN}', "malformed_json"),
        ('{"type":"ping","n":1,"t1":1e999}', None),
        ("[" * 16_000, "malformed_json"),
        ('{"a":' * 3_000, "malformed_json"),
        ("null", None),
        ("[]", None),
        ('"ping"', None),
        ("7", None),
        ("{}", "validation_failed"),
        ('{"type":7}', "validation_failed"),
        ('{"type":"dance"}', "validation_failed"),
        ('{"type":"welcome"}', "validation_failed"),
        ('{"type":["ping"]}', "validation_failed"),
        ('{"type":"pi\\ud800ng"}', "validation_failed"),
    ],
)
def test_what_is_no_message(room: Room, payload: str, code: str | None) -> None:
    socket = room.host.connect(room.id)
    socket.send_raw(payload)
    problem = socket.expect("error")["problem"]
    assert problem["code"] in ((code,) if code else ("malformed_json", "validation_failed"))
    assert_problem(problem, problem["code"])
    assert socket.ping(1)


STATUS: Json = {"type": "status", "position_s": 1, "state": "playing", "revision": 2, "sampled_at_ms": 1.7e12}
PREV: Json = {"n": 1, "t1": 1.0, "t2": 1.7e12, "t3": 1.7e12, "t4": 2.0}


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ping"},
        {"type": "ping", "n": 1},
        {"type": "ping", "t1": 1},
        {"type": "ping", "n": "one", "t1": 1},
        {"type": "ping", "n": 1, "t1": "now"},
        {"type": "ping", "n": 1, "t1": 1, "surprise": 1},
        {"type": "ping", "n": 1, "t1": 1, "prev": 7},
        {"type": "ping", "n": 1, "t1": 1, "prev": {**PREV, "t4": "late"}},
        {"type": "ping", "n": 1, "t1": 1, "prev": {"n": 1}},
        {**STATUS, "state": "lost"},
        {**STATUS, "position_s": "x"},
        {**STATUS, "position_s": -5},
        {**STATUS, "revision": "x"},
        {**STATUS, "sampled_at_ms": None},
        {**STATUS, "surprise": 1},
        {name: value for name, value in STATUS.items() if name != "position_s"},
    ],
)
def test_messages_with_something_wrong(room: Room, frame: Json) -> None:
    socket = room.host.connect(room.id)
    socket.send(frame)
    problem = assert_problem(socket.expect("error")["problem"], "validation_failed")
    assert problem["errors"]
    assert socket.ping(1)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "command", "action": "play"},
        {"type": "command", "id": "1", "action": "play"},
        {"type": "command", "id": "$new"},
        {"type": "command", "id": "$new", "action": "dance"},
        {"type": "command", "id": "$new", "action": "seek"},
        {"type": "command", "id": "$new", "action": "seek", "position_s": -1},
        {"type": "command", "id": "$new", "action": "seek", "position_s": "1"},
        {"type": "command", "id": "$new", "action": "play", "rate": 5},
        {"type": "command", "id": "$new", "action": "play", "rate": 0.1},
        {"type": "command", "id": "$new", "action": "play", "expected_revision": "x"},
        {"type": "command", "id": "$new", "action": "transfer_host"},
        {"type": "command", "id": "$new", "action": "transfer_host", "user_id": "me"},
        {"type": "command", "id": "$new", "action": "play", "surprise": 1},
    ],
)
def test_commands_that_make_no_sense(room: Room, frame: Json) -> None:
    socket = room.host.connect(room.id)
    before = socket.expect("welcome")["party"]["revision"]
    sent = {name: str(uuid.uuid4()) if value == "$new" else value for name, value in frame.items()}
    socket.send(sent)
    answer = socket.expect("error")
    assert_problem(answer["problem"], "validation_failed")
    if frame.get("id") == "$new":
        assert answer["id"] == sent["id"]
    assert socket.ping(1)
    assert room.host.party(room.id)["revision"] == before


@pytest.mark.parametrize(
    "prev",
    [
        {**PREV, "t4": -1e15},
        {**PREV, "t1": 1e300, "t4": 1e300},
        {**PREV, "t2": 0, "t3": 0},
        {**PREV, "t3": 1.0},
        {**PREV, "n": 4711},
    ],
)
def test_a_lie_about_the_last_exchange_harms_nobody(room: Room, prev: Json) -> None:
    socket = room.host.connect(room.id)
    socket.send({"type": "ping", "n": 2, "t1": 1.0, "prev": prev})
    assert socket.ping(3)
    assert room.host.get(room.path).status_code == 200
    assert room.host.playback(room.id, "play")["playback"]["at_ms"] < 1e13


def test_the_largest_message_allowed(room: Room) -> None:
    socket = room.host.connect(room.id)
    socket.send_raw(padded_ping(MOST))
    assert socket.expect("pong")["n"] == 5


@pytest.mark.parametrize(
    ("payload", "opcode", "code"),
    [
        (b"{}", websocket.ABNF.OPCODE_BINARY, 1003),
        (padded_ping(MOST + 1), websocket.ABNF.OPCODE_TEXT, 1009),
        (padded_ping(1_000_000), websocket.ABNF.OPCODE_TEXT, 1009),
        (b'{"type":"\xff\xfe"}', websocket.ABNF.OPCODE_TEXT, 1007),
    ],
    ids=["binary", "a byte too many", "a megabyte", "not UTF-8"],
)
def test_frames_that_end_the_conversation(room: Room, payload: Any, opcode: int, code: int) -> None:
    socket = room.host.connect(room.id)
    socket.expect("welcome")
    socket.send_raw(payload, opcode)
    assert socket.wait_closed() == code


def test_a_message_too_large_in_pieces(room: Room) -> None:
    socket = room.host.connect(room.id)
    socket.expect("welcome")
    piece = " " * 10_000
    socket.raw.send_frame(websocket.ABNF.create_frame("{" + piece, websocket.ABNF.OPCODE_TEXT, 0))
    socket.raw.send_frame(websocket.ABNF.create_frame(piece + "}", websocket.ABNF.OPCODE_CONT, 1))
    assert socket.wait_closed() == 1009


def test_a_message_in_pieces_is_one_message(room: Room) -> None:
    socket = room.host.connect(room.id)
    text = padded_ping(100)
    socket.raw.send_frame(websocket.ABNF.create_frame(text[:20], websocket.ABNF.OPCODE_TEXT, 0))
    socket.raw.send_frame(websocket.ABNF.create_frame(text[20:], websocket.ABNF.OPCODE_CONT, 1))
    assert socket.expect("pong")["n"] == 5


def test_a_ping_of_the_protocol_itself_is_answered(room: Room) -> None:
    socket = room.host.connect(room.id, read=False)
    socket.raw.ping("are you there")
    while (frame := socket.next_frame(5))[0] != websocket.ABNF.OPCODE_PONG:
        pass
    assert frame[1] == b"are you there"
