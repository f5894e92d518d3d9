"""Every message that a running service sends is described, and every one that is described is sent."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from partyapp.description import DESCRIPTION
from partyapp.openapi.socket_message import Sender
from tests.e2e.conftest import Room
from tests.support.contract import assert_message
from tests.support.party_client import Guest, Json, Socket, body_of

pytestmark = pytest.mark.stack

#: But for what is said in a party of more than 100 only, which `test_large_room.py` looks at.
DESCRIBED = {message.name for message in DESCRIPTION.messages if message.sender is Sender.SERVER} - {"crowd"}


def have_everything_said(host: Socket, member: Socket, room: Room, stranger: Guest) -> None:
    """Go through a party's life, and wait for what the server says of each thing."""
    stranger_elsewhere = stranger.connect(stranger.create_party()["id"])
    stranger_elsewhere.expect("welcome")
    exchange = host.ping(1)
    for number in range(2, 6):
        exchange = host.ping(number, exchange)
    status: Json = {"position_s": 0, "state": "paused", "revision": 2, "sampled_at_ms": exchange["t3"]}
    host.send({"type": "status", **status})
    member.expect("presence", where=lambda message: any(one["sync"] for one in message["members"]))
    host.send({"type": "dance"})
    host.expect("error")
    assert member.command("play")["type"] == "error"
    commands: list[tuple[str, Json]] = [
        ("play", {}),
        ("seek", {"position_s": 3}),
        ("pause", {"position_s": 4}),
    ]
    for action, fields in commands:
        assert host.command(action, **fields)["type"] == "ack"
        member.expect("playback")
    room.host.playback(room.id, "play")
    member.expect("playback")
    member.expect("tick")
    named = room.host.http.patch(f"/api/videos/{room.party['video']['id']}", json={"title": "Another title"})
    assert named.status_code == 200, named.text
    member.expect("video")
    talk(host, member, room)
    body_of(room.host.post(f"{room.path}/invites", {"user_id": stranger.user_id}), 201)
    told = stranger_elsewhere.expect("notification")["notification"]
    assert (told["type"], told["party_id"]) == ("party_invitation", room.id)
    member.send({"type": "renew", "access_token": room.member.token})
    member.expect("renewed")
    stranger.join(room.id, room.party["invite_code"])
    for kind in ("member_joined", "host_transferred", "member_left"):
        if kind == "host_transferred":
            host.command("transfer_host", user_id=room.member.user_id)
        if kind == "member_left":
            stranger.leave(room.id)
        member.expect("event", where=partial(_is_event, kind))
    put_out(room, stranger)


def talk(host: Socket, member: Socket, room: Room) -> None:
    """Something is said and deleted, reacted to, the member muted for a moment, and a film queued."""
    host.send({"type": "chat", "id": str(uuid4()), "text": "Look at that!"})
    seq = member.expect("chat")["message"]["seq"]
    member.send({"type": "react", "emoji": "🎉"})
    host.expect("reactions")
    body_of(room.host.delete(f"{room.path}/chat/{seq}"), 204)
    member.expect("chat_deleted")
    for muted_s in (60, 0):
        path = f"{room.path}/members/{room.member.user_id}/mute"
        body_of(room.host.request("PUT", path, json={"muted_s": muted_s}), 200)
        member.expect("muted")
    body_of(room.host.post(f"{room.path}/queue", {"video_id": room.party["video"]["id"]}), 201)
    member.expect("queue")


def put_out(room: Room, stranger: Guest) -> None:
    """The stranger comes back, and is removed by the member, who is host by now."""
    stranger.join(room.id, room.party["invite_code"])
    socket = stranger.connect(room.id)
    socket.expect("welcome")
    assert room.member.delete(f"{room.path}/members/{stranger.user_id}").status_code == 204
    socket.expect("removed")


def _is_event(kind: str, message: Json) -> bool:
    return bool(message["event"]["type"] == kind)


def test_every_message_is_described_and_every_one_described_is_sent(room: Room, stranger: Guest) -> None:
    party = room.host.create_party()
    room = Room(room.host, room.member, room.member.join(party["id"], party["invite_code"])["party"])
    host, member = room.connect()
    have_everything_said(host, member, room, stranger)
    resumed = room.host.connect(room.id, device_id=room.host.user_id, last_revision=0)
    revision = room.host.party(room.id)["revision"]
    resumed.expect("event", where=lambda message: message["event"]["revision"] == revision)
    assert member.command("end")["type"] == "ack"
    for socket in (host, member, resumed):
        socket.expect("ended")
        assert socket.wait_closed() == 4410
    said = [message for socket in (host, member, resumed, *stranger.sockets) for message in socket.messages]
    for message in said:
        assert_message(message)
    # A host has to be away for long to be named, and a member in sync for long to be asked to report seldom:
    # see test_host_succession and test_clock.
    assert {message["type"] for message in said} == DESCRIBED - {"host_returned", "pace"}
