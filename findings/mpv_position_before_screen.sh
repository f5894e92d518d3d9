#!/usr/bin/env bash
# Program:   mpv 0.35.1 (Debian 12), any video output; for whoever compares a player's position with a clock.
# Behaviour: `time-pos` tells of a frame when mpv begins to draw it, and that is up to 50 ms before the frame is put on the
#            screen (`--video-timing-offset`, 0.05 by default), at 25 frames a second as soon as the one before is there. So
#            the screen shows the frame before the one that mpv tells of, nearly all the time.
# Guess:     a player that tells the frame it shows is on average half a frame low. Here it is half a frame high: whoever
#            adds half a frame, to be in step with others, is in step with what is drawn, and the screen is a frame late.
# Seen:      see `expect`: the time between a frame's being told and its being on the screen, from mpv's own log of both.
# Date:      2026-11-29
set -euo pipefail
for program in mpv python3; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >told.lua <<'LUA'
local told = io.open("told", "w")
mp.observe_property("time-pos", "number", function(_, at)
  if at then told:write(string.format("%.6f %.3f\n", mp.get_time(), at)); told:flush() end
end)
LUA
frames_early() { # by how many frames of 40 ms they are told before they are shown, in the middle
  mpv --no-config --vo=null --no-audio --really-quiet --script=told.lua --dump-stats=log "$@" \
    --length=6 'av://lavfi:testsrc=size=64x36:rate=25:duration=8'
  python3 - <<'PY'
from statistics import median
told = [tuple(map(float, line.split())) for line in open("told")]
shown = [int(line.split()[0]) / 1e6 for line in open("log") if line.endswith("start video-flip\n")]
print(round(median(shown[round(at * 25)] - when for when, at in told if 1 <= at < 5) / 0.04))
PY
}
expect 'told before it is shown, frames, as mpv is' 1 "$(frames_early)"
expect 'the same with --video-timing-offset=0' 0 "$(frames_early --video-timing-offset=0)"
