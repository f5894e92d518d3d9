"""A WebSocket on an event loop, for many members in one process; its protocol is kept by wsproto."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

#: Limits of waiting, in s: for a connection with its handshake, and for the next byte. A server that says
#: nothing for the second, not even a tick, is given up.
OPEN_LIMIT_S = 15.0
SILENCE_LIMIT_S = 30.0
_READ_BYTES = 1 << 16


class HandshakeRefused(Exception):
    """The server did not open the socket; `status` is its HTTP answer, 0 when there was none."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


class AsyncSocket:
    """An open socket. `code` is that of the server's close frame, None if it ended without one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._early: list[Event] = []
        self.code: int | None = None

    @classmethod
    async def open(cls, host: str, port: int, target: str, token: str | None) -> Self:
        """Connect and upgrade, with `token` as header. Raises HandshakeRefused, OSError or TimeoutError."""
        async with asyncio.timeout(OPEN_LIMIT_S):
            client = cls(*await asyncio.open_connection(host, port))
            try:
                await client._handshake(f"{host}:{port}", target, token)
            except BaseException:
                client.abort()
                raise
        return client

    async def _handshake(self, host: str, target: str, token: str | None) -> None:
        headers = [] if token is None else [(b"Authorization", f"Bearer {token}".encode())]
        request = Request(host=host, target=target, subprotocols=["party.v1"], extra_headers=headers)
        self._writer.write(self._protocol.send(request))
        while True:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                raise HandshakeRefused(0)
            try:
                self._protocol.receive_data(data)
                events = list(self._protocol.events())
            except ProtocolError:
                raise HandshakeRefused(0) from None
            for number, event in enumerate(events):
                if isinstance(event, RejectConnection):
                    raise HandshakeRefused(event.status_code)
                if isinstance(event, AcceptConnection):
                    self._early = events[number + 1 :]
                    return

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """All that comes in, until the end.

        Raises ProtocolError for what is no WebSocket's frame, OSError or TimeoutError for a lost connection.
        """
        text = ""
        while True:
            for event in self._early or self._protocol.events():
                if isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        yield json.loads(text)
                        text = ""
                elif isinstance(event, Ping):
                    self._writer.write(self._protocol.send(event.response()))
                elif isinstance(event, CloseConnection):
                    self.code = int(event.code)
                    with suppress(ProtocolError):
                        self._writer.write(self._protocol.send(event.response()))
                    return
            self._early = []
            async with asyncio.timeout(SILENCE_LIMIT_S):
                data = await self._reader.read(_READ_BYTES)
            if not data:
                return
            self._protocol.receive_data(data)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; whether it arrives is not known."""
        # wsproto refuses to send once the closing handshake has begun.
        with suppress(ProtocolError):
            self._writer.write(self._protocol.send(TextMessage(json.dumps(message))))

    def abort(self) -> None:
        """Close the connection without a close frame."""
        self._writer.transport.abort()
