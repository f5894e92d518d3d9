"""What the live bench starts: the in-memory servers, and the load generator behind a pipe."""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, ClassVar

from bench.processes import ChildProcess

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
START_LIMIT_S = 20.0
#: The longest single action, opening ten thousand sockets, in s.
ACTION_LIMIT_S = 180.0


class RoomServer(ChildProcess):
    """A server of rooms in memory: `hub` is our live path alone, `ws` and `socket.io` are Node's."""

    COMMANDS: ClassVar[dict[str, list[str]]] = {
        "hub": [sys.executable, "-m", "bench.live.servers.hub_server"],
        "ws": ["node", str(FOLDER / "servers" / "ws.mjs")],
        "socket.io": ["node", str(FOLDER / "servers" / "socketio.mjs")],
    }

    def __init__(self, name: str) -> None:
        super().__init__(self.COMMANDS[name], ROOT)
        self.name = name
        self.protocol = "socketio" if name == "socket.io" else "party"
        self._port = int(self.read_line(START_LIMIT_S).removeprefix("listening: "))

    def sockets(self, room: str, count: int) -> list[dict[str, Any]]:
        """What the load generator needs to open that many members of a room."""
        path = "socket.io/?EIO=4&transport=websocket&" if self.protocol == "socketio" else "?"
        return [{"url": f"ws://127.0.0.1:{self._port}/{path}room={room}"}] * count

    def server_pids(self) -> list[int]:
        """The process that holds the sockets."""
        return [self.pid]


class LoadGenerator(ChildProcess):
    """The load generator; see `bench.live.load_generator`."""

    MODULE = "bench.live.load_generator"

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", self.MODULE], ROOT)

    def __call__(self, do: str, **what: Any) -> dict[str, Any]:
        """Run an action and return its result. Raises RuntimeError with its error when it failed."""
        self.write_line(json.dumps({"do": do, **what}))
        answer: dict[str, Any] = json.loads(self.read_line(ACTION_LIMIT_S))
        if "error" in answer:
            raise RuntimeError(f"{do}: {answer['error']}")
        return answer


def allow_many_files() -> None:
    """Raise the limit of open files, which children inherit, for ten thousand sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ.setdefault("NODE_ENV", "production")
