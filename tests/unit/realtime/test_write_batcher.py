"""What is written when: the first frame of a turn at once, the others together, answers without waiting."""

from __future__ import annotations

import gevent

from partyapp.realtime.websocket.connection import MAX_GATHERED
from partyapp.realtime.websocket.frames import CloseCode, text_frame
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from tests.support.socket_pairs import connected, run_for_a_moment


def burst(count: int) -> list[bytes]:
    return [text_frame(str(number).encode()) for number in range(count)]


def test_the_first_of_a_turn_goes_at_once_and_the_others_together() -> None:
    with connected() as (connection, _, peer):
        for batcher in (1, 2):
            for frame in burst(10):
                connection.send(frame)
            peer.read()
            assert len(peer.texts) == 10 * batcher - 9
            run_for_a_moment()
            assert peer.read(), "one write for all the others"
            assert len(peer.texts) == 10 * batcher
        assert peer.texts == [str(number) for number in range(10)] * 2


def test_no_more_gathers_than_may() -> None:
    with connected() as (connection, _, peer):
        for frame in burst(MAX_GATHERED + 1):
            connection.send(frame)
        peer.read()
        assert len(peer.texts) == MAX_GATHERED + 1


def test_an_answer_takes_along_what_waits() -> None:
    with connected() as (connection, _, peer):
        for frame in burst(3):
            connection.send(frame)
        connection.send(text_frame(b"pong"), Priority.ANSWER)
        peer.read()
        assert peer.texts == ["0", "1", "2", "pong"]
        connection.send(text_frame(b"ack"), Priority.ANSWER)
        peer.read()
        assert peer.texts[-1] == "ack"


def test_an_answer_begins_no_turn() -> None:
    with connected() as (connection, _, peer):
        connection.send(text_frame(b"pong"), Priority.ANSWER)
        connection.send(text_frame(b"first"))
        connection.send(text_frame(b"second"))
        peer.read()
        assert peer.texts == ["pong", "first"]
        run_for_a_moment()
        peer.read()
        assert peer.texts == ["pong", "first", "second"]


def test_what_waits_is_written_before_a_close() -> None:
    with connected() as (connection, _, peer):
        for frame in burst(3):
            connection.send(frame)
        connection.close(CloseCode.PARTY_ENDED)
        peer.reads_until(lambda: peer.close_code)
        assert (peer.texts, peer.close_code) == (["0", "1", "2"], CloseCode.PARTY_ENDED)


def test_what_waits_is_forgotten_when_the_socket_is_gone() -> None:
    with connected() as (connection, _, peer):
        for frame in burst(3):
            connection.send(frame)
        connection.drop()
        run_for_a_moment()
        peer.reads_until(lambda: peer.ended)
        assert peer.texts == ["0"]


def test_one_turn_serves_many_and_ends_once() -> None:
    batcher = WriteBatcher(gevent.get_hub().loop)
    ended = []

    class One:
        def __init__(self, name: str) -> None:
            self.name = name

        def end_turn(self) -> None:
            ended.append((self.name, batcher.number))

    for number in (1, 2):
        for name in ("a", "b"):
            batcher.begin()
            batcher.wait(One(name))
        assert len(ended) == 2 * number - 2
        run_for_a_moment()
        assert ended[-2:] == [("a", number), ("b", number)]
    run_for_a_moment()
    assert batcher.number == 2, "nobody writes, so nothing ends"
