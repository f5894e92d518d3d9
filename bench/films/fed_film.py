"""A clip with bars as segments that grow, and a page that is fed with them by the client's own feeder."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.films.barcode_clips import CLIPS, Clip, ffmpeg, made

CLIENT = Path(__file__).parents[2] / "partyapp/web/static/party-client"
SCREEN = Path(__file__).with_name("barcode_screen.js")
#: What segments are made of: no B-frames, a keyframe each 2 s.
_SEGMENTED = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-pix_fmt", "yuv420p")
_HLS = ("-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4", "-hls_playlist_type", "event")
_FILM = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.64000c,mp4a.40.2",AUDIO="sound"
picture.m3u8
"""
_PAGE = """<!doctype html><title>fed</title>
<style>div { position: relative } video { width: 288px; height: 160px }
.second-picture { position: absolute; inset: 0 }</style>
<body><div><video playsinline crossorigin="anonymous"></video></div><script type="module">
import { SecondPicture, SegmentFeeder } from './party-client/index.js';
const media = document.querySelector('video');
const faults = [];
const url = new URL('film.m3u8', location.href).href;
const feeder = new SegmentFeeder({ media, url, durationS: DURATION });
feeder.addEventListener('fault', ({ detail }) => faults.push(String(detail.error)));
feeder.start();
const screen = (SCREEN);
const moved = (second) => second.show('RATE.mp4').then((is) => { window.moved = is; });
window.fed = { media, feeder, faults, screen, move: () => void moved(new SecondPicture({ media })) };
</script>
"""


class FedFilm:
    """The clip in `folder`: whole as an MP4 with B-frames, and as segments of which `show` publishes some."""

    def __init__(self, folder: Path, clip: Clip = CLIPS["25"], seconds: float = 60.0) -> None:
        self.folder, self.clip, self.seconds = folder, clip, seconds
        made(clip, folder, seconds)
        whole = folder / "whole"
        whole.mkdir()
        plain = made(clip, whole, seconds, _SEGMENTED)
        for name, stream in (("picture", "0:v"), ("sound", "0:a")):
            names = ("-hls_fmp4_init_filename", f"{name}-init.mp4")
            pattern = ("-hls_segment_filename", folder / f"{name}-%05d.m4s")
            # The playlist's own folder is that of its parts.
            ffmpeg(
                ["-i", plain, "-map", stream, "-c", "copy", *_HLS, *names, *pattern, folder / f"{name}.m3u8"]
            )
            shutil.move(folder / f"{name}.m3u8", whole / f"{name}.m3u8")
        shutil.copytree(CLIENT, folder / "party-client")
        (folder / "film.m3u8").write_text(_FILM)
        page = _PAGE.replace("DURATION", str(seconds)).replace("RATE", clip.name)
        (folder / "page.html").write_text(page.replace("SCREEN", SCREEN.read_text(encoding="utf-8")))

    def publish(self, until_s: float) -> None:
        """Let the playlists have what is before `until_s`."""
        for name in ("picture", "sound"):
            lines, have_s = [], 0.0
            for line in (self.folder / "whole" / f"{name}.m3u8").read_text().splitlines():
                if line.startswith("#EXTINF:") and have_s >= until_s:
                    break
                if line.startswith("#EXTINF:"):
                    have_s += float(line[8:].rstrip(","))
                lines.append(line)
            published = self.folder / f"{name}.m3u8.new"
            published.write_text("\n".join(lines) + "\n")
            published.replace(self.folder / f"{name}.m3u8")
