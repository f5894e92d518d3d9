#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2) and the Chromium that is installed (156 when this was seen).
# Behaviour: `currentTime` is cut down to whole microseconds. Where a frame's start is no whole number of them, as at
#            29.97 and 23.976 frames a second, a seek to the start lands before it, and the frame before is shown. A
#            member who is paused "at the same time" then sees another picture than one whose time came rounded up.
# Guess:     a double holds such a time to 1e-15 s; the frame that starts at a place is the one shown there.
# Seen:      of the first 60 frames, sought one by one at their start: see `expect` below; in their middle all are right.
# Date:      2026-11-28
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
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

# Each frame has its number in it as bars.
for rate in 25 24000/1001 30000/1001; do
  "$ffmpeg" -v error -f lavfi -i "color=black:s=256x64:r=$rate:d=4,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
    -c:v libx264 -g 30 -movflags +faststart "${rate%/*}.mp4"
done

cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const presented = (film) => new Promise((done) => (film.requestVideoFrameCallback(done), setTimeout(done, 1000)));
const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 }).getContext("2d");
async function wrong(name, frame_s, within) { // which frames are not shown at their start plus this part of a frame
  const film = document.createElement("video");
  document.body.append(film);
  film.src = URL.createObjectURL(await (await fetch(name)).blob());
  await happens(film, "loadeddata");
  await presented(film);
  const amiss = [];
  for (let frame = 1; frame <= 60; frame++) {
    film.currentTime = (frame + within) * frame_s;
    await Promise.all([happens(film, "seeked"), presented(film)]);
    canvas.drawImage(film, 0, 0);
    const row = canvas.getImageData(0, 32, 256, 1).data;
    const shown = [...Array(16).keys()].reduce((sum, bit) => sum + (row[(bit * 16 + 8) * 4] > 128 ? 2 ** bit : 0), 0);
    if (shown !== frame) amiss.push(shown - frame);
  }
  film.remove();
  return `${amiss.length} by ${[...new Set(amiss)].join(" and ") || 0}`;
}
(async () => {
  const seen = [];
  for (const [name, frame_s] of [["25.mp4", 1 / 25], ["24000.mp4", 1001 / 24000], ["30000.mp4", 1001 / 30000]])
    seen.push(`${name}: ${await wrong(name, frame_s, 0)}, in the middle ${await wrong(name, frame_s, 0.5)}`);
  await fetch("/", { method: "POST", body: seen.join("; ") });
})();
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
browser = subprocess.Popen([*sys.argv[1:], f"http://127.0.0.1:{server.server_port}/"], stderr=subprocess.DEVNULL)
done.wait(300), browser.terminate(), browser.wait()
PY
"$chromium" --version 2>/dev/null
seen=$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile")
expect 'frames not shown at their start, of 60' \
  '25.mp4: 0 by 0, in the middle 0 by 0; 24000.mp4: 25 by -1, in the middle 0 by 0; 30000.mp4: 21 by -1, in the middle 0 by 0' "$seen"
