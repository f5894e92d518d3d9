"""Long films of H.264 and AAC in no time: a short clip again and again, without loss."""

from __future__ import annotations

from pathlib import Path

from tests.support.film_clips import ffmpeg

#: The clip: 1080p with noise, at about the rate of a film that somebody has (bit/s).
CLIP_S, CLIP_RATE = 20, "6M"
_PICTURE = f"testsrc2=size=1920x1080:rate=25:duration={CLIP_S},noise=alls=12:allf=t"


class LongClips:
    """Films in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clip = folder / "clip.mp4"
        ffmpeg(
            "-f", "lavfi", "-i", _PICTURE, "-f", "lavfi", "-i", f"sine=duration={CLIP_S}",
            "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-pix_fmt", "yuv420p",
            "-b:v", CLIP_RATE, "-maxrate", CLIP_RATE, "-bufsize", CLIP_RATE,
            "-c:a", "aac", "-b:a", "160k", self._clip,
        )  # fmt: skip

    def film(self, name: str, size: int, *options: str) -> Path:
        """A film of about `size` bytes, in the container that its name says."""
        times = max(0, round(size / self._clip.stat().st_size) - 1)
        path = self._folder / name
        ffmpeg(
            "-stream_loop", str(times), "-i", self._clip, "-c", "copy", *options, path, timeout_s=3600
        )  # fmt: skip
        return path

    def old_film(self, seconds: int) -> Path:
        """An AVI whose picture and sound have to be made anew."""
        path = self._folder / "old.avi"
        ffmpeg(
            "-stream_loop", "-1", "-i", self._clip, "-t", str(seconds),
            "-c:v", "mpeg4", "-q:v", "4", "-c:a", "libmp3lame", path, timeout_s=3600,
        )  # fmt: skip
        return path
