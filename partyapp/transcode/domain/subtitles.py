"""Subtitles: what a converted file holds, what was left out of it, and when a file is refused."""

from dataclasses import dataclass, replace
from uuid import UUID

from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.transcode.domain.film import PreparedFilm, SubtitleTrack

#: bytes; a film of three hours has about 200 kB.
MAX_SUBTITLE_BYTES = 5_000_000
#: A talkative film has 3,000; signs and songs that were drawn letter by letter have 20,000.
MAX_CUES = 50_000
#: Characters of one cue, with its markup.
MAX_CUE_LENGTH = 5_000


@dataclass(frozen=True)
class CueNote:
    """A cue that was left out or changed, and why. `line` is the line of the file, from 1.

    `unreadable` tells what should have been a cue from what never was one to show, a drawing for example.
    """

    line: int
    reason: str
    unreadable: bool = False


@dataclass(frozen=True, kw_only=True)
class ConvertedSubtitles:
    """A file of subtitles as WebVTT.

    `text` holds `cues` cues. With `dropped`, those are all that the file had: nothing is lost in silence.
    `mended` are cues that are in `text` with other times than the file gave them.
    """

    text: str
    cues: int
    dropped: tuple[CueNote, ...] = ()
    mended: tuple[CueNote, ...] = ()


class UnreadableSubtitles(ValidationFailed):
    """A file that can't be read as subtitles: `line` is where, from 1, `reason` a sentence for a person."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"Line {line}: {reason}", errors={"file": [f"Line {line}: {reason}"]})


#: Where a film keeps the subtitles that its owner added, apart from those that preparing it makes.
_ADDED = "subtitles/"
#: Subtitles of one film that its owner may add.
MAX_ADDED = 50


def added_file(subtitles_id: UUID) -> str:
    """The name of the file of subtitles that were added, in the film's folder."""
    return f"{_ADDED}{subtitles_id}.vtt"


def added_to(film: PreparedFilm | None) -> tuple[SubtitleTrack, ...]:
    """The film's subtitles that its owner added."""
    return tuple(track for track in film.subtitles if track.file.startswith(_ADDED)) if film else ()


def with_added(film: PreparedFilm, before: PreparedFilm | None) -> PreparedFilm:
    """A film that was prepared again, with what its owner had added to it `before`."""
    return replace(film, subtitles=(*film.subtitles, *added_to(before)))
