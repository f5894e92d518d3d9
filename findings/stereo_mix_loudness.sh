#!/usr/bin/env bash
# Package:   imageio-ffmpeg 0.8.1 from PyPI, which brings ffmpeg 9.0.2.
# Behaviour: `-ac 2` of the same sound in 5.1 is 7.7 dB louder in AAC than in FLAC or WAV. Where the encoder takes whole numbers, the
#            matrix that mixes the channels is made smaller until nothing can clip; where it takes floats (AAC, Vorbis), it
#            isn't, and a loud scene goes up to 2.4 times over full scale, which is cut off when it is played. Opus takes both:
#            it is quiet from FLAC in 16 bits and loud from AAC. Nothing is said of it.
# Guess:     `-ac 2` is one mix with one loudness; the codec only stores it.
# Seen:      one noise on all channels but the LFE: -20 dB (RMS, quiet) or -13 to -12 dB (loud), see `expect` below.
#            `aresample=rematrix_maxval=1` makes all of them quiet.
#            What Party does: a limiter behind the mix of what it makes stereo (docs/films.md).
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
"$ffmpeg" -v error -f lavfi -i anoisesrc=a=0.5:c=pink:r=48000:seed=1:d=3 -af 'pan=5.1|c0=c0|c1=c0|c2=c0|c3=0*c0|c4=c0|c5=c0' -sample_fmt s16 -c:a flac film.flac
"$ffmpeg" -v error -i film.flac -c:a aac -b:a 640k film.m4a
loudness() { # of a stereo mix of the file, with these options
  for name in flac wav m4a ogg opus; do
    "$ffmpeg" -v error -y -i "$1" "${@:2}" -ac 2 -b:a 192k out.$name
    awk -v name=$name '{ printf "%s %s ", name, $1 < -17 ? "quiet" : "loud" }' <<<"$("$ffmpeg" -hide_banner -ss 1 -i out.$name -af astats=measure_perchannel=none -f null - 2>&1 |
      sed -n 's/.*RMS level dB: //p')"
  done
}
expect 'of FLAC' 'flac quiet wav quiet m4a loud ogg loud opus quiet ' "$(loudness film.flac)"
expect 'of AAC' 'flac quiet wav quiet m4a loud ogg loud opus loud ' "$(loudness film.m4a)"
expect 'of AAC, with rematrix_maxval=1' 'flac quiet wav quiet m4a quiet ogg quiet opus quiet ' \
  "$(loudness film.m4a -af aresample=rematrix_maxval=1)"
