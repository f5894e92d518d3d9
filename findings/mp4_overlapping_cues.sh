#!/usr/bin/env bash
# Package:   imageio-ffmpeg 0.8.1 from PyPI, which brings ffmpeg 9.0.2.
# Behaviour: MP4 keeps subtitles and chapters as samples in a row, of which each ends where the next begins. ffmpeg writes
#            them so, exits with 0 and says nothing: a line that stays while another comes and goes is cut off there and
#            does not return; the time before the first chapter, and between chapters, is given to a chapter.
# Guess:     what MP4 cannot hold is refused or at least told, as codecs are; or it is kept, as in MKV.
# Seen:      a line from 1 s to 6 s ends at 2 s, where one from 2 s to 3 s begins; chapters 5-10 and 20-30 become 0-20 and
#            20-30. In MKV both stay as they were.
# Date:      2026-11-28
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

printf '%s\n' 1 '00:00:01,000 --> 00:00:06,000' 'a sign that stays' '' \
  2 '00:00:02,000 --> 00:00:03,000' 'a word spoken' '' 3 '00:00:08,000 --> 00:00:09,000' 'the end' '' >lines.srt
printf '%s\n' ';FFMETADATA1' '[CHAPTER]' TIMEBASE=1/1 START=5 END=10 title=one \
  '[CHAPTER]' TIMEBASE=1/1 START=20 END=30 title=two >chapters
for kind in mp4 mkv; do
  [ $kind = mp4 ] && text=mov_text || text=srt
  said=$("$ffmpeg" -v warning -f lavfi -i color=s=64x64:r=25:d=40 -i lines.srt -c:s "$text" film.$kind 2>&1
    "$ffmpeg" -v warning -f lavfi -i color=s=64x64:r=25:d=40 -i chapters -map_chapters 1 chapters.$kind 2>&1)
  expect "warnings of ffmpeg for $kind" none "${said:-none}"
done

lines() { "$ffmpeg" -v error -i "$1" -map 0:s -f srt - | tr -d '\r' | grep -e '-->' | paste -sd ';'; }
chapters() { "$ffmpeg" -hide_banner -i "$1" 2>&1 | sed -nE 's/.*start ([0-9]+)\.0+, end ([0-9]+)\.0+.*/\1-\2/p' | paste -sd ' '; }
expect 'lines in MKV' \
  '00:00:01,000 --> 00:00:06,000;00:00:02,000 --> 00:00:03,000;00:00:08,000 --> 00:00:09,000' "$(lines film.mkv)"
expect 'lines in MP4' \
  '00:00:01,000 --> 00:00:02,000;00:00:02,000 --> 00:00:03,000;00:00:08,000 --> 00:00:09,000' "$(lines film.mp4)"
expect 'chapters in MKV' '5-10 20-30' "$(chapters chapters.mkv)"
expect 'chapters in MP4' '0-20 20-30' "$(chapters chapters.mp4)"
