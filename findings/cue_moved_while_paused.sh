#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2); the Chromium and the Firefox ESR that are installed (156 and 153.8 when this
#            was seen).
# Behaviour: a cue of a WebVTT track whose `startTime` and `endTime` a script sets, as players do for a subtitle delay, is
#            not taken away by a paused Firefox: the line that was moved elsewhere stays in `activeCues`, without
#            `cuechange`, though one that was moved here comes. Playing on, or the track's `mode` set to "disabled" and
#            back, takes it away; "hidden" and back doesn't. Chromium (and WebKitGTK 2.50.6) do it at once, both ways.
# Guess:     `activeCues` are the cues whose times hold the current one: the setters are there to be used, and a cue that
#            is added or removed while paused is seen at once in both.
# Seen:      the active cue at 2 s, paused, after each step: see `expect` below.
#            What Party does: it sets the mode anew after a change of the delay (page/subtitles.js).
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
"$ffmpeg" -v error -f lavfi -i color=black:s=320x180:r=25:d=10 -c:v libx264 -pix_fmt yuv420p film.mp4
printf 'WEBVTT\n\n00:01.000 --> 00:03.000\none\n\n00:04.000 --> 00:06.000\ntwo\n' >film.vtt
cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
(async () => {
  const film = document.body.appendChild(Object.assign(document.createElement("video"), { preload: "auto" })), seen = [];
  film.src = URL.createObjectURL(await (await fetch("film.mp4")).blob());
  await happens(film, "loadeddata");
  const element = Object.assign(document.createElement("track"), { kind: "subtitles", src: "film.vtt", srclang: "en" });
  film.append(element);
  element.track.mode = "showing";
  await happens(element, "load");
  const { track } = element, [one] = track.cues;
  const step = async (name, act) => {
    await act();
    await new Promise((done) => setTimeout(done, 500));
    seen.push(`${name} ${[...track.activeCues].map(({ text }) => text).join("+") || "-"}`);
  };
  const move = (startTime, endTime) => Object.assign(one, startTime > one.endTime ? { endTime, startTime } : { startTime, endTime });
  const mode = (name) => { track.mode = name; track.mode = "showing"; };
  await step("sought", () => { film.currentTime = 2; return happens(film, "seeked"); });
  await step("moved away", () => move(5, 7));
  await step("hidden and back", () => mode("hidden"));
  await step("disabled and back", () => mode("disabled"));
  await step("moved here", () => move(1, 3));
  await step("disabled and back", () => mode("disabled"));
  await step("removed", () => track.removeCue(one));
  await step("added", () => track.addCue(one));
  await fetch("/", { method: "POST", body: seen.join(", ") });
})().catch((error) => fetch("/", { method: "POST", body: String(error) }));
</script>
HTML
# Serves the folder to a browser, and prints what its page posts.
cat >browse.py <<'PY'
import http.server, subprocess, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html", ".vtt": "text/vtt", ".mp4": "video/mp4"}
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
expect 'in Chromium' 'sought one, moved away -, hidden and back -, disabled and back -, moved here one, disabled and back one, removed -, added one' \
  "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium")"
mkdir "$work/firefox"
HOME=$work "$firefox" --version 2>/dev/null
expect 'in Firefox' 'sought one, moved away one, hidden and back one, disabled and back -, moved here one, disabled and back one, removed -, added one' \
  "$(HOME=$work env/bin/python browse.py "$firefox" --headless --no-remote --profile "$work/firefox")"
