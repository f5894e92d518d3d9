#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2), and the Chromium and the Firefox ESR that are installed (156 and
#            153.8 when this was seen).
# Behaviour: a picture that begins later than its film says so in MP4 by an empty edit, in units of the *movie's* clock. Firefox
#            counts it by the *track's*: of half a second (500 at 1,000 a second) it takes 500 / 12,800 s, 39 ms, so all its
#            frames are 0.46 s early, beside a sound in its place. The finer the movie's clock, the later it is: with
#            `-movie_timescale 64000` 2.5 s, so it is 2 s late. Only where both clocks are the same it is right. ffmpeg's
#            default is 1,000 for the movie and 10,000 and more for pictures; Chromium is right each time.
# Guess:     a file that three programs write for the same film is shown alike; an error of an edit list would be all or nothing.
# Seen:      frames of 25 a second at the same places: see `expect` below.
#            What Party does: the first frame of a copied picture is there from the start (docs/films.md).
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
# Each frame has its number in it as bars; the picture begins half a second after the sound.
"$ffmpeg" -v error -f lavfi -i "color=black:s=256x64:r=25:d=10,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
  -c:v libx264 -bf 2 -g 50 film.mp4
"$ffmpeg" -v error -f lavfi -i sine=d=10 -c:a aac sound.mp4
for clock in 1000 12800 64000; do
  "$ffmpeg" -v error -i sound.mp4 -itsoffset 0.5 -i film.mp4 -c copy -movie_timescale $clock $clock.mp4
done

cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const presented = (film) => new Promise((done) => (film.requestVideoFrameCallback(done), setTimeout(done, 1000)));
const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 }).getContext("2d");
async function shown(name, places) { // the numbers of the frames at these places, in s
  const film = document.body.appendChild(Object.assign(document.createElement("video"), { muted: true, preload: "auto" }));
  film.src = URL.createObjectURL(await (await fetch(name)).blob());
  await happens(film, "loadeddata");
  await presented(film);
  const frames = [];
  for (const place of places) {
    film.currentTime = place;
    await Promise.all([happens(film, "seeked"), presented(film)]);
    canvas.drawImage(film, 0, 0);
    const row = canvas.getImageData(0, 32, 256, 1).data;
    frames.push([...Array(16).keys()].reduce((number, bit) => number + (row[(bit * 16 + 8) * 4] > 128 ? 2 ** bit : 0), 0));
  }
  return `${name} ${frames.join(" ")}`;
}
(async () => {
  const seen = [];
  for (const name of ["1000.mp4", "12800.mp4", "64000.mp4"]) seen.push(await shown(name, [1.02, 3.5, 7.02]));
  await fetch("/", { method: "POST", body: seen.join("\n") });
})().catch((error) => fetch("/", { method: "POST", body: String(error) }));
</script>
HTML
# Serves the folder to a browser, and prints what its page posts.
cat >browse.py <<'PY'
import http.server, subprocess, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html", ".webm": "video/webm", ".mkv": "video/x-matroska", ".mp4": "video/mp4"}
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
expect 'frames at 1.02, 3.5, 7.02 s in Chromium' "1000.mp4 13 75 163
12800.mp4 13 75 163
64000.mp4 13 75 163" "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'frames at 1.02, 3.5, 7.02 s in Firefox' "1000.mp4 24 86 174
12800.mp4 13 75 163
64000.mp4 0 25 113" "$(HOME=$work env/bin/python browse.py "$firefox" --headless --no-remote --profile "$work/firefox")"
