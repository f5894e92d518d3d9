#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2), hls.js 1.7.4 from npm, and the Chromium that is installed.
# Behaviour: ffmpeg's HLS muxer starts the picture of its default segments (MPEG-TS) at 1.4 s, and writes the subtitles'
#            WebVTT segments counted from 0 without the X-TIMESTAMP-MAP that would tell. A player that takes both by the
#            standard shows each line 1.4 s too early. With fMP4 segments lines and picture agree.
# Guess:     picture and subtitles of one film, written by one command into one playlist, keep their places.
# Seen:      the line that belongs to frame 75 (25 frames a second) comes with frame 40 from MPEG-TS, with 75 from fMP4.
# Date:      2026-11-28
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
for program in python3 npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
npm install --silent --no-fund --no-audit hls.js@1.7.4 || exit 75
ffmpeg=$(env/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# Each frame has its number in it as bars.
printf '%s\n' 1 '00:00:03,000 --> 00:00:04,000' 'frame 75' '' 2 '00:00:07,000 --> 00:00:08,000' 'frame 175' '' >lines.srt
"$ffmpeg" -v error -f lavfi -i "color=black:s=256x64:r=25:d=10,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128" \
  -c:v libx264 -g 50 film.mp4
for kind in mpegts fmp4; do
  (mkdir $kind && cd $kind && "$ffmpeg" -v error -i ../film.mp4 -i ../lines.srt -map 0 -map 1 -c:v copy -c:s webvtt \
    -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type $kind -master_pl_name main.m3u8 \
    -var_stream_map v:0,s:0,sgroup:lines film%v.m3u8)
done
cat >index.html <<'HTML'
<!doctype html><body><script src="node_modules/hls.js/dist/hls.min.js"></script><script>
const happens = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
const presented = (film) => new Promise((done) => (film.requestVideoFrameCallback(done), setTimeout(done, 1000)));
const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 }).getContext("2d");
async function linesOf(kind) { // each line with the frame that is shown when it comes
  const film = document.createElement("video");
  document.body.append(film);
  const hls = new Hls();
  hls.subtitleDisplay = true;
  hls.loadSource(`${kind}/main.m3u8`), hls.attachMedia(film);
  await happens(film, "loadeddata");
  await presented(film);
  hls.subtitleTrack = 0;
  while (film.textTracks[0]?.cues?.length !== 2) await new Promise((done) => setTimeout(done, 50));
  const lines = [];
  for (const cue of film.textTracks[0].cues) {
    film.currentTime = cue.startTime + 0.02;
    await Promise.all([happens(film, "seeked"), presented(film)]);
    canvas.drawImage(film, 0, 0);
    const row = canvas.getImageData(0, 32, 256, 1).data;
    const shown = [...Array(16).keys()].reduce((sum, bit) => sum + (row[(bit * 16 + 8) * 4] > 128 ? 2 ** bit : 0), 0);
    lines.push(`"${cue.text}" at ${shown}`);
  }
  return `${kind}: ${lines.join(", ")}`;
}
(async () => fetch("/", { method: "POST", body: `${await linesOf("mpegts")}; ${await linesOf("fmp4")}` }))();
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
expect 'frames that are shown when lines come' \
  'mpegts: "frame 75" at 40, "frame 175" at 140; fmp4: "frame 75" at 75, "frame 175" at 175' "$seen"
expect 'maps of time in the subtitles' 0 "$(cat mpegts/*.vtt | grep -c X-TIMESTAMP-MAP || true)"
