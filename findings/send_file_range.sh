#!/usr/bin/env bash
# Packages:  Flask 3.1.3, Werkzeug 3.1.9, gunicorn 27.0.1 and gevent 26.9.0 (and packaging 26.3, which its worker imports).
# Behaviour: `send_file` is sent by sendfile(2), past the process, when a whole file is asked for. A request with Range is
#            never: Werkzeug then wraps the file in an iterator, and each part of it goes through Python. A browser's video
#            element asks by Range alone, from its first request (bytes=0-) on. With the gevent worker neither is.
# Guess:     gunicorn's `sendfile` is on by default, so films go by sendfile(2), whichever worker and whatever part.
# Seen:      calls of sendfile(2) for a film of 30 MB, whole and by `Range: bytes=0-`, by worker: see `expect` below.
#            All bytes arrive in each case.
# Date:      2026-11-28
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check \
  flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1 gevent==26.9.0 packaging==26.3 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

head -c 30000000 /dev/zero >film.mp4
cat >app.py <<'PY'
import os
from flask import Flask, send_file

calls, sendfile = [], os.sendfile
os.sendfile = lambda *args, **options: calls.append(1) or sendfile(*args, **options)
app = Flask(__name__)

@app.get("/film")
def film():
    return send_file("film.mp4")

@app.get("/calls")
def count():
    return str(len(calls))
PY
cat >ask.py <<'PY'
import re, subprocess, sys
from urllib.request import Request, urlopen

command = [sys.executable, "-m", "gunicorn", "-k", sys.argv[1], "--no-control-socket", "-b", "127.0.0.1:0", "app:app"]
server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
try:
    base = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    for headers in {}, {"Range": "bytes=0-"}:
        with urlopen(Request(base + "/film", headers=headers), timeout=60) as answer:
            size = len(answer.read())
        print(answer.status, size, "calls", urlopen(base + "/calls").read().decode())
finally:
    server.terminate(), server.wait()
PY
for worker in sync gthread; do
  expect "$worker" $'200 30000000 calls 1\n206 30000000 calls 1' "$(env/bin/python ask.py $worker)"
done
expect gevent $'200 30000000 calls 0\n206 30000000 calls 0' "$(env/bin/python ask.py gevent)"
