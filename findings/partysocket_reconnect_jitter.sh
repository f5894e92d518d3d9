#!/usr/bin/env bash
# Packages:  partysocket 1.3.0, the maintained fork of reconnecting-websocket, and reconnecting-websocket 4.4.0, from npm;
#            ws 8.23.0 as the server and as Node's WebSocket.
# Behaviour: partysocket's clients come back all at once, 3 s after a server closed them: its least delay is a fixed 3000 ms,
#            where its README still gives the original's `1000 + Math.random() * 4000`. And both come back after 1000 too,
#            by which a server says that all is done.
# Guess:     the fork spreads its clients as the original does and its README says; 1000 is the end.
#            (Ours come back after a random 0 to 3 s, and not after a final code: docs/protocol.md.)
# Seen:      10 clients each, closed in one instant with 1000: all 20 came back, partysocket's within a second (0.01 to 0.2 s)
#            after 3.0 s; reconnecting-websocket's over more than a second, from 1 to 5 s.
# Date:      2026-11-28
set -euo pipefail
for program in node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit partysocket@1.3.0 reconnecting-websocket@4.4.0 ws@8.23.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >client.mjs <<'JS'
import { workerData } from "node:worker_threads";
import { WebSocket as PartySocket } from "partysocket";
import original from "reconnecting-websocket";
import WebSocket from "ws";

new PartySocket(`${workerData}/party`, undefined, { WebSocket });
new (original.default ?? original)(`${workerData}/original`, undefined, { WebSocket });
JS
cat >crowd.mjs <<'JS'
import { Worker } from "node:worker_threads";
import { WebSocketServer } from "ws";

const EACH = 10; // each in a thread of its own, which loads the module anew, as a page does
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
const arrivals = { "/party": [], "/original": [] };
let closed_at;
server.on("connection", (socket, request) => {
  const of = arrivals[request.url];
  if (of.length < EACH) of.push(null);
  else of.push(performance.now() - closed_at);
  if (!closed_at && Object.values(arrivals).every((all) => all.length === EACH)) {
    closed_at = performance.now();
    for (const client of server.clients) client.close(1000, "the party has ended");
  }
  if (Object.values(arrivals).every((all) => all.length === 2 * EACH)) {
    for (const [path, all] of Object.entries(arrivals)) {
      const back = all.slice(EACH).sort((a, b) => a - b), spread = back.at(-1) - back[0];
      console.error(path, "came back after", back[0].toFixed(), "to", back.at(-1).toFixed(), "ms");
      console.log(path.slice(1), spread < 1000 ? "within 1 s" : "over more");
    }
    process.exit();
  }
});
server.on("listening", () => {
  for (let client = 0; client < EACH; client++)
    new Worker("./client.mjs", { workerData: `ws://127.0.0.1:${server.address().port}` });
});
JS
expect 'how the clients came back' 'party within 1 s
original over more' "$(timeout 60 node crowd.mjs)"
expect 'what the README says' 'minReconnectionDelay: 1000 + Math.random() * 4000,' \
  "$(grep -m1 -o 'minReconnectionDelay: 1000.*' node_modules/partysocket/README.md)"
