"""The embedded Valkey, which speaks Redis's protocol: a real server from a wheel.

Like the embedded PostgreSQL it listens on a Unix socket in a private folder and on no port.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

from partyapp.local_run.installed_programs import valkey_program

CONNECT_LIMIT_S = 1.0
# A queue must never drop what is in it to make room, and a killed process loses at most a second.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "logfile": "",
}


@dataclass(frozen=True, kw_only=True)
class EmbeddedValkey:
    """One server with its files in `data`, reached through the socket `socket_path`."""

    data: Path
    socket_path: Path
    program: Path

    def command(self) -> list[str]:
        """The server in the foreground, for a supervisor."""
        words = [str(self.program), "--dir", str(self.data), "--unixsocket", str(self.socket_path)]
        for name, value in SETTINGS.items():
            words += [f"--{name}", value]
        return words

    @property
    def url(self) -> str:
        """Where redis-py finds it."""
        return f"unix://{self.socket_path}?db=0"

    def is_ready(self) -> bool:
        """Whether it answers; while it reads its file it says that it is loading."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(CONNECT_LIMIT_S)
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def prepare_valkey(*, folder: Path, socket_dir: Path) -> EmbeddedValkey:
    """Make `folder` when it is missing. Raises LocalRunError when this machine has no binary."""
    program = valkey_program()
    folder.mkdir(mode=0o700, exist_ok=True)
    sockets = socket_dir / "kv"
    sockets.mkdir(mode=0o700, exist_ok=True)
    return EmbeddedValkey(data=folder, socket_path=sockets / "valkey.sock", program=program)
