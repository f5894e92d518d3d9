#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2); the Chromium and the Firefox ESR that are installed (156 and 153.8 when this
#            was seen).
# Behaviour: a film's address that redirects (302, `Cache-Control: no-store`) to a signed one, as of S3, is asked once in the life of a
#            video element: Chromium and Firefox ask for all further ranges where they were sent at first. When that
#            signature ends, in the middle of the film, the next far seek is a 403 and the element is dead (MEDIA_ERR_NETWORK),
#            though `currentSrc` is the first address and that would give a new signature. WebKitGTK 2.50.6 asks anew for each range.
# Guess:     each range is a request of its own to `src`, and a 302 that may not be stored holds for one: signatures of
#            minutes are enough, as for downloads.
# Seen:      how often the first address was asked in six seeks over the film, and what became of it: see `expect` below.
#            What Party does: its signatures hold for 12 h (transcode/controllers/media.py), and the page loads such a film anew.
# Date:      2026-12-01
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
firefox=$(command -v firefox-esr || command -v firefox) || { echo 'needs firefox-esr'; exit 77; }
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
ffmpeg=$(env/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
# Some 60 MB, more than a browser reads ahead.
"$ffmpeg" -v error -f lavfi -i testsrc2=s=640x360:r=10:d=120 -vf noise=alls=40:allf=t -c:v libx264 -preset ultrafast -b:v 4M -g 20 \
  -pix_fmt yuv420p -movflags +faststart film.mp4
cat >look.py <<'PY'
import contextlib, http.server, os, re, subprocess, sys, threading
PAGE = b"""<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
(async () => {
  const film = document.body.appendChild(Object.assign(document.createElement("video"), { preload: "auto", src: "/film.mp4" }));
  const failed = happens(film, "error");
  await Promise.race([happens(film, "loadeddata"), failed]);
  const seek = async (at) => {
    if (film.error) return;
    film.currentTime = at;
    await Promise.race([happens(film, "seeked"), failed]);
  };
  const state = () => (film.error ? `error ${film.error.code}` : "fine");
  for (const at of [50, 10]) await seek(at);
  const before = state();
  await fetch("/ends", { method: "POST", body: "" });
  for (const at of [90, 30, 110, 70]) await seek(at);
  const same = film.currentSrc.endsWith("/film.mp4") ? "currentSrc /film.mp4" : film.currentSrc;
  await fetch("/", { method: "POST", body: `${before}, and when the signature has ended ${state()}, ${same}` });
})().catch((error) => fetch("/", { method: "POST", body: String(error) }));
</script>"""
asked, ended, done = 0, False, threading.Event()
class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"content-length": len(body), **headers}.items(): self.send_header(name.replace("_", "-"), str(value))
        self.end_headers(), self.wfile.write(body)
    def do_POST(self):
        global ended
        text, ended = self.rfile.read(int(self.headers["content-length"])).decode(), True
        self.answer(200)
        if self.path == "/": print(f"asked {asked} time{'s' * (asked > 1)}: {text}"), done.set()
    def do_GET(self):
        global asked
        if self.path == "/film.mp4":
            asked += 1
            signed = f"http://localhost:{server.server_port}/store?{'new' if ended else 'old'}"
            return self.answer(302, location=signed, cache_control="no-store")
        if not self.path.startswith("/store"): return self.answer(200, PAGE, content_type="text/html")
        if ended and self.path.endswith("old"): return self.answer(403)
        size = os.path.getsize("film.mp4")
        given = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "bytes=0-"))
        first, last = int(given[1]), min(int(given[2] or size - 1), size - 1)
        self.send_response(206)
        for name, value in {"Content-Type": "video/mp4", "Accept-Ranges": "bytes", "ETag": '"film"', "Content-Length": last + 1 - first,
                            "Content-Range": f"bytes {first}-{last}/{size}"}.items(): self.send_header(name, str(value))
        self.end_headers()
        with contextlib.suppress(OSError), open("film.mp4", "rb") as film:
            film.seek(first)
            for start in range(first, last + 1, 65536): self.wfile.write(film.read(min(65536, last + 1 - start)))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
browser = subprocess.Popen([*sys.argv[1:], f"http://127.0.0.1:{server.server_port}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
done.wait(120), browser.terminate(), browser.wait()
PY
stated='asked 1 time: fine, and when the signature has ended error 2, currentSrc /film.mp4'
"$chromium" --version 2>/dev/null
expect 'in Chromium' "$stated" "$(env/bin/python look.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' "$stated" "$(HOME=$work env/bin/python look.py "$firefox" --headless --no-remote --profile "$work/firefox")"
