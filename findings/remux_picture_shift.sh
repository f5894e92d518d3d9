#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2) and the Chromium that is installed (156 when this was seen).
# Behaviour: `-c copy`, which copies each picture as it is, changes which of them is shown at a given place. A film with
#            B-frames copied to fragments with `empty_moov`, the flags most advised for streaming, is shown two frames
#            late; with `delay_moov` it is right. The same cut, `-ss 3`, begins at 3 s in MP4 (an edit list hides what
#            leads up to it) and at the keyframe before, a second earlier, in MKV.
# Guess:     no picture is made anew, so the same place shows the same picture; a cut is where it was asked for.
# Seen:      frames at the given places of one film (25 frames a second, a keyframe each 2 s): see `expect` below.
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
"$ffmpeg" -v error -f lavfi -i "color=black:s=256x64:r=25:d=10,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
  -c:v libx264 -bf 2 -g 50 -movflags +faststart film.mp4
"$ffmpeg" -v error -i film.mp4 -c copy -movflags empty_moov+frag_keyframe+default_base_moof empty_moov.mp4
"$ffmpeg" -v error -i film.mp4 -c copy -movflags delay_moov+frag_keyframe+default_base_moof delay_moov.mp4
for kind in mp4 mkv; do "$ffmpeg" -v error -ss 3 -i film.mp4 -c copy cut.$kind; done

cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const presented = (film) => new Promise((done) => (film.requestVideoFrameCallback(done), setTimeout(done, 1000)));
const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 }).getContext("2d");
async function shown(name, places) { // the numbers of the frames at these places, in s
  const film = document.createElement("video");
  document.body.append(film);
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
  film.remove();
  return `${name} ${frames.join(" ")}`;
}
(async () => {
  const lines = [];
  for (const name of ["film.mp4", "empty_moov.mp4", "delay_moov.mp4"]) lines.push(await shown(name, [1.02, 3.5, 7.3]));
  for (const name of ["cut.mp4", "cut.mkv"]) lines.push(await shown(name, [0.02, 1.02, 3.5]));
  await fetch("/", { method: "POST", body: lines.join("\n") });
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
expect 'frames at 1.02, 3.5, 7.3 s, and of the cuts at 0.02, 1.02, 3.5 s' \
  'film.mp4 25 87 182; empty_moov.mp4 23 85 180; delay_moov.mp4 25 87 182; cut.mp4 75 100 162; cut.mkv 50 75 137' \
  "$(paste -sd ';' <<<"$seen" | sed 's/;/; /g')"
