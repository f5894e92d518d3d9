"""A party without a service: a server of our steering alone, that says what a client needs to play."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from partyapp.gateways.syncplay.states import ClientState, MemberCommand
from partyapp.gateways.syncplay.steering import MemberSteering
from partyapp.party.domain.playback import PlaybackState
from partyapp.shared.kernel.clock import monotonic_ms

_FEATURES = {
    "readiness": False,
    "managedRooms": True,
    "chat": True,
    "maxChatMessageLength": 150,
    "maxUsernameLength": 64,
    "maxRoomNameLength": 64,
    "maxFilenameLength": 250,
}
_PLAYLIST: tuple[dict[str, Any], ...] = (
    {"Set": {"playlistChange": {"user": None, "files": []}}},
    {"Set": {"playlistIndex": {"user": None, "index": None}}},
)
_SELF = {"position": 0, "file": {}, "controller": False, "isReady": True, "features": {}}


class SteeredRoom:
    """Serves clients, all in one party whose time is this machine's monotonic clock."""

    def __init__(self, playback: PlaybackState) -> None:
        self.playback = playback
        self.members: dict[str, MemberSteering] = {}
        self.opened_ms: dict[str, float] = {}
        #: What the members' clients said that their users did. In a bench nobody does anything.
        self.commands: list[MemberCommand] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self, writer)
        telling = asyncio.create_task(line.tell_when_due())
        with suppress(ConnectionError, asyncio.CancelledError):
            while received := await reader.readline():
                line.take(json.loads(received), monotonic_ms())
        telling.cancel()
        writer.close()


class _Line:
    """One client."""

    def __init__(self, room: SteeredRoom, writer: asyncio.StreamWriter) -> None:
        self._room, self._writer = room, writer
        self._name = self._room_name = ""
        self._steering: MemberSteering | None = None
        self._news = asyncio.Event()

    async def tell_when_due(self) -> None:
        """Send each State at its time."""
        while True:
            self._news.clear()
            wait_s = None
            if self._steering is not None:
                while (state := self._steering.next_state(monotonic_ms())) is not None:
                    self._tell(state.message())
                wait_s = max(0.0, (self._steering.due_ms - monotonic_ms()) / 1000.0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait_s)

    def take(self, message: dict[str, Any], now_ms: float) -> None:
        """A message came in."""
        if "TLS" in message:
            self._tell({"TLS": {"startTLS": "false"}})
        if "Hello" in message:
            self._greet(message["Hello"], now_ms)
        if "List" in message:
            self._tell({"List": {self._room_name: {self._name: _SELF}}})
        if self._steering is not None and "file" in message.get("Set", {}):
            self._steering.file_opened(now_ms, message["Set"]["file"]["duration"])
            self._room.opened_ms[self._name] = now_ms
        if self._steering is not None and "State" in message:
            said = ClientState.of_message(message["State"], now_ms)
            self._room.commands += self._steering.client_state(said)
        self._news.set()

    def _greet(self, hello: dict[str, Any], now_ms: float) -> None:
        self._name, self._room_name = hello["username"], hello["room"]["name"]
        answer = {
            "username": self._name,
            "room": {"name": self._room_name},
            "motd": "",
            "features": _FEATURES,
        }
        self._tell({"Hello": answer | {"version": "1.6.9", "realversion": "1.6.9"}})
        for message in _PLAYLIST:
            self._tell(message)
        self._steering = self._room.members[self._name] = MemberSteering(self._name)
        self._steering.playback_changed(self._room.playback, now_ms)

    def _tell(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\r\n")
