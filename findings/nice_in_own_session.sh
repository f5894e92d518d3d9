#!/usr/bin/env bash
# Packages:  none: Linux (6.18), util-linux (setsid, taskset), coreutils (nice).
# Behaviour: a program that is started by nice in a session of its own (setsid, Python's start_new_session) takes as much
#            of a processor as one at nice 0 in another session: with sched_autogroup_enabled, on in most kernels, nice
#            orders the tasks of one session alone. In one session nice 0 has nine times as much as nice 10.
#            So an encoder that is made a group of its own, to be killed as one, doesn't stand back any more.
# Guess:     nice 10 is nice 10 to every process of the machine.
# Seen:      see `expect` below. In a CPU cgroup of its own (a systemd unit, a container) there are no such groups.
# Date:      2026-11-30
set -euo pipefail
for program in setsid taskset nice python3; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
[ "$(cat /proc/sys/kernel/sched_autogroup_enabled 2>/dev/null)" = 1 ] || { echo "needs sched_autogroup_enabled"; exit 77; }
grep -q . /proc/self/autogroup 2>/dev/null || { echo "needs /proc/self/autogroup"; exit 77; }
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
shares() { # whether each has a session of its own: "alike" or "apart", two endless loops on one processor
  python3 - "$1" <<'PY'
import os, subprocess, sys, time
own = sys.argv[1] == "own"
one = str(min(os.sched_getaffinity(0)))
loop = ["sh", "-c", "while :; do :; done"]
runs = [subprocess.Popen(["taskset", "-c", one, "nice", "-n", n, *loop], start_new_session=own) for n in ("0", "10")]
time.sleep(6)
ticks = [sum(map(int, open(f"/proc/{run.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) for run in runs]
for run in runs:
    run.kill()
    run.wait()
print("alike" if ticks[0] < 2 * ticks[1] else "apart")
PY
}
expect "nice 0 and nice 10 in one session" apart "$(shares one)"
expect "nice 0 and nice 10 in a session each" alike "$(shares own)"
