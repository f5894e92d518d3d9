"""A film's files: what preparing one makes, and what of it a player may choose."""

from dataclasses import dataclass
from typing import Any

import msgspec


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

    def to_json(self) -> dict[str, Any]:
        """The film as it is kept."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "PreparedFilm":
        """The film that was kept by this version or one before it. What a newer one added is left out."""
        return msgspec.convert(kept, cls)
