#!/usr/bin/env bash
# Package:   imageio-ffmpeg 0.8.1 from PyPI, which brings ffmpeg 9.0.2.
# Behaviour: the `fps` filter keeps, for each picture it gives, the last frame that rounds to it. So `fps=1/10`, the usual
#            way to a preview picture for each ten seconds, gives as picture k the frame just before 10k + 5 s. `-r 1/10`
#            gives the first two frames of the film as two pictures, and lags from then on.
# Guess:     picture k is the frame at 10k s, as a seek bar or a WebVTT file of thumbnails has it.
# Seen:      times of the pictures of a film of 40 s: see `expect` below. round=up is right, and so is select.
# Date:      2026-11-28
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# Prints the times of the pictures made from a film at 25 frames a second. Each frame has its number in it as bars.
cat >pictures.py <<'PY'
import subprocess, sys
from imageio_ffmpeg import get_ffmpeg_exe

film = r"color=black:s=160x16:r=25:d=40,geq=lum='if(mod(floor(N/pow(2\,floor(X/16)))\,2)\,235\,16)':cb=128:cr=128"
chain, *options = sys.argv[1:]
command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", ",".join(filter(None, [film, chain])), *options]
raw = subprocess.run([*command, "-pix_fmt", "gray", "-f", "rawvideo", "-"], stdout=subprocess.PIPE, check=True).stdout
numbers = (sum((raw[at + 8 + 16 * bit] > 128) << bit for bit in range(10)) for at in range(0, len(raw), 160 * 16))
print(*(number / 25 for number in numbers))
PY
pictures() { env/bin/python pictures.py "$@"; }

expect 'fps=1/10' '4.96 14.96 24.96 34.96' "$(pictures fps=1/10)"
expect '-r 1/10' '0.0 0.04 8.96 18.96 28.96 38.96' "$(pictures '' -r 1/10)"
expect 'fps=1/10:round=up' '0.0 10.0 20.0 30.0' "$(pictures fps=1/10:round=up)"
expect 'select' '0.0 10.0 20.0 30.0' \
  "$(pictures "select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,10)'" -fps_mode passthrough)"
