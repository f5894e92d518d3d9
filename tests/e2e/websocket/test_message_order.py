"""Order under load: whoever commands, every member gets every revision, in order and without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.e2e.conftest import Room, SignIn
from tests.support.party_client import Json, Socket

pytestmark = pytest.mark.stack

EACH = 100


def burst(socket: Socket) -> list[Json]:
    """Command after command, each sent as soon as the one before was answered."""
    return [socket.command("seek", position_s=float(number)) for number in range(EACH)]


def test_two_members_at_once_and_one_who_listens(open_room: Room, sign_in: SignIn) -> None:
    listener = sign_in("Listener")
    listener.join(open_room.id)
    sockets = [*open_room.connect(), listener.connect(open_room.id)]
    sockets[2].expect("welcome")
    with ThreadPoolExecutor(2) as crowd:
        answers = [answer for answers in crowd.map(burst, sockets[:2]) for answer in answers]
    assert {answer["type"] for answer in answers} == {"ack"}
    last = 3 + 2 * EACH
    assert sorted(answer["revision"] for answer in answers) == list(range(4, last + 1))
    for socket in sockets:
        socket.wait_for_revision(last)
        socket.check_no_gap()
    log = listener.events(open_room.id)
    assert [event["revision"] for event in log] == list(range(1, last + 1))


def test_every_member_hears_the_same(open_room: Room) -> None:
    host, member = open_room.connect()
    for number in range(20):
        (host, member)[number % 2].command("seek", position_s=float(number))
    for socket in (host, member):
        socket.wait_for_revision(22)
    assert host.of_type("playback") == member.of_type("playback")
    played = [message["playback"]["position_s"] for message in host.of_type("playback")]
    assert played == [float(number) for number in range(20)]


def test_what_members_and_commands_do_is_one_order(open_room: Room, sign_in: SignIn) -> None:
    socket, _ = open_room.connect()
    guests = [sign_in(f"Guest {number}") for number in range(4)]
    with ThreadPoolExecutor(5) as crowd:
        joining = [crowd.submit(guest.join, open_room.id) for guest in guests]
        playing = crowd.submit(lambda: [open_room.host.playback(open_room.id, "play") for _ in range(10)])
        playing.result()
        for joined in joining:
            joined.result()
    last = open_room.host.party(open_room.id)["revision"]
    socket.wait_for_revision(last)
    socket.check_no_gap()
    assert len(socket.revisions) == last - 2


def test_a_change_is_heard_at_once_not_with_the_next_tick(room: Room) -> None:
    _, member = room.connect()
    for _ in range(20):
        room.host.playback(room.id, "play")
        member.expect("playback")
    # A change that waited for a tick would come with one, each before the next change is made.
    kinds = [message["type"] for message in member.messages if message["type"] in ("playback", "tick")]
    assert ("playback", "playback") in pairwise(kinds)
