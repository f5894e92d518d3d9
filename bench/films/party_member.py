"""A member who exchanges time and seeks, as a program of its own: `party_member.py URL PARTY TOKEN SECONDS`.

Prints {"pong_ms": [...], "command_ms": [...]}: from a ping to its pong, and from a command to its
acknowledgement. Members are on machines of their own, which an upload to the server doesn't burden; so where
the system permits it, this process comes before others.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.support.clients.blocking import Socket
from tests.support.waiting import LIMIT_S

#: Between two exchanges, in s. A page pings each second and seeks now and then; here both are quicker.
PAUSE_S = 0.02
#: A seek for each so many pings.
PINGS = 4


class Member:
    """One socket, read in the thread that waits for its answers."""

    def __init__(self, url: str, party_id: str, token: str) -> None:
        self._socket = Socket(url, party_id, {"Authorization": f"Bearer {token}"}, {}, read=False)
        self._until(lambda message: message["type"] == "welcome")

    def ping(self, number: int) -> float:
        """The round trip of a ping, in ms."""
        begun = time.monotonic()
        self._socket.send({"type": "ping", "n": number, "t1": begun * 1000})
        self._until(lambda message: message["type"] == "pong" and message["n"] == number)
        return (time.monotonic() - begun) * 1000

    def seek(self, position_s: float) -> float:
        """From a command to its acknowledgement, in ms."""
        command = str(uuid.uuid4())
        begun = time.monotonic()
        self._socket.send({"type": "command", "id": command, "action": "seek", "position_s": position_s})
        answer = self._until(lambda message: message.get("id") == command)
        if answer["type"] != "ack":
            raise RuntimeError(f"the seek was answered {answer}")
        return (time.monotonic() - begun) * 1000

    def _until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(self._socket.next_frame(LIMIT_S)[1])
            if is_it(message):
                return message


def main() -> None:
    """Exchange for so many seconds."""
    url, party_id, token, seconds = sys.argv[1:5]
    with suppress(PermissionError):
        os.nice(-10)
    member = Member(url, party_id, token)
    pongs: list[float] = []
    commands: list[float] = []
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pongs.append(member.ping(len(pongs)))
        if len(pongs) % PINGS == 0:
            commands.append(member.seek(float(len(commands) % 60)))
        time.sleep(PAUSE_S)
    json.dump({"pong_ms": pongs, "command_ms": commands}, sys.stdout)


if __name__ == "__main__":
    main()
