"""The answer to a WebSocket's handshake (RFC 6455 §4.2.2), which was checked before."""

import base64
import hashlib
from collections.abc import Collection

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepted_subprotocol(offered: str, known: Collection[str]) -> str | None:
    """The first subprotocol that the client offers, in `Sec-WebSocket-Protocol`, and is known here."""
    return next((name for each in offered.split(",") if (name := each.strip()) in known), None)


def upgrade_answer(key: str, subprotocol: str | None) -> bytes:
    """The whole answer 101 to a client's `Sec-WebSocket-Key`."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept,
    ]
    if subprotocol is not None:
        lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode())
    return b"\r\n".join([*lines, b"", b""])
