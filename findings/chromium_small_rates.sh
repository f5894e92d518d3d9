#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2) and the Chromium that is installed (156 when this was seen).
# Behaviour: a `playbackRate` within 0.104 % of 1 does nothing where sound is played with the pitch preserved (the default):
#            `playbackRate` reads back as it was set, but the sound, the picture and `currentTime` go at 1. At
#            48 kHz 1.00104 is so and 1.00106 is not: sound is stretched by windows of 20 ms, and a change of less than one
#            sample of those 960 is taken for none. With `preservesPitch = false`, or without a sound track, it works.
# Guess:     a rate is a number: what is 20 ms behind is in step after 20 s at 1.001, unheard, as with NTP's slewing.
# Seen:      what a film gains on its twin at rate 1, in 40 s: see `expect` below.
#            What Party does: it bends the rate by 0.5 % or more, and lets the pitch go below 2 % (decision 0013).
# Date:      2026-11-30
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
"$ffmpeg" -v error -f lavfi -i anoisesrc=a=0.05:r=48000:d=60 -c:a libopus -b:a 48k sound.webm
"$ffmpeg" -v error -f lavfi -i testsrc=s=64x36:r=10:d=60 -c:v libvpx -b:v 50k silent.webm
cat >index.html <<'HTML'
<!doctype html><body><script>
const seconds = (n) => new Promise((done) => setTimeout(done, 1000 * n));
async function film(name, rate, keeps_pitch) {
  const film = Object.assign(document.createElement("video"), { src: name });
  document.body.append(film);
  await new Promise((done) => film.addEventListener("canplaythrough", done, { once: true }));
  film.preservesPitch = keeps_pitch;
  film.playbackRate = rate;
  if (film.playbackRate !== rate) throw new Error(`the rate is ${film.playbackRate}`);
  return film;
}
const CASES = [["sound.webm", 1.001, true], ["sound.webm", 0.999, true], ["sound.webm", 1.0012, true],
  ["sound.webm", 1.001, false], ["silent.webm", 1.001, true]];
const median = (of) => of.sort((a, b) => a - b)[Math.floor(of.length / 2)];
(async () => {
  const films = await Promise.all(CASES.flatMap(([name, rate, keeps_pitch]) => [1, rate].map((at) => film(name, at, keeps_pitch))));
  await Promise.all(films.map((film) => film.play()));
  await seconds(3);
  const ahead = [], times = [];
  for (let look = 0; look < 400; look++) {
    times.push(performance.now() / 1000);
    const at = films.map((film) => film.currentTime);
    ahead.push(CASES.map((_, which) => at[2 * which + 1] - at[2 * which]));
    await seconds(0.1);
  }
  const lengths = times.slice(100).map((now, look) => now - times[look]);
  const told = CASES.map(([name, rate, keeps_pitch], which) => {
    // In most stretches of 10 s, for a busy machine loses some sound at times.
    const gained = ahead.slice(100).map((now, look) => now[which] - ahead[look][which]);
    const part = median(gained) / median(lengths) / (rate - 1);
    const follows = part > 0.6 && part < 1.4 ? "followed" : part > -0.4 && part < 0.4 ? "ignored" : `followed by ${part}`;
    return `${name} ${rate}${keeps_pitch ? "" : " pitch let go"}: ${follows}`;
  });
  await fetch("/", { method: "POST", body: told.join("\n") });
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
expect 'rates near 1' 'sound.webm 1.001: ignored
sound.webm 0.999: ignored
sound.webm 1.0012: followed
sound.webm 1.001 pitch let go: followed
silent.webm 1.001: followed' "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu \
  --autoplay-policy=no-user-gesture-required --user-data-dir="$work/profile")"
