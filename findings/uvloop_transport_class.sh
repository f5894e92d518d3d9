#!/usr/bin/env bash
# Package:   uvloop 0.23.0 on CPython, "a drop-in replacement of asyncio's event loop".
# Behaviour: the transport that a protocol is given in `connection_made` is no instance of asyncio.Transport, nor of
#            asyncio.BaseTransport, though it has all of their methods. A protocol that narrows its argument by isinstance
#            or assert, as type checkers ask for (typeshed declares it as BaseTransport, which has no `write`), fails at
#            each connection: the server listens, accepts, and closes.
# Guess:     what runs on asyncio's loop runs on uvloop's.
# Seen:      asyncio: a Transport, answered; uvloop: none, and closed; with `typing.cast` in its place: answered.
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo "needs python3"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check uvloop==0.23.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >echo.py <<'PY'
import asyncio
import sys
from typing import cast

import uvloop

narrow = {
    "isinstance": lambda transport: transport if isinstance(transport, asyncio.Transport) else 1 / 0,
    "cast": lambda transport: cast(asyncio.Transport, transport),
}[sys.argv[2]]


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = narrow(transport)

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello")
    print((await asyncio.wait_for(reader.read(5), 10)).decode() or "closed")


factory = uvloop.new_event_loop if sys.argv[1] == "uvloop" else None
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())
PY
expect "asyncio's loop, isinstance" hello "$(env/bin/python echo.py asyncio isinstance)"
expect "uvloop, isinstance" closed "$(env/bin/python echo.py uvloop isinstance)"
expect "uvloop, cast" hello "$(env/bin/python echo.py uvloop cast)"
