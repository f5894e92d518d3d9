#!/usr/bin/env bash
# Package:   timesync 1.0.11 from npm, over a transport of one's own (as its manual shows for WebSockets).
# Behaviour: a round of five exchanges keeps those whose round trip is *less* than median + standard deviation. Where all
#            take the same number of milliseconds, as on a good network with Date.now(), the deviation is 0, none is kept,
#            and the round changes nothing and says nothing: the offset stays at the very first sample, whatever a clock
#            did since. And `timeout` is only handed on to `send`, which ends when its message is sent: where the answer
#            to one is lost after that, the round does not end.
# Guess:     the steadier the network, the better the estimate; a lost answer is a sample less.
# Seen:      the other clock goes from 5,000 ms ahead to 9,000: the offset stays 5000 without an event `change`, and becomes
#            8999.7 when the round trips differ by 1 ms; with one answer of five lost and timeout 50 ms, no end in 1 s.
# Date:      2026-11-28
set -euo pipefail
for program in node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit timesync@1.0.11 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >rounds.js <<'JS'
const timesync = require("timesync/dist/timesync.js");

// A clock and a network that are counted, not waited for: 20 ms each way.
let now = 0, ahead_ms = 5000, exchanges = 0, slower = () => 0, lost = () => false, events = [];
const clock = timesync.create({ server: "peer", interval: null, delay: 1, timeout: 50, now: () => now });
clock.send = async (to, request) => {
  exchanges += 1;
  const result = (now += 20) + ahead_ms;
  now += 20 + slower(exchanges);
  if (!lost(exchanges)) queueMicrotask(() => clock.receive(to, { id: request.id, result }));
};
clock.on("change", (offset) => events.push(offset));
async function round() {
  exchanges = 0, events = [];
  const end = clock.sync().then(() => "ended");
  const what = await Promise.race([end, new Promise((done) => setTimeout(done, 1000, "no end"))]);
  return `${what}, offset ${clock.offset}, changes ${events.length}`;
}
(async () => {
  console.log("first: " + await round());
  ahead_ms = 9000;
  console.log("equal: " + await round());
  slower = (exchange) => exchange % 2;
  console.log("unequal: " + await round());
  lost = (exchange) => exchange === 3;
  console.log("one lost: " + await round());
  process.exit();
})();
JS
expect 'rounds' 'first: ended, offset 5000, changes 1
equal: ended, offset 5000, changes 0
unequal: ended, offset 8999.7, changes 1
one lost: no end, offset 8999.7, changes 0' "$(node rounds.js)"
