#!/usr/bin/env bash
# Packages:  websocket-client 1.9.0 from PyPI, and the Firefox ESR 153.8 that is installed (Debian's firefox-esr).
# Behaviour: The window with which a headless Firefox begins never has the system's focus. Keys of `input.performActions`
#            reach its page as trusted keydown, keypress and keyup, Tab moves the focus, and the mouse clicks; but neither
#            Enter nor Space presses the button that has the focus. `browsingContext.activate` answers with success and
#            changes nothing. In a window of `browsingContext.create` the same keys press it.
# Guess:     keys whose events arrive do what they do, and `activate` gives a window the focus.
# Seen:      document.hasFocus() and events: false keydown keypress keyup, twice; true keydown keypress click keyup
# Date:      2026-11-30
set -euo pipefail
firefox=$(command -v firefox-esr) || { echo 'needs firefox-esr'; exit 77; }
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check websocket-client==1.9.0 || exit 75
mkdir profile
HOME=$work env/bin/python - "$firefox" >seen <<'PY'
import functools, http.server, itertools, json, re, subprocess, sys, threading, time
from pathlib import Path
import websocket

PAGE = b"""<!doctype html><button>press</button><script>
window.seen = [];
for (const type of ["keydown", "keypress", "click", "keyup"]) addEventListener(type, () => seen.push(type), true);
</script>"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
log = Path("firefox.log")
arguments = [sys.argv[1], "--headless", "--no-remote", "--profile", "profile", "--remote-debugging-port", "0"]
browser = subprocess.Popen(arguments, stdout=log.open("wb"), stderr=subprocess.STDOUT)
try:
    until = time.monotonic() + 120
    while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace"))):
        assert browser.poll() is None and time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.1)
    line = websocket.create_connection(f"{found[1]}/session", timeout=60, suppress_origin=True)
    numbers = itertools.count(1)

    def ask(method, **parameters):
        number = next(numbers)
        line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(line.recv())).get("id") != number:
            pass
        assert message["type"] == "success", message
        return message["result"]

    def pressed(name, context):
        ask("browsingContext.navigate", context=context, url=f"http://127.0.0.1:{server.server_port}/", wait="complete")
        run = functools.partial(ask, "script.evaluate", awaitPromise=False, target={"context": context})
        run(expression="document.querySelector('button').focus()")
        keys = [{"type": kind, "value": "\ue006"} for kind in ("keyDown", "keyUp")]
        ask("input.performActions", context=context, actions=[{"type": "key", "id": "keys", "actions": keys}])
        time.sleep(1)
        print(f"{name}:", run(expression="document.hasFocus() + ' ' + seen.join(' ')")["result"]["value"])

    ask("session.new", capabilities={})
    first = ask("browsingContext.getTree")["contexts"][0]["context"]
    pressed("first", first)
    ask("browsingContext.activate", context=first)
    pressed("activated", first)
    pressed("created", ask("browsingContext.create", type="window")["context"])
finally:
    browser.terminate()
    browser.wait(30)
PY
cat seen
[ "$(cat seen)" = "$(printf '%s\n' 'first: false keydown keypress keyup' 'activated: false keydown keypress keyup' 'created: true keydown keypress click keyup')" ] || { echo CHANGED >&2; exit 1; }
echo 'as stated'
