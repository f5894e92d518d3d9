"""WebSocket frames: what is written can be read, and what breaks the rules ends with the right code."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode

from partyapp.realtime.websocket.frames import (
    MAX_MESSAGE_BYTES,
    FrameReader,
    PeerClosed,
    Violation,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from tests.support.examples import examples


def masked(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bytes | None = b"\0\0\0\0"
) -> bytes:
    """A client's frame, put together by hand so that it may break the rules."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    flag = 0x80 if mask is not None else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, flag | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, flag | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, flag | 127, len(payload))
    return head + (mask or b"") + payload


def text(payload: str, *, fin: bool = True, first: bool = True) -> bytes:
    return masked(1 if first else 0, payload.encode(), fin=fin)


def read(*chunks: bytes) -> list[tuple[str, str | bytes]]:
    reader = FrameReader()
    return [found for chunk in chunks for found in reader.feed(chunk)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_a_written_frame_is_read_by_any_client(size: int) -> None:
    client = FrameProtocol(client=True, extensions=[])
    client.receive_bytes(text_frame(b"x" * size) + ping_frame() + pong_frame(b"p") + close_frame(4409))
    frames: list[Any] = list(client.received_frames())
    assert "".join(frame.payload for frame in frames if frame.opcode is Opcode.TEXT) == "x" * size
    ping, pong, close = frames[-3:]
    assert (ping.opcode, bytes(ping.payload)) == (Opcode.PING, b"")
    assert (pong.opcode, bytes(pong.payload)) == (Opcode.PONG, b"p")
    assert (close.opcode, int(close.payload[0])) == (Opcode.CLOSE, 4409)


def test_frames_are_read_however_the_bytes_arrive() -> None:
    stream = text("Äpfel 🎬") + masked(9, b"hi") + masked(10, b"") + text("") + text("x" * 300)
    expected = [("text", "Äpfel 🎬"), ("ping", b"hi"), ("pong", b""), ("text", ""), ("text", "x" * 300)]
    assert read(stream) == expected
    assert read(*[bytes([byte]) for byte in stream]) == expected
    mask = b"\x12\x34\x56\x78"
    payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(b"hello"))
    assert read(masked(1, payload, mask=mask)) == [("text", "hello")]


def test_fragments_are_joined_and_a_ping_may_come_between() -> None:
    smile = "🎬".encode()
    assert read(
        masked(1, b"a" + smile[:2], fin=False),
        masked(9, b"!"),
        masked(0, smile[2:], fin=False),
        masked(0, b""),
    ) == [("ping", b"!"), ("text", "a🎬")]
    assert read(text("a", fin=False), text("b", first=False), text("c")) == [("text", "ab"), ("text", "c")]


@pytest.mark.parametrize(
    ("frames", "fits"),
    [
        ([text("x" * MAX_MESSAGE_BYTES)], True),
        ([text("x" * (MAX_MESSAGE_BYTES + 1))], False),
        # The limit is in bytes: a letter may have two, an emoji four.
        ([text("é" * (MAX_MESSAGE_BYTES // 2))], True),
        ([text("é" * (MAX_MESSAGE_BYTES // 2) + "x")], False),
        ([text("🎬" * (MAX_MESSAGE_BYTES // 4 + 1))], False),
        ([text("x" * 10_000, fin=False), text("x" * 6384, first=False)], True),
        ([text("x" * 10_000, fin=False), text("x" * 6385, first=False)], False),
        ([text("é" * 5000, fin=False), text("é" * 5000, fin=False, first=False)], False),
    ],
)
def test_a_message_has_at_most_16_kib(frames: list[bytes], fits: bool) -> None:
    for chunks in (frames, [b"".join(frames)]):
        if fits:
            assert len(read(*chunks)) == 1
        else:
            with pytest.raises(Violation) as caught:
                read(*chunks)
            assert caught.value.code == 1009


def test_a_size_that_lies_is_not_waited_for() -> None:
    """A frame that says it has a terabyte is ended after 16 KiB of it."""
    head = struct.pack("!BBQ", 0x81, 0x80 | 127, 1 << 40) + b"\0\0\0\0"
    reader = FrameReader()
    assert list(reader.feed(head)) == []
    with pytest.raises(Violation) as caught:
        for _ in range(20):
            assert list(reader.feed(b"x" * 1024)) == []
    assert caught.value.code == 1009


def test_the_limit_counts_each_message_anew() -> None:
    reader = FrameReader()
    for _ in range(3):
        assert len(list(reader.feed(text("x" * 9000, fin=False)))) == 0
        assert len(list(reader.feed(text("x" * 7000, first=False)))) == 1


def test_empty_fragments_for_ever_take_no_memory() -> None:
    reader = FrameReader()
    list(reader.feed(text("a", fin=False)))
    for _ in range(1000):
        list(reader.feed(text("", fin=False, first=False)))
    assert len(reader._parts) == 1


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (masked(2, b"x"), 1003),
        (masked(2, b""), 1003),
        (masked(2, b"x", fin=False), 1003),
        (masked(1, b"x", mask=None), 1002),
        (masked(3, b"x"), 1002),
        (masked(11, b""), 1002),
        (masked(1, b"x", rsv=4), 1002),
        (masked(0, b"x"), 1002),
        (text("a", fin=False) + text("b"), 1002),
        (masked(9, b"x", fin=False), 1002),
        (masked(9, b"x" * 126), 1002),
        (masked(8, b"\x03"), 1002),
        (masked(8, struct.pack("!H", 999)), 1002),
        (masked(8, struct.pack("!H", 1005)), 1002),
        (masked(1, b"\xff"), 1007),
        (masked(1, b"\xed\xa0\x80"), 1007),
        (masked(1, "🎬".encode()[:2]), 1007),
    ],
)
def test_broken_frames_end_with_the_right_code(stream: bytes, code: int) -> None:
    with pytest.raises(Violation) as caught:
        read(stream)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", 1005), (struct.pack("!H", 1000), 1000), (struct.pack("!H", 4999) + b"bye", 4999)],
)
def test_the_peers_close_frame(payload: bytes, code: int) -> None:
    with pytest.raises(PeerClosed) as caught:
        read(text("last") + masked(8, payload))
    assert caught.value.code == code


pieces = st.one_of(
    st.binary(max_size=80),
    st.builds(
        masked,
        st.integers(0, 15),
        st.binary(max_size=140),
        fin=st.booleans(),
        rsv=st.sampled_from([0, 0, 0, 1, 4]),
        mask=st.sampled_from([b"\0\0\0\0", b"abcd", None]),
    ),
    st.text(max_size=30).map(text),
)


@settings(max_examples=examples(100))
@given(st.lists(pieces, max_size=8))
def test_whatever_comes_in_nothing_else_is_raised(chunks: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for chunk in chunks:
            for what, payload in reader.feed(chunk):
                assert isinstance(payload, str if what == "text" else bytes)
    except (Violation, PeerClosed) as end:
        assert 1000 <= end.code < 5000


def _by_wsproto(stream: bytes) -> list[tuple[str, str | bytes]]:
    """What the stream holds, by wsproto alone. Text is joined."""
    parser, found, parts = (
        FrameProtocol(client=False, extensions=[]),
        list[tuple[str, str | bytes]](),
        list[str](),
    )
    parser.receive_bytes(stream)
    for frame in parser.received_frames():
        payload: Any = frame.payload
        if frame.opcode is Opcode.TEXT:
            parts.append(payload)
            if frame.message_finished:
                found.append(("text", "".join(parts)))
                parts.clear()
        else:
            found.append((frame.opcode.name.lower(), bytes(payload)))
    return found


def _frame_of(opcode: int, payload: str, mask: bytes) -> bytes:
    key = (mask * (len(payload.encode()) // 4 + 1))[: len(payload.encode())]
    plain = payload.encode()
    return masked(opcode, bytes(a ^ b for a, b in zip(plain, key, strict=True)), mask=mask)


frames_of_clients = st.one_of(
    st.builds(_frame_of, st.just(1), st.text(max_size=300), st.binary(min_size=4, max_size=4)),
    st.builds(_frame_of, st.sampled_from([9, 10]), st.text(max_size=20), st.binary(min_size=4, max_size=4)),
    st.builds(
        lambda first, rest: text(first, fin=False) + text(rest, first=False),
        st.text(max_size=9),
        st.text(max_size=9),
    ),
)


@given(st.lists(frames_of_clients, max_size=8), st.data())
@pytest.mark.thorough
def test_the_short_way_reads_what_wsproto_reads(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(stream) - 1, 1)), max_size=6)))
    starts = [0, *_starts_of(frames)] if data.draw(st.booleans()) else [0, *cuts]
    chunks = [stream[a:b] for a, b in zip(starts, [*starts[1:], len(stream)], strict=True)]
    assert read(*filter(None, chunks)) == _by_wsproto(stream)


def _starts_of(frames: list[bytes]) -> list[int]:
    """Where each frame but the first begins, so that each comes by itself."""
    return [sum(map(len, frames[:at])) for at in range(1, len(frames))]


def test_a_whole_message_takes_no_parser() -> None:
    """Thousands of sockets have none, and none is left of what a ping in between needed."""
    reader = FrameReader()
    for chunk in (text("hello"), masked(10, b""), text("x" * 200), masked(9, b"p") + text("again")):
        assert list(reader.feed(chunk))
        assert reader._parser is None
    for _ in reader.feed(text("one") + text("two")):
        assert reader._parser is None, "several that came at once take none either"
    list(reader.feed(text("cut")[:-1]))
    assert reader._parser is not None


def test_text_that_is_not_utf8_ends_with_1007_the_short_way_too() -> None:
    with pytest.raises(Violation) as found:
        read(masked(1, b"\xff\xfe"))
    assert found.value.code == 1007
