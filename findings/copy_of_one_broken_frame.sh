# Package:   imageio-ffmpeg 0.8.1 from PyPI, which brings ffmpeg 9.0.2.
# Behaviour: one wrong byte in the head of one frame of sound ends `-c copy` from MPEG-TS to MP4 or Matroska: exit code 183,
#            and the film ends there. The filter that takes the heads off (`aac_adtstoasc`, put in unasked) raises where a
#            decoder leaves out the frame. To encode the sound of the same file, or to copy it to MPEG-TS, ends well;
#            `-fflags +discardcorrupt`, `-err_detect ignore_err` and `-max_error_rate 1` help nothing: the packet came whole.
# Guess:     `-c copy` looks into nothing, so it is what is left where decoding fails; a recording with a drop-out
#            becomes a film with a drop-out.
# Seen:      exit codes, and how long what came out is, in s, of a broadcast of 8 s: see `expect` below. What Party does:
#            such a film's sound is made anew (docs/films.md).
# Date:      2026-11-30
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

"$ffmpeg" -v error -f lavfi -i testsrc=s=64x36:r=25:d=8 -f lavfi -i sine=d=8 \
  -c:v libx264 -g 50 -pix_fmt yuv420p -c:a aac whole.ts
python3 - <<'PY'
raw = bytearray(open("whole.ts", "rb").read())
raw[raw.index(b"\xff\xf1", len(raw) // 2) + 2] = 0xFF  # the third byte of an ADTS header: rate and profile
open("broken.ts", "wb").write(raw)
PY
made() { # from which file, into which, with which options: the exit code and the length in s
  local code=0 from=$1 into=$2
  shift 2
  "$ffmpeg" -v quiet -y "${before[@]}" -i "$from" "$@" "$into" || code=$?
  local length
  length=$("$ffmpeg" -i "$into" 2>&1 | sed -n 's/.*Duration: 00:00:0\([0-9]\).*/\1/p')
  echo "$code ${length:-none}"
}
before=(-nostdin)
expect 'the whole one, copied to MP4' '0 8' "$(made whole.ts whole.mp4 -c copy)"
expect 'copied to MP4' '183 4' "$(made broken.ts a.mp4 -c copy)"
expect 'copied to Matroska' '183 4' "$(made broken.ts a.mkv -c copy)"
expect 'copied to MPEG-TS' '0 8' "$(made broken.ts a.ts -c copy)"
expect 'with its sound made anew' '0 8' "$(made broken.ts b.mp4 -c:v copy -c:a aac)"
before=(-nostdin -fflags +discardcorrupt -err_detect ignore_err)
expect 'copied, with what is said to help' '183 4' "$(made broken.ts c.mp4 -c copy -max_error_rate 1)"
