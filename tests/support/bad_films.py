"""Files that are no films, or not whole, or meant to do harm: made when they are asked for."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.support.film_clips import Clips

PLAYLISTS = {
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:{film}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile 'file:{film}'\nduration 4\n",
    "dash": (
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period>"
        "<AdaptationSet><Representation id='1'><BaseURL>file:{film}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "script": "import os\nFFmpegSource2('{film}')\nVersion()\n",
    "filter": "movie={film}\n",
    "edl": "# mpv EDL v0\n{film}\n",
    "m3u of names": "{film}\n{film}\n",
    "asx": "<asx version='3.0'><entry><ref href='file:{film}'/></entry></asx>\n",
}


def playlist(name: str, canary: Path, folder: Path, ending: str = ".mp4") -> Path:
    """A text that names the film `canary`, under a film's name."""
    path = folder / f"{name}{ending}"
    path.write_text(PLAYLISTS[name].format(film=canary))
    return path


def lasting(clips: Clips, seconds: float) -> Path:
    """A Matroska film that says it lasts so long."""
    raw = bytearray(clips.film("lasting.mkv", sound=("-an",), codec=("-c:v", "libx264")).read_bytes())
    at = raw.index(b"\x44\x89\x88") + 3
    raw[at : at + 8] = struct.pack(">d", seconds * 1000.0)
    path = clips.folder / f"lasting-{seconds:g}.mkv"
    path.write_bytes(raw)
    return path


def many_tracks(clips: Clips, count: int) -> Path:
    """A film with one picture and so many sounds."""
    maps = [word for _ in range(count) for word in ("-map", "0:a")]
    return clips.made(f"tracks-{count}.mkv", "-i", clips.film(), "-map", "0:v", *maps, "-c", "copy")


def huge_picture(clips: Clips) -> Path:
    """A still of 16384 × 8640 pixels in a film's dress, a few kB of it."""
    return clips.made(
        "huge.mkv",
        *("-f", "lavfi", "-i", "color=black:s=16384x8640:r=1:d=1", "-frames:v", "1"),
        *("-c:v", "mjpeg", "-q:v", "31", "-threads", "1"),
    )
