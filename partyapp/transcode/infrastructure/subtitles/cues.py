"""Cues on their way from any kind of file to WebVTT: their times mended, each one counted."""

from dataclasses import dataclass, field, replace

from partyapp.transcode.domain.subtitles import (
    MAX_CUE_LENGTH,
    MAX_CUES,
    ConvertedSubtitles,
    CueNote,
    UnreadableSubtitles,
)
from partyapp.transcode.infrastructure.subtitles.times import LATEST_MS, end_by_reading, webvtt_time

#: Characters of a cue as the file has it, with markup that is left out. What is longer isn't even read.
MAX_MARKUP_LENGTH = 4 * MAX_CUE_LENGTH
TOO_LONG = f"It is longer than {MAX_CUE_LENGTH} characters."


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A cue of the file: `line` is where its times stand, `text` is WebVTT cue text, times are in ms.

    `settings` are WebVTT cue settings.
    """

    line: int
    start_ms: int
    end_ms: int
    text: str
    settings: str = ""


@dataclass
class CueList:
    """What a reader found. Each cue of the file is either added or dropped with a reason."""

    cues: list[Cue] = field(default_factory=list)
    dropped: list[CueNote] = field(default_factory=list)

    def add(self, cue: Cue) -> None:
        """Take the cue, or drop it if it can never be shown. Raises `UnreadableSubtitles` over `MAX_CUES`."""
        if not cue.text.strip():
            self.drop(cue.line, "It has no text.")
        elif len(cue.text) > MAX_CUE_LENGTH:
            self.drop(cue.line, TOO_LONG)
        elif cue.start_ms >= LATEST_MS:
            self.drop(cue.line, "It begins after the end of any film.")
        elif cue.start_ms < 0 and cue.end_ms <= 0:
            self.drop(cue.line, "It ends before the film begins.")
        else:
            self.cues.append(cue)
        self._stay_bounded(cue.line)

    def drop(self, line: int, reason: str, *, unreadable: bool = False) -> None:
        """Leave out what stands at the line."""
        self.dropped.append(CueNote(line, reason, unreadable))
        self._stay_bounded(line)

    def _stay_bounded(self, line: int) -> None:
        if len(self.cues) + len(self.dropped) > MAX_CUES:
            raise UnreadableSubtitles(line, f"There are more than {MAX_CUES} cues.")

    def converted(self) -> ConvertedSubtitles:
        """The list as WebVTT, in the order of time. Raises `UnreadableSubtitles` where no cue is left."""
        self.dropped.sort(key=lambda note: note.line)
        if not self.cues:
            # What was meant as a cue and can't be read tells more than that there is none.
            first = next((note for note in self.dropped if note.unreadable), None) or next(
                iter(self.dropped), CueNote(1, "There is no cue in WebVTT, SRT or ASS.")
            )
            raise UnreadableSubtitles(first.line, first.reason)
        cues, mended = _with_right_times(sorted(self.cues, key=lambda cue: max(cue.start_ms, 0)))
        return ConvertedSubtitles(
            text="WEBVTT\n\n" + "\n".join(map(_block, cues)),
            cues=len(cues),
            dropped=tuple(self.dropped),
            mended=tuple(sorted(mended, key=lambda note: note.line)),
        )


def _with_right_times(cues: list[Cue]) -> tuple[list[Cue], list[CueNote]]:
    right, notes = [], []
    for place, cue in enumerate(cues):
        following = cues[place + 1].start_ms if place + 1 < len(cues) else None
        mended, reason = _mended(cue, following)
        right.append(mended)
        if reason:
            notes.append(CueNote(cue.line, reason))
    return right, notes


def _mended(cue: Cue, next_start_ms: int | None) -> tuple[Cue, str]:
    """The cue with times that a browser takes, and what was changed."""
    if cue.start_ms < 0:
        return replace(cue, start_ms=0), "It began before the film."
    if cue.end_ms <= cue.start_ms:
        end_ms = end_by_reading(cue.start_ms, len(cue.text), next_start_ms)
        return replace(
            cue, end_ms=end_ms
        ), "It ended before it began, so it is shown as long as it takes to read."
    if cue.end_ms > LATEST_MS:
        return replace(cue, end_ms=LATEST_MS), "It ended after any film."
    return cue, ""


def _block(cue: Cue) -> str:
    settings = f" {cue.settings}" if cue.settings else ""
    return f"{webvtt_time(cue.start_ms)} --> {webvtt_time(cue.end_ms)}{settings}\n{cue.text}\n"
