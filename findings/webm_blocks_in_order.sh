#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2) and the Chromium that is installed (156 when this was seen).
# Behaviour: an ordinary WebM of ffmpeg, VP9 with Opus, is played by Chromium as `src`, and refused by its Media Source
#            Extensions: "Got a block with a timecode before the previous block". Opus packets are sorted among the frames by
#            when they are heard, and are written 7 ms later, by their `CodecDelay`; what lay in between is then a step
#            back, by up to 7 ms. The format for Media Source wants the times in order. `-c copy` mends nothing; Vorbis has
#            fewer such steps, by rounding. Picture and sound in a WebM and a SourceBuffer each are taken.
# Guess:     WebM is the format that Media Source began with: what plays as `src` can be appended.
# Seen:      steps back in 4 s of film, and what Chromium says: see `expect` below. Party feeds fragmented MP4 alone.
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
for rate in 25 24000/1001 30; do
  "$ffmpeg" -v error -f lavfi -i "testsrc=s=256x64:r=$rate:d=4" -f lavfi -i sine=d=4 \
    -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus "${rate%/*}.webm"
done
"$ffmpeg" -v error -i 25.webm -c copy copy.webm
"$ffmpeg" -v error -i 25.webm -an -c copy picture.webm
"$ffmpeg" -v error -i 25.webm -vn -c copy sound.webm
cat >steps.py <<'PY'
"""How many blocks of a WebM file have an earlier time than the one before them, and by how many ms at most."""
import sys

SEGMENT, CLUSTER, TIME, GROUP, SIMPLE_BLOCK, BLOCK = 0x18538067, 0x1F43B675, 0xE7, 0xA0, 0xA3, 0xA1
data = open(sys.argv[1], "rb").read()
def number(at, marked): # an EBML number: the leading zeros of its first byte tell its length
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    return value if marked else value - (1 << 7 * length), at + length
def times(at, end, cluster=0):
    while at < end:
        name, at = number(at, True)
        size, at = number(at, False)
        if name in (SEGMENT, CLUSTER, GROUP):
            yield from times(at, at + size, cluster)
        elif name == TIME:
            cluster = int.from_bytes(data[at : at + size], "big")
        elif name in (SIMPLE_BLOCK, BLOCK):
            after = number(at, False)[1]
            yield cluster + int.from_bytes(data[after : after + 2], "big", signed=True)
        at += size
written = list(times(0, len(data)))
back = [one - two for one, two in zip(written, written[1:]) if two < one]
print(len(back), "of", len(written), "by up to", max(back, default=0), "ms")
PY
for name in 25 24000 30 copy; do echo "$name: $(env/bin/python steps.py $name.webm)"; done >steps
expect 'steps back' '25: 99 of 301 by up to 1 ms
24000: 27 of 297 by up to 6 ms
30: 39 of 321 by up to 1 ms
copy: 99 of 301 by up to 1 ms' "$(cat steps)"

cat >index.html <<'HTML'
<!doctype html><body><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const read = async (name) => (await fetch(name)).arrayBuffer();
async function played(name, feed) {
  const film = document.body.appendChild(Object.assign(document.createElement("video"), { muted: true }));
  const failed = happens(film, "error").then(() => film.error.message.replace(/.*: /, ""));
  if (!feed) film.src = name;
  else {
    const source = new MediaSource();
    film.src = URL.createObjectURL(source);
    await happens(source, "sourceopen");
    const buffers = feed.map(([, type]) => source.addSourceBuffer(type));
    for (const [which, [part]] of feed.entries()) {
      const ends = happens(buffers[which], "updateend");
      buffers[which].appendBuffer(await read(part));
      await ends;
    }
    if (source.readyState === "open") source.endOfStream();
  }
  film.play().catch(() => {});
  return `${name}${feed ? " fed" : ""}: ${await Promise.race([failed, happens(film, "ended").then(() => `played to ${film.currentTime.toFixed(1)} s`)])}`;
}
const BOTH = 'video/webm; codecs="vp9,opus"';
(async () => {
  const seen = [];
  for (const name of ["25.webm", "24000.webm", "30.webm", "copy.webm"]) seen.push(await played(name), await played(name, [[name, BOTH]]));
  seen.push(await played("picture and sound", [["picture.webm", 'video/webm; codecs="vp9"'], ["sound.webm", 'audio/webm; codecs="opus"']]));
  await fetch("/", { method: "POST", body: seen.join("\n") });
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
refused='Got a block with a timecode before the previous block.'
expect 'in Chromium' "25.webm: played to 4.0 s
25.webm fed: $refused
24000.webm: played to 4.0 s
24000.webm fed: $refused
30.webm: played to 4.0 s
30.webm fed: $refused
copy.webm: played to 4.0 s
copy.webm fed: $refused
picture and sound fed: played to 4.0 s" "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu \
  --autoplay-policy=no-user-gesture-required --user-data-dir="$work/profile")"
