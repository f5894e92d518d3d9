"""One hostile client each: what it does to the WebSocket's address, over a plain TCP connection."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from tests.support.clients.many import HandshakeRefused
from tests.support.clients.raw import RawSocket, frame

#: An attack waits for the server no longer than this at any point, in s.
LIMIT_S = 5.0
_pause = threading.Event()


@dataclass(frozen=True)
class Target:
    """Where the party is, and a member's token."""

    url: str
    party_id: str
    token: str


class Attack:
    """One hostile connection. `raw` is the connection and what came back on it."""

    def __init__(self, target: Target, random: Random) -> None:
        self.target, self.random = target, random
        self.raw = RawSocket.open(target.url, LIMIT_S)

    def handshake(self, **changes: str | None) -> None:
        """Ask for the upgrade, with other headers where told, and read the answer's head."""
        headers = {name.replace("_", "-"): value for name, value in changes.items()}
        device = uuid.UUID(int=self.random.getrandbits(128))
        self.raw.upgrade(
            urlsplit(self.target.url).netloc,
            f"/api/parties/{self.target.party_id}/ws?device_id={device}",
            {"Authorization": f"Bearer {self.target.token}", **headers},
        )

    def upgraded(self) -> None:
        """A handshake that must succeed. Raises HandshakeRefused."""
        self.handshake()
        if self.raw.status != 101:
            raise HandshakeRefused(self.raw.status)

    def frame(self, payload: bytes, opcode: int = 1, *, fin: bool = True, size: int | None = None) -> bytes:
        """A masked frame; `size` is what its head says, where that is a lie."""
        return frame(payload, opcode, fin=fin, size=size, mask=self.random.randbytes(4))

    def send(self, data: bytes) -> None:
        self.raw.send(data)

    def end(self) -> None:
        """End the connection in one of the ways in which clients do, and keep what came in until then."""
        way = self.random.choice(("close", "reset", "half"))
        with suppress(OSError):
            if way == "reset":
                self.raw.reset()
            elif way == "half":
                self.raw.end_of_stream()
        self.raw.close()


def garbage_for_a_handshake(attack: Attack) -> None:
    attack.send(attack.random.randbytes(attack.random.randint(1, 600)) + b"\r\n\r\n")
    attack.raw.read_head()


def half_a_handshake(attack: Attack) -> None:
    attack.send(b"GET /api/parties/" + attack.target.party_id.encode() + b"/ws HTTP/1.1\r\nHost: x\r\nUpg")


def a_broken_handshake(attack: Attack) -> None:
    name, value = attack.random.choice(
        [
            ("Sec_WebSocket_Key", "short"),
            ("Sec_WebSocket_Key", None),
            ("Sec_WebSocket_Version", "99999999999"),
            ("Sec_WebSocket_Protocol", "\xff," * 50),
            ("Authorization", "Bearer " + "x" * 3000),
            ("Authorization", None),
            ("Origin", "null"),
            ("Upgrade", "h2c"),
            ("Connection", None),
            ("Host", ""),
            ("Host", "h" * 100),
            ("Content_Length", "5"),
            ("Cookie", "c" * 20_000),
        ]
    )
    attack.handshake(**{name: value})


def random_bytes(attack: Attack) -> None:
    attack.upgraded()
    attack.send(attack.random.randbytes(attack.random.randint(1, 5000)))


def half_a_frame(attack: Attack) -> None:
    attack.upgraded()
    whole = attack.frame(b'{"type":"ping","n":1,"t1":1}')
    attack.send(whole[: attack.random.randint(1, len(whole) - 1)])


def a_huge_length(attack: Attack) -> None:
    attack.upgraded()
    attack.send(attack.frame(b"x" * 100, size=attack.random.choice([65535, 2**31, 2**62, 2**63, 2**64 - 1])))


def no_mask(attack: Attack) -> None:
    attack.upgraded()
    attack.send(b"\x81\x02{}" * 3)


def reserved_bits_and_opcodes(attack: Attack) -> None:
    attack.upgraded()
    opcode = attack.random.choice([0x3, 0x7, 0xB, 0xF, 0x41, 0x31, 0x0])
    attack.send(attack.frame(b"{}", opcode))


def control_frames(attack: Attack) -> None:
    attack.upgraded()
    kind = attack.random.choice([0x8, 0x9, 0xA])
    attack.send(attack.frame(attack.random.randbytes(attack.random.choice([0, 1, 2, 125, 126, 500])), kind))


def binary_or_no_utf8(attack: Attack) -> None:
    attack.upgraded()
    attack.send(attack.frame(b"\xc3\x28\xff" * 9, attack.random.choice([1, 2])))


def endless_fragments(attack: Attack) -> None:
    attack.upgraded()
    attack.send(attack.frame(b"a" * 900, 1, fin=False))
    for _ in range(attack.random.randint(1, 40)):
        attack.send(attack.frame(b"b" * 900, 0, fin=False))


def deep_json(attack: Attack) -> None:
    attack.upgraded()
    attack.send(attack.frame(attack.random.choice([b"[", b'{"a":', b'[{"b":[']) * 2000))


def _wild(random: Random) -> object:
    return random.choice(
        [
            None,
            True,
            -1,
            0,
            1e308,
            -1e308,
            10**400,
            "",
            "x" * 300,
            [],
            {},
            [[]],
            {"n": 1},
            "\ud800",
            2**63,
            0.1,
        ]
    )


def wrong_types(attack: Attack) -> None:
    attack.upgraded()
    random = attack.random
    names = (
        "n", "t1", "prev", "position_s", "state", "revision", "sampled_at_ms", "id", "rate", "user_id",
        "expected_revision",
    )  # fmt: skip
    for _ in range(20):
        message = {name: _wild(random) for name in random.sample(names, random.randint(0, len(names)))}
        message["type"] = random.choice(["ping", "status", "command", _wild(random)])
        message["action"] = random.choice(["play", "seek", "transfer_host", _wild(random)])
        attack.send(attack.frame(json.dumps(message).encode()))


def the_largest_position(attack: Attack) -> None:
    attack.upgraded()
    status = {
        "type": "status",
        "position_s": 1.7e308,
        "state": "playing",
        "revision": 1,
        "sampled_at_ms": 1e300,
    }
    attack.send(attack.frame(json.dumps(status).encode()))


def a_flood(attack: Attack) -> None:
    attack.upgraded()
    ping = attack.frame(b'{"type":"ping","n":1,"t1":1}')
    attack.send(ping * attack.random.randint(200, 1500))


def a_flood_unread(attack: Attack) -> None:
    attack.raw.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    attack.upgraded()
    for _ in range(200):
        attack.send(attack.frame(b"x" * 1000) + attack.frame(b"", 0x9))


def a_slow_drip(attack: Attack) -> None:
    attack.upgraded()
    for byte in attack.frame(b'{"type":"pi'):
        attack.send(bytes([byte]))
        _pause.wait(0.01)


ATTACKS: tuple[Callable[[Attack], None], ...] = (
    garbage_for_a_handshake, half_a_handshake, a_broken_handshake, random_bytes, half_a_frame, a_huge_length,
    no_mask, reserved_bits_and_opcodes, control_frames, binary_or_no_utf8, endless_fragments, deep_json,
    wrong_types, the_largest_position, a_flood, a_flood_unread, a_slow_drip,
)  # fmt: skip


def attack_once(target: Target, seed: int) -> tuple[str, int, bytes]:
    """One hostile client: its kind, the status it was answered with, and what came in after that."""
    random = Random(seed)
    kind = ATTACKS[seed % len(ATTACKS)]
    attack = Attack(target, random)
    # To be cut off is what most of them are after.
    with suppress(OSError):
        kind(attack)
    attack.end()
    return kind.__name__, attack.raw.status, attack.raw.received
