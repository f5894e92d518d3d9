#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2); the Chromium and the Firefox ESR that are installed (156 and 153.8 when this
#            was seen).
# Behaviour: where a film doesn't say by which standard its numbers are colours, Chromium takes BT.601 below 720 lines and
#            BT.709 from there on, Firefox BT.709 always (WebKitGTK 2.50.6: BT.601 up to 576 lines). And ffmpeg, which scales
#            without a word to the encoder either, changes no number: so a smaller rendition of an HD film has other colours
#            than the film in Chromium, and a DVD's has others in Firefox. Half a word is none to Chromium: a matrix
#            without primaries and transfer is guessed as before. All three, and both show the same.
# Guess:     what says nothing is BT.709, or at least what the film was, whoever plays it in whichever size; a scaled
#            picture keeps its colours.
# Seen:      the colour of one pure red of BT.709, by what the file says: see `expect` below. 255 is right, 233 isn't.
#            What Party does: what it encodes says all three (docs/films.md).
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
# The numbers of pure red by BT.709, limited range.
"$ffmpeg" -v error -f lavfi -i color=black:s=1280x720:r=25:d=1,format=yuv420p,geq=lum=63:cb=102:cr=240 -c:v libx264 untold-720.mp4
"$ffmpeg" -v error -i untold-720.mp4 -vf scale=854:480 -c:v libx264 untold-480.mp4
"$ffmpeg" -v error -i untold-720.mp4 -vf crop=1280:536 -c:v libx264 untold-536.mp4
"$ffmpeg" -v error -i untold-720.mp4 -vf setparams=colorspace=smpte170m -c:v libx264 matrix-601-720.mp4
all=colorspace=bt709:color_primaries=bt709:color_trc=bt709
"$ffmpeg" -v error -i untold-720.mp4 -vf setparams=$all -c:v libx264 told-720.mp4
"$ffmpeg" -v error -i untold-720.mp4 -vf scale=854:480,setparams=$all -c:v libx264 told-480.mp4
cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 }).getContext("2d");
(async () => {
  const seen = [];
  for (const name of ["untold-720", "untold-536", "untold-480", "matrix-601-720", "told-720", "told-480"]) {
    const film = document.body.appendChild(Object.assign(document.createElement("video"), { preload: "auto" }));
    film.src = URL.createObjectURL(await (await fetch(`${name}.mp4`)).blob());
    await Promise.race([happens(film, "loadeddata"), happens(film, "error")]);
    film.currentTime = 0.5;
    await happens(film, "seeked");
    let red, drawn;
    canvas.clearRect(0, 0, 8, 8);
    do { // `seeked` may be told before there is a picture to draw
      await new Promise((done) => setTimeout(done, 200));
      canvas.drawImage(film, 0, 0, 8, 8);
      [red, , , drawn] = canvas.getImageData(4, 4, 1, 1).data;
    } while (!drawn);
    seen.push(`${name} ${Math.abs(red - 255) <= 2 ? 255 : Math.abs(red - 233) <= 2 ? 233 : red}`);
  }
  await fetch("/", { method: "POST", body: seen.join(", ") });
})().catch((error) => fetch("/", { method: "POST", body: String(error) }));
</script>
HTML
# Serves the folder to a browser, and prints what its page posts.
cat >browse.py <<'PY'
import http.server, subprocess, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
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
expect 'in Chromium' 'untold-720 255, untold-536 233, untold-480 233, matrix-601-720 255, told-720 255, told-480 255' \
  "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' 'untold-720 255, untold-536 255, untold-480 255, matrix-601-720 233, told-720 255, told-480 255' \
  "$(HOME=$work env/bin/python browse.py "$firefox" --headless --no-remote --profile "$work/firefox")"
