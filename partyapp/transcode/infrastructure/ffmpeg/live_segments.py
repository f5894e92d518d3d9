"""Tells of a film's segments while it is prepared, so that it can be watched from its first seconds on."""

from dataclasses import replace
from pathlib import Path

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.transcode.infrastructure.ffmpeg.chunked_picture import Chunk
from partyapp.transcode.infrastructure.ffmpeg.film_files import FilmFiles
from partyapp.transcode.infrastructure.ffmpeg.progress import Tracker
from partyapp.transcode.infrastructure.ffmpeg.segments import INDEX, Segments

#: What grows by itself is looked at so often, in s.
CATCH_UP_S = 0.5


class LiveSegments:
    """Segments in `folder`; `sound` is where the first sound will be, and where it grows."""

    def __init__(
        self, folder: Path, files: FilmFiles, tracker: Tracker, sound: tuple[Path, Path] | None
    ) -> None:
        self._segments = Segments(folder, files.plan.picture, *(sound or (None, None)))
        self._files = replace(files, segments_index=INDEX)
        self._tracker = tracker
        self._looked_at_s = monotonic_s()

    def add(self, chunk: Chunk) -> None:
        """A chunk of the picture is whole."""
        self._segments.add_chunk(chunk.path, chunk.parts)
        self.publish(can_pause=True)

    def grow(self, picture: Path) -> None:
        """Look whether there is more of a picture that is copied into a file."""
        if monotonic_s() - self._looked_at_s > CATCH_UP_S:
            self._segments.add_grown(picture)
            self.publish()

    def catch_up(self) -> None:
        """Look whether the sound of what can be seen is there by now."""
        if self._segments.is_waiting and monotonic_s() - self._looked_at_s > CATCH_UP_S:
            self.publish()

    def publish(self, *, ended: bool = False, can_pause: bool = False) -> None:
        """Tell what is new."""
        self._looked_at_s = monotonic_s()
        names = self._segments.published(ended=ended)
        if names:
            film, ready_s = self._files.described(), self._segments.ready_until_s
            self._tracker.playable(film, ready_s, names, can_pause=can_pause)
