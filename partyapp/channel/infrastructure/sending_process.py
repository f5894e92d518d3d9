"""A program of its own that sends by Apprise: `python -m partyapp.channel.infrastructure.sending_process`.

What people name decides what Apprise does: where it connects to, which files it reads, how much of an answer
it takes. So it runs in a process that knows no secret of the deployment, may be killed, has a limit of
memory, writes no file, and in which Python's own audit events (PEP 578) refuse whatever is no connection to a
public address. They are raised where the deed is done, with the very address that is connected to: no name
that changes its mind, no redirect and no parameter of an address gets around them.

It says `ready`, then reads one JSON object a line, `{"url", "title", "body"}`, and answers each by one,
`{"error": null or one of Failure}`.
"""

import json
import logging
import os
import resource
import signal
import socket
import sys
import sysconfig
from typing import Any

from partyapp.webhook.infrastructure.addresses import is_public

#: After so long something is amiss with a message, in s; who waits for the answer gives up before.
LIMIT_S = 25
#: What Apprise, its services and an answer may take of memory, in bytes.
_MEMORY = 384 << 20

_REFUSED_EVENTS = (
    "socket.bind", "socket.sendto", "socket.sendmsg", "subprocess.Popen", "os.system", "os.exec",
    "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "ctypes.dlopen",
)  # fmt: skip


class Guard:
    """Refuses what no message needs, from `armed` on. An audit hook can't be taken away again."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        paths = sysconfig.get_paths()
        roots = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        self._roots = tuple(os.path.realpath(root) + os.sep for root in roots)
        self.armed = False
        #: Whether an address was refused since this was set to False.
        self.refused = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called with each audit event of the process; raises PermissionError."""
        if not self.armed:
            return
        if event == "socket.connect":
            self._connect(*arguments)
        elif event == "open":
            self._open(*arguments)
        elif event in _REFUSED_EVENTS:
            raise PermissionError(f"{event} is refused")

    def _connect(self, connecting: socket.socket, address: Any) -> None:
        if connecting.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            if self._allow_private or _is_public(str(address[0])):
                return
            self.refused = True
        raise PermissionError("this address is refused")

    def _open(self, path: Any, mode: Any, flags: int) -> None:
        """Python reads its own modules, and Apprise what belongs to it. Nothing is written."""
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or not isinstance(path, str) or not os.path.realpath(path).startswith(self._roots):
            raise PermissionError("this file is refused")


def _is_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        # A name: what it leads to would be looked up where nobody sees it.
        return False


class Sending:
    """Apprise, with what people may not decide about."""

    def __init__(self, schemes: frozenset[str], guard: Guard) -> None:
        from apprise import Apprise, AppriseAsset, PersistentStoreMode

        self._schemes, self._guard = schemes, guard
        self._asset = AppriseAsset(
            app_id="Party",
            app_desc="Party",
            app_url="",
            image_url_mask="",
            http_redirects=False,
            storage_mode=PersistentStoreMode.MEMORY,
        )
        self._instantiate = Apprise.instantiate
        # All services are loaded now, while files may be read.
        self._instantiate("json://127.0.0.1", asset=self._asset)

    def send(self, url: str, title: str, body: str) -> str | None:
        """Send it; what went wrong, or None."""
        self._guard.refused = False
        try:
            service: Any = self._instantiate(url, asset=self._asset)
            if service is None or not self._schemes.intersection(service.schemas()):
                return "invalid_address"
            if len(service) != 1:
                return "several_receivers"
            # An address may ask for any of these.
            service.redirects, service.verify_certificate = False, True
            service.socket_connect_timeout = service.socket_read_timeout = 5.0
            accepted = service.notify(title=title, body=body, body_format="text", notify_type="info")
        except Exception:
            accepted = False
        if accepted:
            return None
        return "private_address" if self._guard.refused else "not_accepted"


def main(schemes: str, allow_private: str) -> None:
    """Answer what is asked until nobody asks any more."""
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
    guard = Guard(allow_private=allow_private == "1")
    sending = Sending(frozenset(schemes.split(",")), guard)
    sys.addaudithook(guard)
    guard.armed = True
    _answer("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        # Nobody may wait for this process any more, so it ends itself.
        signal.alarm(LIMIT_S)
        error = sending.send(asked["url"], asked["title"], asked["body"])
        signal.alarm(0)
        _answer({"error": error})


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
