"""Films of each kind, and what must be true of them whatever was killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench.films.service import FilmService
from tests.support.film_clips import Clips, frame_hashes
from tests.support.party_client import Json
from tests.support.whole_films import disc_film, old_film


def kinds(folder: Path, seconds: float) -> dict[str, Path]:
    """A film for each way of preparing one: none, a copy, the sound only, all of it."""
    clips = Clips(folder)
    return {
        "as it is": clips.film("front.mp4", seconds=seconds, more=("-movflags", "+faststart")),
        "copy": clips.film("film.mkv", seconds=seconds),
        "sound only": disc_film(folder, seconds=seconds),
        "whole": old_film(folder, seconds=seconds),
    }


@dataclass(frozen=True)
class Films:
    """The person's films, by the kind of each, and the frames that an undisturbed run made of each kind."""

    service: FilmService
    frames: dict[str, list[str]]
    #: Films of the stack that were there before.
    others: frozenset[str] = frozenset()

    def settled(self, video_id: str) -> bool:
        """Whether the film's job has come to an end."""
        job = self.service.video(video_id)["transcode_job"]
        return job["state"] in ("completed", "failed")

    def wrong(self, uploaded: dict[str, str]) -> Iterator[str]:
        """What is not as it must be, once all have settled; `uploaded` has the film's id for each kind."""
        items = self.service.guest.get("/api/videos", params={"limit": 100}).json()["items"]
        own = sorted(item["id"] for item in items if item["kind"] == "upload")
        if own != sorted(uploaded.values()):
            yield f"the list has {len(own)} films of {len(uploaded)}"
        for kind, video_id in uploaded.items():
            video = self.service.video(video_id)
            if video["state"] == "failed":
                yield f"{kind}: failed, {video['transcode_job']['error']}"
            else:
                yield from self._wrong_files(kind, video)

    def _wrong_files(self, kind: str, video: Json) -> Iterator[str]:
        if frame_hashes(self._main_file(video)) != self.frames[kind]:
            yield f"{kind}: other frames"
        folder = self._folder / "films" / video["id"]
        made_by = {path.name for path in folder.iterdir() if path.name not in ("source", "subtitles")}
        if len(made_by) != 1:
            yield f"{kind}: files of {len(made_by)} runs, {sorted(made_by)}"
        has_source = (folder / "source").exists()
        if has_source != video["playback_url"].endswith("/source"):
            yield f"{kind}: the film as it came is {'still there' if has_source else 'gone'}"

    def left_over(self, uploaded: dict[str, str]) -> list[str]:
        """Files and programs that nobody needs."""
        found = [
            str(path.relative_to(self._folder))
            for name in ("work", "uploads", ".making")
            for path in (self._folder / name).glob("*")
        ]
        ids = {*uploaded.values(), *self.others}
        found += [str(path.name) for path in (self._folder / "films").glob("*") if path.name not in ids]
        return found + [f"process {process.pid}" for process in self.programs()]

    def programs(self) -> list[psutil.Process]:
        """The programs that read or write films of this stack."""
        place = str(self._folder)
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if any(place in word for word in words) and any("ffmpeg" in word for word in words):
                found.append(process)
        return found

    def present(self) -> frozenset[str]:
        """The films that have files."""
        return frozenset(path.name for path in (self._folder / "films").glob("*"))

    def reference(self, video_id: str) -> list[str]:
        """The frames of a film that nothing has disturbed."""
        return frame_hashes(self._main_file(self.service.video(video_id)))

    @property
    def _folder(self) -> Path:
        return self.service.stack.data_dir / "films"

    def _main_file(self, video: Json) -> Path:
        # /media/{grant}/{video}/{name} is films/{video}/{name} in the store.
        _, _, _, name = video["playback_url"].removeprefix("/").split("/", 3)
        return Path(self._folder, "films", str(video["id"]), name)
