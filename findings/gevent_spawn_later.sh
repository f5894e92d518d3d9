#!/usr/bin/env bash
# Package:   gevent 26.9.0 from PyPI, on libev (its loop where there is one).
# Behaviour: `spawn_later(0.3, f)` in a greenlet that a timer or a socket woke counts from when it was woken, not from now: after
#            0.2 s of work `f` comes 0.1 s later, after 0.5 s of work at once. Where another greenlet woke it (sleep(0), an
#            event) it counts from now, and so do `sleep`, `Event.wait`, `Timeout` and a patched `threading.Timer` anywhere.
# Guess:     all waits of a library are at least as long as asked for, as with `threading.Timer` and asyncio's call_later.
# Seen:      what a wait of 0.3 s lasts after 0.5 s of work: see `expect` below.
#            What Party does: where it matters, who was woken looks at the clock again, and waits for what is left.
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check gevent==26.9.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >waits.py <<'PY'
from gevent import monkey
monkey.patch_all()
import asyncio, socket, threading, time
import gevent
import gevent.event

def work(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end: pass
def lasted(begin, woken=lambda: gevent.sleep(0.01)): # `begin` starts a wait whose end calls what it is given
    done = gevent.event.Event()
    woken()
    work(0.5)
    began = time.perf_counter()
    begin(done.set)
    done.wait(10)
    took = time.perf_counter() - began
    return "0.3 s" if took >= 0.295 else "nothing" if took < 0.1 else f"{took:.2f} s"
def timeout(end):
    with gevent.Timeout(0.3, False): gevent.sleep(10)
    end()
def in_asyncio():
    async def main():
        done = asyncio.Event()
        await asyncio.sleep(0.01)
        work(0.5)
        began = time.perf_counter()
        asyncio.get_running_loop().call_later(0.3, done.set)
        await done.wait()
        return "0.3 s" if time.perf_counter() - began >= 0.295 else "less"
    return asyncio.run(main())

def a_socket():
    one, other = socket.socketpair()
    gevent.spawn(one.send, b"x")
    other.recv(1)

print("spawn_later:", lasted(lambda end: gevent.spawn_later(0.3, end)))
print("after a socket:", lasted(lambda end: gevent.spawn_later(0.3, end), a_socket))
print("after sleep(0):", lasted(lambda end: gevent.spawn_later(0.3, end), lambda: gevent.sleep(0)))
print("sleep:", lasted(lambda end: (gevent.sleep(0.3), end())))
print("Event.wait:", lasted(lambda end: (gevent.event.Event().wait(0.3), end())))
print("Timeout:", lasted(timeout))
print("threading.Timer:", lasted(lambda end: threading.Timer(0.3, end).start()))
print("asyncio's call_later:", in_asyncio())
PY
expect 'what a wait of 0.3 s lasted after 0.5 s of work' "spawn_later: nothing
after a socket: nothing
after sleep(0): 0.3 s
sleep: 0.3 s
Event.wait: 0.3 s
Timeout: 0.3 s
threading.Timer: 0.3 s
asyncio's call_later: 0.3 s" "$(GEVENT_LOOP=libev-cext env/bin/python waits.py)"
