"""The order of a socket's commands: what a worker carries out is waited for apart."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import gevent
import pytest
from gevent.event import Event
from wsproto.frame_protocol import FrameProtocol

from partyapp.party.controllers.party_socket import MAX_WAITING, PartySocket, register_party_messages
from partyapp.party.controllers.socket_messages import Command
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import principal

MESSAGES: SocketMessages[PartySocket] = SocketMessages()
register_party_messages(MESSAGES)


class Line:
    """What is written to the socket."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.closed_with: list[int] = []
        self.reading = True

    def send(self, frame: bytes, priority: object) -> None:
        client = FrameProtocol(client=True, extensions=[])
        client.receive_bytes(frame)
        text: Any = next(iter(client.received_frames())).payload
        self.answers.append(json.loads(text))

    def close(self, code: int) -> None:
        self.closed_with.append(code)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


def settle() -> None:
    """Let the others run until they wait for the worker. By turns: a time may be over before they had one."""
    for _ in range(200):
        gevent.sleep(0)


class Conversation:
    """A socket whose worker answers once `worker` is set. `done` is what was carried out, in order."""

    def __init__(self) -> None:
        self.line, self.worker, self.done = Line(), Event(), list[str]()
        line: Any = self.line
        member: Any = SimpleNamespace(party_id=new_id())
        self.socket = PartySocket(
            connection=line,
            principal=principal(),
            member=member,
            messages=MESSAGES,
            playback=self,
            lifecycle=self,
            clock=PartyClock(),
            spawn=gevent.spawn,
            per_second=1000.0,
        )

    def control(self, command: Any, command_id: UUID) -> Any:
        gevent.sleep(0)
        self.done.append(type(command).__name__.removesuffix("PlaybackCommand").lower())
        return SimpleNamespace(revision=len(self.done))

    def report_duration(self, command: Any) -> bool:
        self.done.append(type(command).__name__)
        return True

    def accept(self, command: Any, actor: Any, key: str | None, fingerprint: str) -> Any:
        return command

    def outcome(self, record: Any, wait_s: float) -> dict[str, Any]:
        self.worker.wait()
        self.done.append(type(record).__name__)
        return {"result": {"revision": len(self.done)}}

    def send(self, *actions: str) -> list[str]:
        """Send these commands; their ids."""
        ids = [new_id() for _ in actions]
        for command_id, action in zip(ids, actions, strict=True):
            user_id = new_id() if action == "transfer_host" else None
            position_s = 1.0 if action == "seek" else None
            self.socket.on_command(
                Command(id=command_id, action=action, user_id=user_id, position_s=position_s)  # type: ignore[arg-type]
            )
        settle()
        return [str(command_id) for command_id in ids]

    @property
    def answered(self) -> list[str]:
        return [answer["id"] for answer in self.line.answers]


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_a_pause_does_not_wait_for_the_hand_over_before_it(talk: Conversation) -> None:
    hand_over, pause, seek = talk.send("transfer_host", "pause", "seek")
    assert talk.answered == [pause, seek]
    talk.worker.set()
    settle()
    assert talk.answered == [pause, seek, hand_over]


def test_a_hand_over_waits_for_the_playback_before_it(talk: Conversation) -> None:
    talk.worker.set()
    talk.send("pause", "seek", "transfer_host")
    assert talk.done == ["pause", "seek", "TransferHostCommand"]


def test_lifecycle_commands_keep_their_order(talk: Conversation) -> None:
    hand_over, leave = talk.send("transfer_host", "leave")
    talk.worker.set()
    settle()
    assert talk.done == ["TransferHostCommand", "LeavePartySessionCommand"]
    assert talk.answered == [hand_over, leave]


def test_who_leaves_is_answered_before_the_socket_is_closed(talk: Conversation) -> None:
    (leave,) = talk.send("leave")
    talk.socket.on_dismissed(CloseCode.REMOVED)
    assert talk.line.closed_with == []
    talk.worker.set()
    settle()
    assert (talk.answered, talk.line.closed_with) == ([leave], [CloseCode.REMOVED])


def test_too_many_that_wait_stop_the_reading(talk: Conversation) -> None:
    talk.send(*["transfer_host"] * (MAX_WAITING + 1))
    assert not talk.line.reading
    talk.worker.set()
    settle()
    assert talk.line.reading
    assert len(talk.answered) == MAX_WAITING + 1
