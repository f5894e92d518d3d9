#!/usr/bin/env bash
# Package:   tus-js-client 4.3.1 from npm, in Node.
# Behaviour: when a part fails, the client asks by HEAD how far it has come. If that is answered by 503 or 429, with
#            Retry-After or without, it does not ask again: it begins a new upload from byte 0 and leaves the old one behind. Only
#            423 makes it ask again. To a PATCH it is the other way round: 503 is tried again, 429 ends the upload at once.
# Guess:     503 and 429, with retryDelays set, are tried again after a delay; only 404 and 410 say that an upload is gone.
# Seen:      what a server hears in each case, of an upload of two parts of 50 bytes: see `expect` below.
# Date:      2026-11-28
set -euo pipefail
for program in node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit tus-js-client@4.3.1 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# A tus server that answers the second PATCH and the first HEAD as told; prints what it heard.
cat >upload.js <<'JS'
const http = require("node:http");
const tus = require("tus-js-client");

const [patch, head] = process.argv.slice(2).map(Number);
const heard = [], uploads = [];
let heads = 0, patches = 0;
const server = http.createServer(async (request, response) => {
  let bytes = 0;
  for await (const part of request) bytes += part.length;
  const upload = Number(request.url.slice(1));
  let status = 204, headers = {};
  if (request.method === "POST") {
    status = 201, headers = { Location: `http://127.0.0.1:${server.address().port}/${uploads.push(0) - 1}` };
    heard.push(`POST ${uploads.length}`);
  } else if (request.method === "HEAD") {
    status = ++heads === 1 && head ? head : 200;
    if (status === 200) headers = { "Upload-Offset": uploads[upload], "Upload-Length": 100 };
    heard.push(`HEAD ${status}`);
  } else {
    const from = request.headers["upload-offset"];
    if (++patches === 2) status = patch;
    else headers = { "Upload-Offset": (uploads[upload] += bytes) };
    heard.push(`PATCH from ${from} ${status}`);
  }
  response.writeHead(status, { "Tus-Resumable": "1.0.0", "Retry-After": "1", ...headers }).end();
});
const end = (what) => (console.log([...heard, what].join(", ")), process.exit());
server.listen(0, "127.0.0.1", () =>
  new tus.Upload(Buffer.alloc(100), {
    endpoint: `http://127.0.0.1:${server.address().port}/`, chunkSize: 50, retryDelays: [10, 10, 10],
    onSuccess: () => end("done"), onError: () => end("error"),
  }).start());
JS
begun='POST 1, PATCH from 0 204, PATCH from 50'
for status in 503 429 404; do
  expect "503 to PATCH, $status to HEAD" \
    "$begun 503, HEAD $status, POST 2, PATCH from 0 204, PATCH from 50 204, done" "$(timeout 60 node upload.js 503 $status)"
done
expect '503 to PATCH, 423 to HEAD' "$begun 503, HEAD 423, HEAD 200, PATCH from 50 204, done" "$(timeout 60 node upload.js 503 423)"
expect '429 to PATCH' "$begun 429, error" "$(timeout 60 node upload.js 429 0)"
