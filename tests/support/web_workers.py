"""Which process of a stack holds a socket: what a client can't see, read from the system (Linux)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support.clients.blocking import Socket
from tests.support.local_stack import Stack
from tests.support.waiting import Unexpected, eventually


def web_workers(stack: Stack) -> list[int]:
    """The pids of the web processes that serve."""
    web = stack.pid_of("web")
    found = Path(f"/proc/{web}/task/{web}/children").read_text(encoding="ascii")
    return [int(pid) for pid in found.split()]


def worker_of(stack: Stack, socket: Socket) -> int:
    """The pid of the web process that holds the other end of this socket. Raises Unexpected."""
    assert socket.raw.sock is not None
    inode = _server_inode(socket.raw.sock.getsockname()[1], stack.port)
    for pid in web_workers(stack):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            # A file may be closed while it is looked at.
            with suppress(OSError):
                if entry.readlink() == Path(f"socket:[{inode}]"):
                    return pid
    raise Unexpected("no web process holds the socket")


def on_two_workers(stack: Stack, connect: Callable[[], Socket], other: Socket) -> Socket:
    """A socket by `connect` on another process than `other`.

    The kernel chooses, on a busy machine often the same one in a row, so it is tried less and less often.
    Raises Unexpected when that takes too long.
    """
    taken = worker_of(stack, other)

    def elsewhere() -> Socket | None:
        socket = connect()
        socket.expect("welcome")
        if worker_of(stack, socket) != taken:
            return socket
        socket.close()
        return None

    found = eventually(elsewhere, every_s=0.005, longest_s=0.5)
    assert found is not None
    return found


def _server_inode(client_port: int, server_port: int) -> int:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            local, remote = (int(fields[number].rpartition(":")[2], 16) for number in (1, 2))
            if (local, remote) == (server_port, client_port):
                return int(fields[9])
    raise Unexpected(f"no connection from port {client_port}")
