#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2), pysubs2 1.8.1, webvtt-py 0.6.0, ttconv 1.2.3, pycaption 2.3.14 from PyPI;
#            subsrt 1.1.1 from npm; and the Chromium that is installed.
# Behaviour: none of six converters turns a plain line of SRT into WebVTT that a browser shows as it was meant. Four leave
#            `<` as it is, so what stands between it and the next `>` is a tag to the browser and is not shown. One escapes
#            everything, so the italics' tags are shown as text. One mends the decimal comma of the first cue alone, and
#            the browser drops all others. None reports anything.
# Guess:     SRT to WebVTT is a header and a dot for a comma; and a library of its own surely escapes.
# Seen:      "I <3 <i>you</i> & me" and "so do I", as Chromium shows them: see `expect` below.
# Date:      2026-11-28
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser) || { echo 'needs chromium'; exit 77; }
for program in python3 node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check \
  imageio-ffmpeg==0.8.1 pysubs2==1.8.1 webvtt-py==0.6.0 pycaption==2.3.14 ttconv==1.2.3 || exit 75
npm install --silent --no-fund --no-audit subsrt@1.1.1 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

printf '%s\n' 1 '00:00:01,000 --> 00:00:02,000' 'I <3 <i>you</i> & me' '' 2 '00:00:03,000 --> 00:00:04,000' 'so do I' '' >lines.srt
env/bin/python - <<'PY'
import subprocess, imageio_ffmpeg, pycaption, pysubs2, webvtt
import ttconv.srt.reader, ttconv.vtt.writer

text = open("lines.srt").read()
subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "lines.srt", "ffmpeg.vtt"], check=True)
webvtt.from_srt("lines.srt").save("webvtt-py.vtt")
for name, converted in {
    "pysubs2": pysubs2.SSAFile.from_string(text).to_string("vtt"),
    "pycaption": pycaption.WebVTTWriter().write(pycaption.SRTReader().read(text)),
    "ttconv": ttconv.vtt.writer.from_model(ttconv.srt.reader.to_model(open("lines.srt"))),
}.items():
    open(name + ".vtt", "w").write(converted)
PY
node -e 'const fs = require("fs");
fs.writeFileSync("subsrt.vtt", require("subsrt").convert(fs.readFileSync("lines.srt", "utf8"), { format: "vtt" }))'
cat >index.html <<'HTML'
<!doctype html><body><script>
async function shown(name) {
  const film = document.createElement("video"), track = document.createElement("track");
  track.src = `${name}.vtt`;
  film.append(track), document.body.append(film);
  track.track.mode = "hidden";
  await new Promise((done) => (track.onload = track.onerror = done));
  return `${name}: ${[...track.track.cues].map((cue) => cue.getCueAsHTML().textContent).join(" / ")}`;
}
(async () => {
  const names = ["ffmpeg", "pysubs2", "webvtt-py", "ttconv", "pycaption", "subsrt"];
  await fetch("/", { method: "POST", body: (await Promise.all(names.map(shown))).join("\n") });
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
expect 'lines that are shown' 'ffmpeg: I you & me / so do I
pysubs2: I you & me / so do I
webvtt-py: I you & me / so do I
ttconv: I you & me / so do I
pycaption: I <3 <i>you</i> & me / so do I
subsrt: I you & me' "$seen"
