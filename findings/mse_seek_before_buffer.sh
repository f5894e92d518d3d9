#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2) and the Chromium that is installed (156 when this was seen).
# Behaviour: Media Source Extensions, paused: a seek to a place up to two frames before what is in the SourceBuffer ends at
#            once, though `buffered` doesn't have the place, with the first frame that is there. When the missing segment
#            is appended a moment later, that frame stays on the screen, and `currentTime` says the other; only another
#            seek to the same place shows the right one. Three frames before, the seek waits, and then is right.
# Guess:     a seek to what isn't buffered stays `seeking` until the segment is appended, and then shows the right frame,
#            as it does further away; so a player that appends what the place needs has nothing else to do.
# Seen:      at 25 frames a second, buffered from 4 s on, sought to 3.98 s (frame 99): see `expect` below. Firefox 153.8 did
#            so up to 0.14 s before the buffer, WebKitGTK 2.50.6 at 0.02 s.
#            What Party does: its feeder seeks a paused film anew once the segment has come (segment-feeder.js).
# Date:      2026-12-01
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
# Each frame has its number in it, as eight bars, the lowest bit first. Segments of 2 s, without B-frames.
"$ffmpeg" -v error -f lavfi -i "color=black:s=128x72:r=25:d=10,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
  -c:v libx264 -profile:v main -bf 0 -g 50 -sc_threshold 0 -pix_fmt yuv420p -f hls -hls_time 2 -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 -hls_segment_filename '%d.m4s' film.m3u8
cat >index.html <<'HTML'
<!doctype html><body><video muted width=128 height=72></video><script>
const media = document.querySelector("video"), canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [128, 72];
const drawn = async () => { for (let look = 0; look < 20; look++) await new Promise(requestAnimationFrame); };
const number = async () => {
  await drawn();
  const context = canvas.getContext("2d");
  context.drawImage(media, 0, 0, 128, 72);
  return [...Array(8).keys()].reduce((sum, bit) => sum + ((context.getImageData(16 * bit + 8, 36, 1, 1).data[0] > 128) << bit), 0);
};
const settled = async () => { while (media.seeking || media.readyState < 2) await new Promise((done) => setTimeout(done, 10)); };
async function tried(place) {
  const source = new MediaSource();
  media.src = URL.createObjectURL(source);
  await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
  source.duration = 10;
  const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.4d400a"');
  const append = async (name) => {
    buffer.appendBuffer(await (await fetch(name)).arrayBuffer());
    await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
  };
  media.currentTime = 4.02;
  for (const name of ["init.mp4", "2.m4s", "3.m4s"]) await append(name);
  await settled();
  const said = [`buffered from ${buffer.buffered.start(0).toFixed(2)}`];
  media.currentTime = place;
  await drawn();
  said.push(media.seeking ? "waits" : `ended with ${await number()}`);
  await append("1.m4s");
  await settled();
  said.push(`with the segment ${await number()}`);
  media.currentTime = place;
  await settled();
  said.push(`sought again ${await number()}`);
  return said.join(", ");
}
(async () => {
  const told = [];
  for (const place of [3.98, 3.94, 3.86]) told.push(`${place}: ${await tried(place)}`);
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
expect 'a paused seek to before the buffer' '3.98: buffered from 4.00, ended with 100, with the segment 100, sought again 99
3.94: buffered from 4.00, ended with 100, with the segment 100, sought again 98
3.86: buffered from 4.00, waits, with the segment 96, sought again 96' "$(env/bin/python browse.py "$chromium" --headless=new --no-sandbox --disable-gpu \
  --autoplay-policy=no-user-gesture-required --user-data-dir="$work/profile")"
