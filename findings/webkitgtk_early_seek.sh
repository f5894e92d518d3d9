#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2), and the WebKitGTK 2.50.6 that is installed (Debian's
#            webkit2gtk-driver, xvfb, gstreamer1.0-libav, gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad).
# Behaviour: `currentTime` set before the metadata is there, and then `play()`: the picture stands still at that place for
#            good, while the element says `paused` false, `seeking` false, `readyState` 4, after a `playing` event. A later
#            seek sets it going.
# Guess:     an early `currentTime` is the default playback start position of the HTML standard, where it begins to play.
# Seen:      early seek: still at 3 s for 4 s and more, moving after a second seek; a seek with the metadata: moving at once.
# Date:      2026-11-28
set -euo pipefail
for program in python3 WebKitWebDriver Xvfb; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
browser=$(ls /usr/lib/*/webkit2gtk-4.*/MiniBrowser 2>/dev/null | head -1) || true
[ -n "$browser" ] || { echo 'needs the MiniBrowser of WebKitGTK'; exit 77; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
"$(env/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')" -v error \
  -f lavfi -i testsrc=s=320x180:r=25:d=30 -c:v libx264 -pix_fmt yuv420p -g 25 -movflags +faststart film.mp4
echo '<!doctype html><title>film</title><body>' >index.html
mkfifo display
Xvfb -displayfd 3 -nolisten tcp 3>display 2>/dev/null &
read -r number <display
export DISPLAY=:$number HOME=$work XDG_RUNTIME_DIR=$work GDK_BACKEND=x11
cat >look.py <<'PY'
import contextlib, functools, http.server, json, re, socket, subprocess, sys, threading, time, urllib.request

class Files(http.server.SimpleHTTPRequestHandler):  # with byte ranges, which films need
    def log_message(self, *_): pass
    def do_GET(self):
        given = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not given: return super().do_GET()
        data = open("film.mp4", "rb").read()
        first, last = int(given[1]), int(given[2] or len(data) - 1)
        self.send_response(206)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        with contextlib.suppress(OSError): self.wfile.write(data[first : last + 1])

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.socket() as probe: probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]
driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}"], stderr=subprocess.DEVNULL)

def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer: return json.load(answer)["value"]

for _ in range(200):
    with contextlib.suppress(OSError): ask("GET", "/status"); break
    time.sleep(0.1)
options = {"binary": sys.argv[1], "args": ["--automation", "--autoplay-policy=allow"]}
session = ask("POST", "/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}})
base = f"/session/{session['sessionId']}"
print("version:", session["capabilities"]["browserVersion"])
RUN = """const done = arguments[2], early = arguments[0], film = document.createElement("video");
const s = (n) => new Promise((r) => setTimeout(r, 1000 * n));
const look = async () => { await s(2); const at = film.currentTime; await s(2);
  return (film.currentTime - at > 1 ? "moves" : "still at " + at) + `, paused ${film.paused}, seeking ${film.seeking}, readyState ${film.readyState}`; };
(async () => {
  film.muted = true; film.preload = "auto"; film.src = arguments[1]; document.body.replaceChildren(film);
  if (!early) await new Promise((r) => film.addEventListener("loadedmetadata", r));
  film.currentTime = 3; film.play();
  const first = await look();
  film.currentTime = 20;
  const second = await look();
  done([first, second.split(",")[0]]);
})();"""
try:
    ask("POST", f"{base}/timeouts", {"script": 60000})
    for early in (True, False):
        ask("POST", f"{base}/url", {"url": f"http://127.0.0.1:{server.server_port}/index.html"})
        first, later = ask("POST", f"{base}/execute/async", {"script": RUN, "args": [early, f"/film.mp4?{early}"]})
        print("early" if early else "with metadata", "seek:", first)
        print("then to 20 s:", later)
finally:
    ask("DELETE", base); driver.terminate(); driver.wait()
PY
seen=$(python3 look.py "$browser" 2>/dev/null)
printf '%s\n' "$seen"
stated='early seek: still at 3, paused false, seeking false, readyState 4
then to 20 s: moves
with metadata seek: moves, paused false, seeking false, readyState 4
then to 20 s: moves'
[ "$(printf '%s\n' "$seen" | tail -n +2)" = "$stated" ] || { printf 'CHANGED; stated:\n%s\n' "$stated" >&2; exit 1; }
echo 'as stated'
