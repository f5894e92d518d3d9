#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2), and the Chromium and the Firefox ESR that are installed (156 and
#            153.8 when this was seen).
# Behaviour: a turned picture in WebM or Matroska, as a phone's film is after `-c copy`, is one film and three pictures: Chromium
#            turns it upright as `src`; its Media Source Extensions refuse the same file, because ffmpeg writes
#            the turn (`Projection`) without its type, which has a default; and Firefox plays it either way, lying on its side.
#            In MP4 the same pictures stand upright in both, as `src` and fed.
# Guess:     a rotation that the container holds, and that ffmpeg shows in both, turns the picture in browsers too, or in none.
# Seen:      width and height of 256x64 pixels turned by 90 degrees: see `expect` below.
#            What Party does: films of either container become MP4 for all browsers (docs/films.md).
# Date:      2026-11-30
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
fragments=+frag_keyframe+default_base_moof+delay_moov
"$ffmpeg" -v error -f lavfi -i testsrc=s=256x64:r=25:d=2 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 straight.webm
"$ffmpeg" -v error -display_rotation 90 -i straight.webm -c copy turned.webm
"$ffmpeg" -v error -i turned.webm -c copy -movflags $fragments turned.mp4
"$ffmpeg" -v error -f lavfi -i testsrc=s=256x64:r=25:d=2 -c:v libx264 -pix_fmt yuv420p straight.mp4
"$ffmpeg" -v error -display_rotation 90 -i straight.mp4 -c copy phone.mp4
"$ffmpeg" -v error -i phone.mp4 -c copy phone.mkv
expect 'told by ffmpeg' 'turned.webm 90.00 turned.mp4 90.00 phone.mp4 90.00 phone.mkv 90.00' \
  "$(for name in turned.webm turned.mp4 phone.mp4 phone.mkv; do
       echo -n "$name "; { "$ffmpeg" -hide_banner -i $name 2>&1 || true; } | sed -n 's/.*rotation of \([0-9.]*\) degrees/\1/p'; done | xargs)"

cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
async function shown(name, type) { // fed by Media Source Extensions where a type is given
  const film = document.body.appendChild(Object.assign(document.createElement("video"), { muted: true, preload: "auto" }));
  const failed = happens(film, "error").then(() => film.error.message.replace(/.*FAILED: /, ""));
  const ready = happens(film, "loadeddata").then(() => `${film.videoWidth}x${film.videoHeight}`);
  if (!type) film.src = name;
  else {
    const source = new MediaSource();
    film.src = URL.createObjectURL(source);
    await happens(source, "sourceopen");
    source.addSourceBuffer(type).appendBuffer(await (await fetch(name)).arrayBuffer());
  }
  return `${name}${type ? " fed" : ""}: ${await Promise.race([failed, ready])}`;
}
(async () => {
  const seen = [await shown("turned.webm"), await shown("turned.webm", 'video/webm; codecs="vp9"'), await shown("turned.mp4"),
    await shown("turned.mp4", 'video/mp4; codecs="vp09.00.10.08"'), await shown("phone.mp4"), await shown("phone.mkv")];
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
expect 'in Chromium' 'turned.webm: 64x256
turned.webm fed: Projection element is incomplete; ProjectionType required.
turned.mp4: 64x256
turned.mp4 fed: 64x256
phone.mp4: 64x256
phone.mkv: 64x256' "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' 'turned.webm: 256x64
turned.webm fed: 256x64
turned.mp4: 64x256
turned.mp4 fed: 64x256
phone.mp4: 64x256
phone.mkv: 256x64' "$(HOME=$work env/bin/python browse.py "$firefox" --headless --no-remote --profile "$work/firefox")"
