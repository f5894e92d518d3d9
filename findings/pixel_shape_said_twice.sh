#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2); the Chromium and the Firefox ESR that are installed (156 and 153.8 when this
#            was seen).
# Behaviour: the shape of a pixel is told twice, by the container (`pasp`, Matroska's DisplayWidth) and by the H.264 stream in
#            it. Chromium goes by the container, Firefox by the stream, and where the two differ one film has two shapes.
#            `-c copy -aspect 8:3` writes it into the container alone: the film is wide in Chromium and narrow in Firefox.
#            Where the container says nothing, both go by the stream. WebKitGTK 2.50.6 took whichever isn't square.
# Guess:     the container has the last word, as in ffmpeg and mpv (ffmpeg's manual of -aspect: with a copy, "the aspect
#            ratio stored at container level"), for whoever corrects a film's shape does so there.
# Seen:      width and height of 320x240 pixels, of which container and stream say the given shape: see `expect` below.
#            What Party does: it writes the container's into the stream, and copies such an MP4 too (docs/films.md).
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
in_stream() { "$ffmpeg" -v error -i "$1" -c copy -bsf:v h264_metadata=sample_aspect_ratio="$2" "${@:4}" "$3"; }
"$ffmpeg" -v error -f lavfi -i testsrc=s=320x240:r=25:d=2 -c:v libx264 -pix_fmt yuv420p square.mp4
"$ffmpeg" -v error -f lavfi -i testsrc=s=320x240:r=25:d=2,setsar=2 -c:v libx264 -pix_fmt yuv420p both-2.mp4
"$ffmpeg" -v error -i square.mp4 -c copy -aspect 8:3 container-2-stream-1.mp4
in_stream square.mp4 0/1 unsaid.mp4
"$ffmpeg" -v error -i unsaid.mp4 -c copy -aspect 8:3 container-2-stream-unsaid.mp4
"$ffmpeg" -v error -i square.mp4 -c copy -aspect 8:3 container-2-stream-1.mkv
in_stream square.mp4 2/1 container-1-stream-2.mp4
sed 's/pasp/free/' both-2.mp4 >container-unsaid-stream-2.mp4
in_stream container-2-stream-1.mp4 2/1 mended.mp4
cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
(async () => {
  const seen = [];
  for (const name of ["both-2.mp4", "container-2-stream-1.mp4", "container-2-stream-unsaid.mp4", "container-2-stream-1.mkv",
    "container-1-stream-2.mp4", "container-unsaid-stream-2.mp4", "mended.mp4"]) {
    const film = document.body.appendChild(Object.assign(document.createElement("video"), { preload: "auto", src: name }));
    await Promise.race([happens(film, "loadeddata"), happens(film, "error")]);
    seen.push(`${name}: ${film.error ? film.error.message : `${film.videoWidth}x${film.videoHeight}`}`);
  }
  await fetch("/", { method: "POST", body: seen.join("\n") });
})().catch((error) => fetch("/", { method: "POST", body: String(error) }));
</script>
HTML
# Serves the folder to a browser, and prints what its page posts.
cat >browse.py <<'PY'
import http.server, subprocess, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html", ".mkv": "video/x-matroska", ".mp4": "video/mp4"}
    def log_message(self, *_): pass
    def do_POST(self):
        print(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204), self.end_headers(), done.set()
done = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
browser = subprocess.Popen([*sys.argv[1:], f"http://127.0.0.1:{server.server_port}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
done.wait(120), browser.terminate(), browser.wait()
PY
"$chromium" --version 2>/dev/null
expect 'in Chromium' 'both-2.mp4: 640x240
container-2-stream-1.mp4: 640x240
container-2-stream-unsaid.mp4: 640x240
container-2-stream-1.mkv: 640x240
container-1-stream-2.mp4: 320x240
container-unsaid-stream-2.mp4: 640x240
mended.mp4: 640x240' "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' 'both-2.mp4: 640x240
container-2-stream-1.mp4: 320x240
container-2-stream-unsaid.mp4: 320x240
container-2-stream-1.mkv: 320x240
container-1-stream-2.mp4: 640x240
container-unsaid-stream-2.mp4: 640x240
mended.mp4: 640x240' "$(HOME=$work env/bin/python browse.py "$firefox" --headless --no-remote --profile "$work/firefox")"
