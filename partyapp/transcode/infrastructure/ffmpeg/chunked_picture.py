"""A film's picture, encoded in chunks that know nothing of one another.

A run that is killed loses the chunk that it was at, and makes the same frames when it goes on. Chunks have
whole frames by their times in the film (`arguments.picture_chunk`); an empty chunk is a place without frames.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from partyapp.transcode.domain.preparation import Rendition
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.domain.video import MAX_DURATION_S
from partyapp.transcode.infrastructure.ffmpeg.arguments import joined_film, picture_chunk
from partyapp.transcode.infrastructure.ffmpeg.film_reading import FilmReading
from partyapp.transcode.infrastructure.ffmpeg.fragments import FragmentedFile, fragments_of
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg

#: Lengths of chunks in s, the last one repeated: short at first, so that soon there is something to watch.
CHUNK_LENGTHS_S = (2.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: What people wait for: up to here, in s, encoding doesn't stand back behind all else.
AWAITED_S = 4.0
#: How long before a chunk reading begins, in s, and how long where that seems to have lost frames; None is
#: the film's beginning.
LEADS_S = (1.0, 20.0, None)
#: A gap between two chunks is looked at if it is longer than this, in s, and than the gaps within both.
GAP_S = 0.1


@dataclass(frozen=True)
class Chunk:
    """A chunk that is whole."""

    path: Path
    parts: FragmentedFile

    @property
    def start_s(self) -> float:
        return self.parts.fragments[0].start_s

    @property
    def last_s(self) -> float:
        return self.parts.fragments[-1].last_s

    @property
    def longest_s(self) -> float:
        return max(fragment.longest_s for fragment in self.parts.fragments)


class ChunkedPicture:
    """The picture of what is read in `size`, as chunks in `folder` whose names begin with `name`."""

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        reading: FilmReading,
        size: Rendition,
        folder: Path,
        name: str,
        lengths_s: tuple[float, ...] = CHUNK_LENGTHS_S,
    ) -> None:
        self._ffmpeg = ffmpeg
        self._reading = reading
        self._size = size
        self._folder = folder
        self._name = name
        self._lengths_s = lengths_s
        self._chunks: list[Chunk] = []

    def encode(
        self,
        *,
        on_time: Callable[[float], None],
        on_chunk: Callable[[Chunk], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Make all chunks that are not there yet. `on_time` gets how far it is in the film, in s."""
        number, start = 0, 0.0
        while True:
            end = start + self._lengths_s[min(number, len(self._lengths_s) - 1)]
            path = self._folder / f"{self._name}-{number:05d}.mp4"
            parts = self._chunk(path, (start, end), on_time, should_stop)
            if parts.fragments:
                self._chunks.append(Chunk(path, parts))
                on_chunk(self._chunks[-1])
            elif self._reading.is_whole and start >= self._reading.duration_s:
                return  # The film may last longer than it says, but not have such a gap after that.
            if end > MAX_DURATION_S:
                raise FilmRefused("The film doesn't end within 7 days.")
            on_time(end)
            number, start = number + 1, end

    def _chunk(
        self,
        path: Path,
        span: tuple[float, float],
        on_time: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> FragmentedFile:
        if path.exists():
            return fragments_of(path)
        growing, reading = path.with_suffix(".part"), self._reading
        reading.await_until(span[1], should_stop)
        was_whole = reading.is_whole
        try:
            parts = self._encoded(growing, span, on_time, should_stop)
            may_lack = not was_whole and _may_lack_an_end(parts, span[1])
        except FilmRefused:
            if was_whole:
                raise
            may_lack = True
        if may_lack:
            reading.await_until(None, should_stop)
            parts = self._encoded(growing, span, on_time, should_stop)
        growing.replace(path)
        return parts

    def _encoded(
        self,
        growing: Path,
        span: tuple[float, float],
        on_time: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> FragmentedFile:
        parts, reading = FragmentedFile(0, ()), self._reading
        for lead_s in LEADS_S:
            arguments = picture_chunk(reading.path, reading.picture, self._size, span, lead_s, growing)
            # A film's first seconds are short, and all that can be watched of it for now.
            is_awaited = span[1] <= AWAITED_S or span[0] == 0
            self._ffmpeg.run(arguments, should_stop=should_stop, on_time=on_time, is_awaited=is_awaited)
            parts = fragments_of(growing)
            if not self._lost_some(parts, span[0]):
                break
        return parts

    def _lost_some(self, parts: FragmentedFile, start_s: float) -> bool:
        """Whether the gap before this chunk is longer than any in it or in the one before.

        Where a file's index is wrong, reading may begin behind the place that was asked for.
        """
        if start_s == 0 or not parts.fragments or not self._chunks:
            return False
        chunk, before = Chunk(Path(), parts), self._chunks[-1]
        gap = chunk.start_s - before.last_s
        return gap > max(GAP_S, 1.5 * chunk.longest_s, 1.5 * before.longest_s)

    def join(self, sound: Path | None, path: Path, should_stop: Callable[[], bool]) -> None:
        """Make one plain MP4 of the chunks and the sound."""
        if not self._chunks:
            raise FilmRefused("The film's picture can't be read.")
        reading, writing = os.pipe()
        feeder = threading.Thread(target=self._feed, args=(writing,), name="film-chunks")
        feeder.start()
        try:
            with os.fdopen(reading, "rb") as pipe:
                arguments = joined_film("pipe:0", sound, path)
                self._ffmpeg.run(arguments, should_stop=should_stop, stdin=pipe, is_awaited=True)
        finally:
            feeder.join()

    def _feed(self, writing: int) -> None:
        # Ends with an error when ffmpeg has ended: it tells the reason itself.
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
            for number, chunk in enumerate(self._chunks):
                _copy(chunk, pipe, with_head=number == 0)


def _may_lack_an_end(parts: FragmentedFile, end_s: float) -> bool:
    """Whether what was read of a file that grows may have ended before the span did.

    Its streams may lie further apart than films have them.
    """
    if not parts.fragments:
        return True
    last = parts.fragments[-1]
    return end_s - last.last_s > max(GAP_S, 1.5 * last.longest_s)


def _copy(chunk: Chunk, into: BinaryIO, *, with_head: bool) -> None:
    begin = 0 if with_head else chunk.parts.head_size
    last = chunk.parts.fragments[-1]
    left = last.offset + last.size - begin
    with chunk.path.open("rb") as file:
        file.seek(begin)
        while left > 0 and (data := file.read(min(left, 1 << 20))):
            into.write(data)
            left -= len(data)
