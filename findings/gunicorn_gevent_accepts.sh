#!/usr/bin/env bash
# Package:   gunicorn 27.0.1 and gevent 26.9.0 from PyPI, worker class "gevent".
# Behaviour: with one worker it takes up to 100 new connections in a turn of its event loop, with two or more one each: their
#            servers' `max_accept` is set to 1. No setting changes it, and neither documentation says so of gunicorn.
# Guess:     a second worker shares the work and changes nothing else, so that 60 who connect at once wait for about a turn.
# Seen:      how many of 60 waiting connections a worker begins with in one turn: see `expect` below. Where a turn takes
#            20 ms, as with thousands of open sockets, 5,000 who come back to one worker of two wait for 100 s.
#            What Party does: hands gunicorn a server that takes 16 a turn (partyapp/shared/http/accepting.py).
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check gunicorn==27.0.1 gevent==26.9.0 packaging || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >app.py <<'PY'
# A connection's greenlet begins in the turn after it was accepted; `turn` counts them, and each takes 20 ms.
import collections, time
import gevent

begun, turn = collections.Counter(), 0

def count(worker):
    handle = worker.handle
    def counted(listener, client, peer):
        begun[turn] += 1
        handle(listener, client, peer)
    worker.handle = counted
    def turns():
        global turn
        while True:
            turn += 1
            time.sleep(0)  # gevent's: the end of a turn
            end = time.perf_counter() + 0.02
            while time.perf_counter() < end: pass
    gevent.spawn(turns)

def app(environ, start_response):
    start_response("200 OK", [("Connection", "close")])
    return [b"most=%d" % max(begun.values())]
PY
cat >conf.py <<'PY'
worker_class, bind, loglevel = "gevent", "unix:web.sock", "error"

def post_worker_init(worker):
    import app
    app.count(worker)
PY
cat >ask.py <<'PY'
import os, re, signal, socket, subprocess, sys, time

server = subprocess.Popen(["env/bin/gunicorn", "-c", "conf.py", "-w", sys.argv[1], "app:app"], stderr=subprocess.DEVNULL)
def asked():
    client = socket.socket(socket.AF_UNIX)
    client.connect("web.sock")
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return client
def answer(client):
    client.settimeout(30)
    return b"".join(iter(lambda: client.recv(4096), b""))
try:
    for _ in range(200):
        try:
            answer(asked())
            break
        except OSError:
            time.sleep(0.05)
    time.sleep(1)  # both workers are there
    answers = [answer(client) for client in [asked() for _ in range(60)]]
    most = max(int(re.search(rb"most=(\d+)", one)[1]) for one in answers)
    print("one" if most == 1 else "ten and more" if most >= 10 else most)
finally:
    server.terminate()
    server.wait()
PY
expect 'begun in one turn, one worker' 'ten and more' "$(env/bin/python ask.py 1)"
expect 'begun in one turn, each of two workers' 'one' "$(env/bin/python ask.py 2)"
