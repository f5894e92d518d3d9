"""The running service with one person who uploads films and sees what becomes of them."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from imageio_ffmpeg import get_ffmpeg_exe

from tests.support.local_stack import Stack
from tests.support.party_client import Guest, Json, body_of, eventually
from tests.support.upload_env import TUS

#: Nothing of this machine's own should take longer, in s.
PREPARED_S = 3600.0
_PART = 1024 * 1024
#: How often a person asks how far a film is, in s.
_LOOK_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A film that was uploaded. `last_byte_s` by the monotonic clock: when the kernel took the last byte."""

    video_id: str
    last_byte_s: float


class FilmService:
    """A person on `stack`."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.guest = Guest(stack.url, "Ada")

    def upload(self, film: Path, name: str | None = None) -> Sent:
        """Send a film in one request."""
        last_byte_s = 0.0

        def parts() -> Iterator[bytes]:
            nonlocal last_byte_s
            with film.open("rb") as file:
                while part := file.read(_PART):
                    yield part
            last_byte_s = time.monotonic()

        size = film.stat().st_size
        headers = {
            **TUS,
            "Authorization": f"Bearer {self.guest.token}",
            "Upload-Length": str(size),
            "Content-Length": str(size),
            "Upload-Metadata": f"filename {base64.b64encode((name or film.name).encode()).decode()}",
            "Content-Type": "application/offset+octet-stream",
        }
        url = f"{self.stack.url}/api/uploads"
        answer = httpx.post(url, content=parts(), headers=headers, trust_env=False, timeout=PREPARED_S)
        if answer.status_code != 201:
            raise RuntimeError(f"the upload was answered {answer.status_code}: {answer.text}")
        return Sent(video_id=str(answer.headers["Party-Video-Id"]), last_byte_s=last_byte_s)

    def video(self, video_id: str) -> Json:
        """The film as its owner sees it."""
        video: Json = body_of(self.guest.get(f"/api/videos/{video_id}"), 200)
        return video

    def watchable(self, video_id: str) -> Json:
        """The film once something of it can be watched."""
        return self._once(video_id, lambda video: bool(video["sources"]))

    def playable(self, video_id: str) -> Json:
        """The film once all of it is prepared."""
        return self._once(video_id, lambda video: video["state"] == "playable")

    def _once(self, video_id: str, is_so: Callable[[Json], bool]) -> Json:
        def found() -> Json | None:
            video = self.video(video_id)
            if video["state"] == "failed":
                raise RuntimeError(f"the film failed: {video['transcode_job']['error']}")
            return video if is_so(video) else None

        video: Json | None = eventually(found, PREPARED_S, _LOOK_S)
        assert video is not None
        return video

    def first_frame(self, video: Json) -> None:
        """Get the film's first frame from where a page would, by ffmpeg; returns once it is decoded."""
        url = self.stack.url + video["sources"][0]["url"]
        command = [get_ffmpeg_exe(), "-v", "error", "-nostdin"]
        if video["sources"][0]["type"] != "video/mp4":
            command += ["-allowed_extensions", "ALL", "-live_start_index", "0"]
        command += ["-i", url, "-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"]
        subprocess.run(command, check=True, env={**os.environ, "no_proxy": "localhost"})

    def remove(self, video_id: str) -> None:
        """Delete the film."""
        body_of(self.guest.http.delete(f"/api/videos/{video_id}"), 204)
