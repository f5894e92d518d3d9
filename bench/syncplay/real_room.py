"""Syncplay's own server, and a member of its room who plays exactly as the party does."""

import asyncio
import json
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from partyapp.party.domain.playback import PlaybackState
from partyapp.shared.kernel.clock import monotonic_ms
from tests.support.local_stack import free_port

START_LIMIT_S = 20.0


class RealServer:
    """`syncplay-server` on a port of its own. Use it in a `with` block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            command = ["/usr/bin/syncplay-server", "--port", str(self.port), "--disable-ready"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10.0)


class ExactMember:
    """A member without a player, who is always where the party is.

    The real server moves nobody who joins late and is behind, so this member has to seek once it is there.
    """

    def __init__(self, port: int, room: str, playback: PlaybackState) -> None:
        self._port, self._room, self._playback = port, room, playback
        self._changes = 0
        self._seeks = True

    def seek(self) -> None:
        """Say with the next State that its user sought to where it is: the others are to follow."""
        self._seeks = True

    async def run(self) -> None:
        """Be a member until cancelled."""
        reader, writer = await self._connected()
        try:
            await self._follow(reader, writer)
        finally:
            writer.close()

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = {"username": "Exact", "room": {"name": self._room}, "version": "1.2.255"}
        self._tell(writer, {"Hello": hello | {"realversion": "1.6.9", "features": {"readiness": False}}})
        file = {"name": "bars.mkv", "duration": 600.0, "size": 1}
        self._tell(writer, {"Set": {"file": file}})
        while received := await reader.readline():
            message = json.loads(received)
            if "State" in message:
                self._answer(writer, message["State"])

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        until_ms = monotonic_ms() + START_LIMIT_S * 1000.0
        while monotonic_ms() < until_ms:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.sleep(0.1)
        raise RuntimeError("syncplay-server doesn't listen")

    def _answer(self, writer: asyncio.StreamWriter, state: dict[str, Any]) -> None:
        position_s = self._playback.position_at(monotonic_ms(), None)
        playstate: dict[str, Any] = {"position": position_s, "paused": False}
        counts = dict(state.get("ignoringOnTheFly", {}))
        counts.pop("client", None)
        if self._seeks:
            self._seeks, self._changes = False, self._changes + 1
            playstate["doSeek"] = True
            counts["client"] = self._changes
        ping = {
            "latencyCalculation": state["ping"].get("latencyCalculation", 0),
            "clientLatencyCalculation": time.time(),
            "clientRtt": 0,
        }
        body = {"playstate": playstate, "ping": ping}
        self._tell(writer, {"State": body | ({"ignoringOnTheFly": counts} if counts else {})})

    @staticmethod
    def _tell(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        writer.write(json.dumps(message).encode() + b"\r\n")
