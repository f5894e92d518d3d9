"""Small films for tests, made by the ffmpeg that Party itself uses."""

from __future__ import annotations

from pathlib import Path

from tests.support.film_clips import ffmpeg

SRT = "1\n00:00:00,000 --> 00:00:02,000\nGrüße\n\n2\n00:00:02,000 --> 00:00:03,500\n<i>Bis bald</i>\n"


def disc_film(folder: Path, *, seconds: float = 4.0, rate: str = "25") -> Path:
    """An MKV as it comes from a disc: H.264 with B-frames, AC-3 in two languages, subtitles."""
    texts, film = folder / "film.srt", folder / "Disc film.mkv"
    texts.write_text(SRT, encoding="utf-8")
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={rate}:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency=880:duration={seconds}",
        "-i", texts, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s",
        "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p",
        "-c:a", "ac3", "-ac", "2", "-c:s", "srt",
        "-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng",
        "-metadata:s:s:0", "language=ger", film,
    )  # fmt: skip
    return film


def old_film(folder: Path, *, seconds: float = 4.0) -> Path:
    """An AVI that every second of has to be made anew: MPEG-4 with MP3."""
    film = folder / "Old film.avi"
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}",
        "-c:v", "mpeg4", "-q:v", "5", "-c:a", "libmp3lame", film,
    )  # fmt: skip
    return film
