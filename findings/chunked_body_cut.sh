#!/usr/bin/env bash
# Packages:  Flask 3.1.3, Werkzeug 3.1.9 and gunicorn 27.0.1 (and packaging 26.3, which it imports).
# Behaviour: `MAX_CONTENT_LENGTH` refuses a longer body with 413 if it has a Content-Length. One that comes in chunks is
#            cut: `request.get_data()`, `request.data`, `get_json()` and `form` (urlencoded) give its first
#            MAX_CONTENT_LENGTH bytes, and no error. JSON that is whole by then is taken for all that was sent.
# Guess:     the limit is the same for both. Flask's documentation: when a request is longer, "a 413 RequestEntityTooLarge
#            error is raised". Werkzeug's stream refuses a read beyond the limit, but reading all of it stops right there.
# Seen:      with a limit of 100 bytes, {"a": 1} and 200 spaces, or a field of 200 letters: see `expect` below. Read by
#            `request.stream.read(n)` in a loop it is refused either way.
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check \
  flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1 packaging==26.3 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >app.py <<'PY'
from flask import Flask, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 100

@app.post("/data")
def data():
    return f"{len(request.get_data())} bytes"

@app.post("/json")
def json():
    return f"{request.get_json(force=True)}"

@app.post("/stream")
def stream():
    return f"{sum(len(part) for part in iter(lambda: request.stream.read(30), b''))} bytes"

@app.post("/form")
def form():
    return f"{dict(request.form)}"
PY
cat >ask.py <<'PY'
import re, subprocess, sys
from http.client import HTTPConnection

JSON, FORM = b'{"a": 1}' + b" " * 200, b"a=" + b"b" * 200
command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "app:app"]
server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
try:
    host = next(found[1] for line in server.stderr if (found := re.search(r"http://(127\.0\.0\.1:\d+)", line)))
    for path in "/data", "/json", "/stream", "/form":
        for chunked in False, True:
            body = FORM if path == "/form" else JSON
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if path == "/form" else {}
            client = HTTPConnection(host, timeout=60)
            client.request("POST", path, iter([body]) if chunked else body, headers, encode_chunked=chunked)
            answer = client.getresponse()
            said = answer.read().decode() if answer.status == 200 else ""
            print(path, "in chunks" if chunked else "by length", answer.status, said)
            client.close()
finally:
    server.terminate(), server.wait()
PY
env/bin/python ask.py >seen
seen() { grep "^$1" seen | cut -d' ' -f4-; }
for path in data json stream form; do expect "/$path by its length" '413 ' "$(seen "/$path by")"; done
expect '/data in chunks' '200 100 bytes' "$(seen '/data in')"
expect '/json in chunks' "200 {'a': 1}" "$(seen '/json in')"
expect '/stream in chunks' '413 ' "$(seen '/stream in')"
expect '/form in chunks' "200 {'a': '$(printf 'b%.0s' {1..98})'}" "$(seen '/form in')"
