#!/usr/bin/env bash
# Package:   websockets 17.4 from PyPI, as client; its own server.
# Behaviour: `async for websocket in connect(...)`, the library's way to come back, waits only where the *opening* failed. A server
#            that accepts and closes at once, be it with 1013 ("try again later") or 1012 ("service restart"), is asked again
#            without a pause, hundreds of times a second: each opening resets the waits. And where it is refused with 503, the
#            first wait is 0 to 5 s, whatever `Retry-After` says.
# Guess:     as the manual says, a transient failure "is retried with exponential backoff"; a close frame that asks for
#            patience is one.
# Seen:      openings in 3 s, by how the server ends each: see `expect` below.
#            What Party does: its Python client paces its own attempts by the close code and by Retry-After (docs/protocol.md).
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check websockets==17.4 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >attempts.py <<'PY'
"""How often a client comes back: `attempts.py CLOSE_CODE SECONDS`, or `attempts.py 503 SECONDS` for a refusal."""
import asyncio, sys
from http import HTTPStatus
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

code, seconds = int(sys.argv[1]), float(sys.argv[2])
seen = 0
def refused(connection, request):
    global seen
    seen += 1
    if code == 503:
        response = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "later")
        response.headers["Retry-After"] = "60"
        return response
async def ended(connection):
    await connection.close(code)
async def follow(url):
    async for websocket in connect(url):
        try:
            async for _ in websocket: pass
        except ConnectionClosed:
            continue
async def main():
    async with serve(ended, "127.0.0.1", 0, process_request=refused) as server:
        following = asyncio.create_task(follow(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        await asyncio.sleep(seconds)
        following.cancel()
asyncio.run(main())
print("more than 100" if seen > 100 else "1" if seen == 1 else "a few")
PY
for code in 1000 1012 1013; do
  expect "openings in 3 s, each closed with $code" 'more than 100' "$(env/bin/python attempts.py $code 3)"
done
expect 'in 7 s, each refused with 503 and Retry-After: 60' 'a few' "$(env/bin/python attempts.py 503 7)"
