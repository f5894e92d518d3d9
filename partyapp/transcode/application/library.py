"""The library: the catalogue is kept in step with a folder of films that are there already.

The folder is looked through again and again instead of being watched: over a network nobody tells of changes,
and a folder that is moved in tells nothing of the films in it (see docs/decisions).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import derived_id, new_id
from partyapp.transcode.application.ports import FilmFiles, VideoFilter, VideoParties, VideoPort
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.upload import names_of
from partyapp.transcode.domain.video import TITLE_MAX, FilmFile, Video, VideoKind

#: A file that has changed within so many ms may still be copied.
SETTLED_MS = 10_000
_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class LibraryEntry:
    """A file of the library: `key` is its path below the folder, with `/`; `size` in bytes."""

    key: str
    size: int
    changed_ms: float


class LibraryFilms(Protocol):
    """The films in the library's folder."""

    def films(self) -> Iterator[LibraryEntry]:
        """All of them. Raises OSError when the folder can't be read."""
        ...


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """What a look through the library has changed."""

    added: int = 0
    removed: int = 0


@dataclass(frozen=True, kw_only=True)
class ScanLibrary:
    """Has a video for each film of the folder, and none for what isn't there any more.

    A film that a party shows stays until the party has ended. One that was replaced by another file is taken
    for gone and new.
    """

    videos: VideoPort
    parties: VideoParties
    library: LibraryFilms
    files: FilmFiles
    clock: Clock

    def __call__(self) -> ScanResult:
        """Look through it. Raises OSError when the folder can't be read, and then nothing is changed."""
        now_ms = self.clock.now_ms()
        there = {entry.key: entry for entry in self.library.films()}
        known = {view.video.source.key: view for view in self._known() if view.video.source is not None}
        removed = sum(self._remove(view) for key, view in known.items() if _is_other(view, there.get(key)))
        settled = [entry for entry in there.values() if now_ms - entry.changed_ms >= SETTLED_MS]
        added = sum(self._add(entry, now_ms) for entry in settled if entry.key not in known)
        return ScanResult(added=added, removed=removed)

    def _known(self) -> Iterator[VideoView]:
        after: UUID | None = None
        while found := self.videos.newest(_PAGE, after, VideoFilter(kind=VideoKind.LIBRARY)):
            yield from found
            after = found[-1].id

    def _add(self, entry: LibraryEntry, now_ms: float) -> bool:
        video = Video(
            id=new_id(),
            title=title_of(entry.key),
            duration_s=None,
            playback_url="",
            owner_id=None,
            created_at_ms=int(now_ms),
            kind=VideoKind.LIBRARY,
            source=FilmFile(key=entry.key, size=entry.size),
        )
        return self.videos.add(
            video, TranscodeJob.pending(derived_id("transcode", video.id), video.id, now_ms)
        )

    def _remove(self, view: VideoView) -> bool:
        try:
            if self.parties.is_shown(view.id):
                return False
            removed = self.videos.remove(view.id)
            self.parties.removed(view.id)
            self.files.remove(view.id)
            return removed
        except Refusal:
            return False


def _is_other(view: VideoView, entry: LibraryEntry | None) -> bool:
    return entry is None or view.video.source is None or view.video.source.size != entry.size


def title_of(key: str) -> str:
    """What people call a film of the library: its shelves and its name."""
    path = PurePosixPath(key)
    names = [names_of({"filename": f"{name}.film"})[1] for name in path.parts[:-1]]
    title = " · ".join([*names, names_of({"filename": path.name})[1]])
    return title if len(title) <= TITLE_MAX else title[-TITLE_MAX:]
