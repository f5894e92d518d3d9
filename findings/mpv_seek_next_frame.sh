#!/usr/bin/env bash
# Packages:  mpv 0.35.1 (Debian 12) and the Chromium that is installed (156 when this was seen); imageio-ffmpeg 0.8.1 from PyPI.
# Behaviour: paused and sent to a place within a frame by an exact seek (setting `time-pos`, as Syncplay does), mpv shows
#            the frame *after* it, from 5 ms after the frame's start on: the first that does not begin before the place. It then
#            tells that frame's start as its position. Browsers show the frame in which the place lies.
# Guess:     "exact" is the frame that is seen at that place when it is played; so whoever stops at one place sees one picture.
# Seen:      by how many frames of 40 ms each is off the frame of the place, by how far into it the place lies: see `expect`.
#            What is right for both is the start of the frame, or up to 4 ms after it: there Party sends desktop players
#            (docs/syncplay.md).
# Date:      2026-11-30
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
for program in python3 mpv; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
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
"$ffmpeg" -v error -f lavfi -i "color=black:s=256x64:r=25:d=4,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
  -c:v libx264 -g 50 -pix_fmt yuv420p film.mp4
cat >shown.py <<'PY'
import json, os, socket, subprocess, sys, time
player = subprocess.Popen(["mpv", "--no-config", "--vo=null", "--no-audio", "--pause", "--input-ipc-server=socket", "film.mp4"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def until(condition):
    for _ in range(600):
        try:
            if condition(): return
        except OSError: pass
        time.sleep(0.05)
    sys.exit("mpv does not answer")
control = socket.socket(socket.AF_UNIX)
until(lambda: not control.connect_ex("socket"))
lines, asked = control.makefile("r"), 0
def tell(*command):
    global asked
    asked += 1
    control.sendall(json.dumps({"command": command, "request_id": asked}).encode() + b"\n")
    while (answer := json.loads(lines.readline())).get("request_id") != asked: pass # the events of a seek come after its answer
    return answer.get("data")
def place(): return tell("get_property", "time-pos")
def off(frame, part): # how many frames the picture is off, and the position that is told
    tell("set_property", "time-pos", (frame + part) / 25)
    while json.loads(lines.readline()).get("event") != "playback-restart": pass
    time.sleep(0.3) # until it is drawn; then it tells the frame's position in place of the one that it was sent to
    until(lambda: not tell("get_property", "seeking") and abs(place() * 25 - round(place() * 25)) < 0.01)
    tell("screenshot-to-file", os.path.abspath("shot.png"), "video")
    picture = subprocess.run([sys.argv[1], "-v", "error", "-i", "shot.png", "-pix_fmt", "gray", "-f", "rawvideo", "-"], capture_output=True).stdout
    return sum((picture[32 * 256 + bit * 16 + 8] > 128) << bit for bit in range(16)) - frame, round(place() * 25) - frame
try:
    until(lambda: place() is not None)
    for part in (0, 0.1, 0.15, 0.5, 0.9):
        print(f"{part}:", *sorted({f"{shown} told {told}" for shown, told in (off(frame, part) for frame in (10, 37, 60, 81))}), end="; ")
finally:
    player.terminate(), player.wait()
PY
cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const presented = (film) => new Promise((done) => (film.requestVideoFrameCallback(done), setTimeout(done, 1000)));
const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 }).getContext("2d");
(async () => {
  const film = document.body.appendChild(document.createElement("video")), seen = [];
  film.src = URL.createObjectURL(await (await fetch("film.mp4")).blob());
  await happens(film, "loadeddata");
  await presented(film);
  for (const part of [0, 0.1, 0.15, 0.5, 0.9]) {
    const off = new Set();
    for (const frame of [10, 37, 60, 81]) {
      film.currentTime = (frame + part) / 25;
      await Promise.all([happens(film, "seeked"), presented(film)]);
      canvas.drawImage(film, 0, 0);
      const row = canvas.getImageData(0, 32, 256, 1).data;
      off.add([...Array(16).keys()].reduce((sum, bit) => sum + (row[(bit * 16 + 8) * 4] > 128 ? 2 ** bit : 0), 0) - frame);
    }
    seen.push(`${part}: ${[...off].join(" ")}`);
  }
  await fetch("/", { method: "POST", body: seen.join("; ") });
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
browser = subprocess.Popen([*sys.argv[1:], f"http://127.0.0.1:{server.server_port}/"], stderr=subprocess.DEVNULL)
done.wait(120), browser.terminate(), browser.wait()
PY
"$chromium" --version 2>/dev/null
mpv --version | sed -n 1p
expect 'mpv' '0: 0 told 0; 0.1: 0 told 0; 0.15: 1 told 1; 0.5: 1 told 1; 0.9: 1 told 1; ' "$(env/bin/python shown.py "$ffmpeg")"
expect 'Chromium' '0: 0; 0.1: 0; 0.15: 0; 0.5: 0; 0.9: 0' \
  "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile")"
