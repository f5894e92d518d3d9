#!/usr/bin/env bash
# Packages:  websocket-client 1.9.0 from PyPI; the Chromium and the Firefox ESR that are installed (156 and 153.8 when this was seen).
# Behaviour: a file that a page was given is overwritten on the disk, as by a download or a recording that goes on. Chromium
#            then refuses every byte of it: `NotReadableError` to who reads, and to who sends it no more than a network error. Firefox
#            reads and sends what is there now, with the size and `lastModified` of then, and says nothing; so does
#            WebKitGTK 2.50.6. An upload in parts is there the head of one file and the rest of another.
# Guess:     as the File API has it ("if the underlying storage was modified, it must fail with NotReadableError"): whoever
#            compares name, size and `lastModified` before going on, and heeds errors, has one file.
# Seen:      3 MB of A that become B in place after the page was given them: see `expect` below.
#            What Party does: it looks at 64 kB of the file before the first part and before the last one (file-sample.js).
# Date:      2026-12-01
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
firefox=$(command -v firefox-esr || command -v firefox) || { echo 'needs firefox-esr'; exit 77; }
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check websocket-client==1.9.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >look.py <<'PY'
import http.server, itertools, json, os, re, subprocess, sys, threading, time, urllib.request
from pathlib import Path
import websocket

PAGE = b"""<!doctype html><input type=file><script>
const text = async (part) => { try { return await part.text(); } catch (error) { return error.name; } };
const sent = (part) => new Promise((done) => { const request = new XMLHttpRequest(); request.open("POST", "/");
  request.onload = () => done(request.responseText); request.onerror = () => done("network error"); request.send(part); });
let before;
const keep = () => { const { size, lastModified } = document.querySelector("input").files[0]; before = `${size} ${lastModified}`; };
const look = async () => { const file = document.querySelector("input").files[0];
  return `read ${await text(file.slice(0, 4))}, sent ${await sent(file.slice(1e6, 2e6))}, `
    + `size and time ${before === `${file.size} ${file.lastModified}` ? "as before" : "changed"}`; };
</script>"""

class Page(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def answer(self, body):
        self.send_response(200), self.send_header("Content-Type", "text/html"), self.send_header("Content-Length", str(len(body)))
        self.end_headers(), self.wfile.write(body)
    def do_GET(self): self.answer(PAGE)
    def do_POST(self): self.answer(b"".join(sorted({bytes([b]) for b in self.rfile.read(int(self.headers["content-length"]))})))

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
url, film = f"http://127.0.0.1:{server.server_port}/", Path("film.mp4").absolute()
which, arguments, log = sys.argv[1], sys.argv[2:], Path("browser.log")
browser = subprocess.Popen([*arguments, "--remote-debugging-port=0"], stdout=subprocess.DEVNULL, stderr=log.open("wb"))
numbers = itertools.count(1)

def address():
    pattern = r"WebDriver BiDi listening on (ws://\S+)" if which == "firefox" else r"DevTools listening on ws://([^/]+)/"
    for _ in range(1200):
        if found := re.search(pattern, log.read_text(errors="replace")): break
        time.sleep(0.1)
    if which == "firefox": return f"{found[1]}/session"
    new = urllib.request.Request(f"http://{found[1]}/json/new?{url}", method="PUT")
    return json.load(urllib.request.urlopen(new))["webSocketDebuggerUrl"]

def ask(method, **parameters):
    number = next(numbers)
    line.send(json.dumps({"id": number, "method": method, "params": parameters}))
    while (message := json.loads(line.recv())).get("id") != number: pass
    return message["result"]

def run(expression):
    if which == "firefox": return ask("script.evaluate", expression=expression, target={"context": context}, awaitPromise=True)["result"]
    return ask("Runtime.evaluate", expression=expression, awaitPromise=True)["result"]

try:
    film.write_bytes(b"A" * 3_000_000), os.utime(film, (time.time() - 100,) * 2)
    line = websocket.create_connection(address(), timeout=60, suppress_origin=True)
    if which == "firefox":
        ask("session.new", capabilities={})
        context = ask("browsingContext.create", type="window")["context"]
        ask("browsingContext.navigate", context=context, url=url, wait="complete")
        ask("input.setFiles", context=context, element={"sharedId": run("document.querySelector('input')")["sharedId"]}, files=[str(film)])
    else:
        while run("document.readyState + typeof look").get("value") != "completefunction": time.sleep(0.1)
        root = ask("DOM.getDocument")["root"]["nodeId"]
        ask("DOM.setFileInputFiles", files=[str(film)], nodeId=ask("DOM.querySelector", nodeId=root, selector="input")["nodeId"])
    run("keep()")
    print("at first:", run("look()")["value"])
    with film.open("r+b") as file: file.write(b"B" * 3_000_000)
    print("overwritten:", run("look()")["value"])
finally:
    browser.terminate(), browser.wait(30)
PY
"$chromium" --version 2>/dev/null
expect 'in Chromium' 'at first: read AAAA, sent A, size and time as before
overwritten: read NotReadableError, sent network error, size and time as before' "$(env/bin/python look.py chromium "$chromium" \
  --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' 'at first: read AAAA, sent A, size and time as before
overwritten: read BBBB, sent B, size and time as before' "$(HOME=$work env/bin/python look.py firefox "$firefox" \
  --headless --no-remote --profile "$work/firefox")"
