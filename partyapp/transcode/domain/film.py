"""A film's files: what preparing one makes, and what of it a player may choose."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

#: The type of a source that grows: an index of segments.
SEGMENTS = "application/vnd.apple.mpegurl"


@dataclass(frozen=True, kw_only=True)
class FilmSource:
    """One file that a player can play. `bitrate` in bit/s; `audio_track` is the id of the sound in it.

    `file` is the file's name in the film's folder of the store, or "" for the film as it came.
    """

    file: str
    type: str
    width: int
    height: int
    bitrate: int
    audio_track: str | None = None


@dataclass(frozen=True, kw_only=True)
class SubtitleTrack:
    """Subtitles as WebVTT in UTF-8. `language` is an RFC 5646 tag, None where nobody said."""

    id: str
    language: str | None
    label: str
    file: str
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class AudioTrack:
    """A sound that a member may choose: each has sources of its own, since browsers can't switch tracks."""

    id: str
    language: str | None
    label: str
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class PreparedFilm:
    """What a film has once it is prepared: its sources, best first, and what comes with them.

    `duration_s` in s. `poster` and `storyboard` are file names in the film's folder.
    """

    duration_s: float | None
    width: int
    height: int
    frame_rate: float | None
    sources: tuple[FilmSource, ...]
    subtitles: tuple[SubtitleTrack, ...] = ()
    audio_tracks: tuple[AudioTrack, ...] = ()
    poster: str | None = None
    storyboard: str | None = None
    #: The files that the storyboard names, relative to itself.
    pictures: tuple[str, ...] = ()
    #: What of the file is not in it, in words; None where all is.
    left_out: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of it can be watched: not only the segments that there are so far."""
        return any(source.type != SEGMENTS for source in self.sources)

    def names(self) -> list[str]:
        """The names of all its files; "" where it is played as it came."""
        found = [source.file for source in self.sources] + [track.file for track in self.subtitles]
        return found + [name for name in (self.poster, self.storyboard, *self.pictures) if name is not None]

    def with_names(self, rename: Callable[[str], str]) -> "PreparedFilm":
        """The same film, its files named otherwise."""
        return replace(
            self,
            sources=tuple(replace(source, file=rename(source.file)) for source in self.sources),
            subtitles=tuple(replace(track, file=rename(track.file)) for track in self.subtitles),
            poster=None if self.poster is None else rename(self.poster),
            storyboard=None if self.storyboard is None else rename(self.storyboard),
            pictures=tuple(rename(name) for name in self.pictures),
        )

    def to_json(self) -> dict[str, Any]:
        """The film as it is kept."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "PreparedFilm":
        """The film that was kept by this version or one before it. What a newer one added is left out."""
        return msgspec.convert(kept, cls)


#: A film of which nothing is there yet but what its owner adds to it.
NO_FILM = PreparedFilm(duration_s=None, width=0, height=0, frame_rate=None, sources=())
