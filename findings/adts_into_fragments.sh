#!/usr/bin/env bash
# Packages:  imageio-ffmpeg 0.8.1 from PyPI (ffmpeg 9.0.2).
# Behaviour: AAC of an MPEG-TS (ADTS) is copied to MP4, to one with its table of contents in front, and to fragments
#            (`frag_keyframe`): ffmpeg takes the heads off the frames by itself. With `delay_moov` or `empty_moov`, the flags
#            for streaming, it doesn't: the same command ends at once with "Malformed AAC bitstream detected".
# Guess:     the sound is what is malformed, or `-c copy` into MP4 does what it does elsewhere.
# Seen:      the exit codes below; with `-bsf:a aac_adtstoasc` each is 0, also of a sound that has no such heads.
#            What Party does: it asks for that filter wherever it copies AAC into fragments (docs/films.md).
# Date:      2026-12-01
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
"$ffmpeg" -v error -f lavfi -i sine=d=4 -c:a aac -f mpegts sound.ts
"$ffmpeg" -v error -i sound.ts -c copy plain.mp4

codes() { # source, further options: the exit code of a copy with each of the flags
  local source=$1 flags code
  shift
  for flags in 0 +faststart +frag_keyframe +frag_keyframe+delay_moov +frag_keyframe+empty_moov; do
    code=0
    "$ffmpeg" -v error -y -i "$source" -c copy "$@" -movflags "$flags" copy.mp4 2>>errors || code=1
    echo -n "$flags $code "
  done
}
expect 'copied as it is' '0 0 +faststart 0 +frag_keyframe 0 +frag_keyframe+delay_moov 1 +frag_keyframe+empty_moov 1 ' "$(codes sound.ts)"
expect 'what ffmpeg says' 'Malformed AAC bitstream detected' "$(grep -o 'Malformed AAC bitstream detected' errors | sort -u)"
all='0 0 +faststart 0 +frag_keyframe 0 +frag_keyframe+delay_moov 0 +frag_keyframe+empty_moov 0 '
expect 'copied with the filter' "$all" "$(codes sound.ts -bsf:a aac_adtstoasc)"
expect 'a sound without heads, with the filter' "$all" "$(codes plain.mp4 -bsf:a aac_adtstoasc)"
