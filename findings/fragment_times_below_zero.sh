#!/usr/bin/env bash
# Package:   imageio-ffmpeg 0.8.1 from PyPI, which brings ffmpeg 9.0.2.
# Behaviour: two ways in which ffmpeg's times are not the film's when a film is cut into pieces that are to be joined.
#            `frag_discont`, which keeps the film's own times in fragments, writes the 1,024 samples that an AAC encoder
#            puts in front as a time below zero into a field without a sign: the first fragment begins 13 million years
#            later. And `t` in `-force_key_frames expr:` counts from the first frame that is encoded, also with -copyts,
#            where all other times are the film's.
# Guess:     the first fragment begins at 0, as without the flag (an edit list hides the 1,024 samples); with -copyts,
#            `t` is the film's time, so that a piece from 4 s on has its keyframes by gte(t,4+n_forced*2).
# Seen:      see `expect` below. Players that keep to the field show nothing.
# Date:      2026-11-29
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 || exit 75
ffmpeg=$(env/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

fragments() { # the times at which the fragments of a file begin, in the track's units (`tfdt`)
  python3 - "$1" <<'PY'
import sys
raw, at, found = open(sys.argv[1], "rb").read(), 0, []
while (at := raw.find(b"tfdt", at + 1)) > 0:
    found.append(int.from_bytes(raw[at + 8 : at + (16 if raw[at + 4] else 12)], "big"))
print(*found[:2])
PY
}
for flags in delay_moov delay_moov+frag_discont; do
  "$ffmpeg" -v error -f lavfi -i sine=d=4 -c:a aac -frag_duration 1000000 -movflags $flags $flags.mp4
done
expect 'a sound in fragments' '0 45056' "$(fragments delay_moov.mp4)"
expect 'with frag_discont' '18446744073709550592 44032' "$(fragments delay_moov+frag_discont.mp4)"

"$ffmpeg" -v error -f lavfi -i testsrc=s=64x36:r=25:d=10 -c:v libx264 -g 50 film.mp4
keyframes() { # of the piece from 4 s on, in s, with this expression
  "$ffmpeg" -v error -y -ss 3 -copyts -i film.mp4 -vf trim=start=4 -fps_mode passthrough -c:v libx264 -bf 0 \
    -sc_threshold 0 -force_key_frames "expr:$1" piece.mkv
  "$ffmpeg" -v error -copyts -skip_frame nokey -i piece.mkv -fps_mode passthrough -f framecrc - |
    awk -F, '!/#/ { printf "%s%g", (n++ ? " " : ""), $3 / 25 }'
}
expect 'keyframes by gte(t,4+n_forced*2)' '4 8' "$(keyframes 'gte(t,4+n_forced*2)')"
expect 'keyframes by gte(t,n_forced*2)' '4 6 8' "$(keyframes 'gte(t,n_forced*2)')"
