#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2), and the WebKitGTK 2.50.6 that is installed (Debian's
#            webkit2gtk-driver, xvfb, gstreamer1.0-libav, gstreamer1.0-plugins-good 1.22.0, gstreamer1.0-plugins-bad).
# Behaviour: Media Source Extensions show each frame of fragments with negative composition offsets later by the largest
#            of those. A film with B-frames is one frame late (40 ms at 25 a second), its first frame is stretched to begin
#            at 0 all the same, and `timestampOffset` against it drops that frame and all up to the next keyframe.
# Guess:     a frame is shown at its decoding time plus its signed offset (`trun` version 1), as in Chromium and Firefox.
# Seen:      `buffered` of 4 s of film, with no B-frames and with two, at some `timestampOffset`s: see `expect` below.
# Date:      2026-11-30
set -euo pipefail
for program in python3 WebKitWebDriver Xvfb; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
browser=$(ls /usr/lib/*/webkit2gtk-4.*/MiniBrowser 2>/dev/null | head -1) || true
[ -n "$browser" ] || { echo 'needs the MiniBrowser of WebKitGTK'; exit 77; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
ffmpeg=$(env/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
for frames in 0 2; do
  "$ffmpeg" -v error -f lavfi -i testsrc=s=320x180:r=25:d=4 -c:v libx264 -pix_fmt yuv420p -g 50 -bf $frames \
    -movflags +frag_keyframe+default_base_moof+delay_moov+frag_discont+negative_cts_offsets bframes$frames.mp4
done
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
RUN = """const [file, offset, done] = arguments, film = document.createElement("video"), source = new MediaSource();
const when = (target, type) => new Promise((r) => target.addEventListener(type, r, { once: true }));
(async () => {
  document.body.replaceChildren(film);
  film.src = URL.createObjectURL(source);
  await when(source, "sourceopen");
  const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.64000d"');
  buffer.timestampOffset = offset;
  buffer.appendBuffer(await (await fetch(file)).arrayBuffer());
  await when(buffer, "updateend");
  const { buffered } = buffer, last = buffered.length - 1;
  done(`${buffered.start(0).toFixed(2)} to ${buffered.end(last).toFixed(2)} s`);
})();"""
try:
    ask("POST", f"{base}/timeouts", {"script": 60000})
    for name, offset in (("bframes0", 0), ("bframes2", 0), ("bframes2", 10), ("bframes2", -0.04)):
        ask("POST", f"{base}/url", {"url": f"http://127.0.0.1:{server.server_port}/index.html"})
        print(f"{name} at {offset}:", ask("POST", f"{base}/execute/async", {"script": RUN, "args": [f"/{name}.mp4", offset]}))
finally:
    ask("DELETE", base); driver.terminate(); driver.wait()
PY
seen=$(python3 look.py "$browser" 2>/dev/null)
printf '%s\n' "$seen"
stated='bframes0 at 0: 0.00 to 4.00 s
bframes2 at 0: 0.00 to 4.04 s
bframes2 at 10: 10.00 to 14.04 s
bframes2 at -0.04: 2.00 to 4.00 s'
[ "$(printf '%s\n' "$seen" | tail -n +2)" = "$stated" ] || { printf 'CHANGED; stated:\n%s\n' "$stated" >&2; exit 1; }
echo 'as stated'
