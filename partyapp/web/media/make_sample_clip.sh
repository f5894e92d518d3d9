#!/bin/sh
# Makes the sample clip: a test card on which anyone can see and hear whether two screens are in step.
#
# The clock and the frame number are burnt into the picture, a dot crosses the screen once in two
# seconds, and each second has its beep (a higher and longer one each ten seconds). A key frame every
# two seconds keeps seeks quick; "faststart" puts the index first, so that it plays while it loads.
#
# Usage: make_sample_clip.sh [OUTPUT]     Needs ffmpeg with libx264 and drawtext, and the DejaVu fonts.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
output=${1:-"$here/sample.mp4"}
duration_s=330
fps=25

font() {
    # Ask fontconfig where the font is, so that no distribution's folder is written down here.
    fc-match --format='%{file}' "$1"
}
mono=$(font 'DejaVu Sans Mono:bold')
sans=$(font 'DejaVu Sans:bold')
plain=$(font 'DejaVu Sans')

# A colon inside a drawtext expression has to be escaped twice: for the option and for the filter graph.
minutes='%{eif\:floor((t+0.001)/60)\:d\:2}'
seconds='%{eif\:mod(floor(t+0.001),60)\:d\:2}'
tenths='%{eif\:mod(floor((t+0.001)*10),10)\:d}'
frame='%{eif\:n\:d\:4}'

video="drawtext=fontfile=$sans:text='Party':fontsize=40:fontcolor=0xff5c8a:x=28:y=22,\
drawtext=fontfile=$plain:text='everyone sees the same frame':fontsize=15:fontcolor=0x9aa3b8:x=w-text_w-28:y=40,\
drawtext=fontfile=$mono:text='$minutes\:$seconds.$tenths':fontsize=74:fontcolor=0xf4f6fb:x=(w-tw)/2:y=92,\
drawtext=fontfile=$mono:text='frame $frame':fontsize=18:fontcolor=0x9aa3b8:x=(w-tw)/2:y=184,\
drawbox=x=28:y=240:w=424:h=2:color=0x2b3247:t=fill,\
drawtext=fontfile=$sans:text='●':fontsize=26:fontcolor=0x5cd6ff:y=224:\
x='28-text_w/2+424*abs(mod(t,4)/2-if(gte(mod(t,4),2),2*(mod(t,4)/2-1),0))'"

# The short fade at both ends of a beep keeps it from clicking.
beep="0.35*if(lt(mod(t,10),0.16),sin(2*PI*1320*t)*min(1,min(mod(t,10),0.16-mod(t,10))*200),\
if(lt(mod(t,1),0.07),sin(2*PI*660*t)*min(1,min(mod(t,1),0.07-mod(t,1))*200),0))"

ffmpeg -hide_banner -loglevel error -y \
    -f lavfi -i "color=c=0x11141d:size=480x270:rate=$fps:duration=$duration_s" \
    -f lavfi -i "aevalsrc='$beep':sample_rate=24000:duration=$duration_s" \
    -filter:v "$video" \
    -c:v libx264 -profile:v main -pix_fmt yuv420p -preset veryslow -tune animation -crf "${CRF:-30}" \
    -g $((fps * 2)) -keyint_min $((fps * 2)) -sc_threshold 0 \
    -c:a aac -b:a 20k -ac 1 \
    -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart \
    -t "$duration_s" "$output"
