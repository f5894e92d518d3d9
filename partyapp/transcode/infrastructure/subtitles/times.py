"""Times of cues, as people and programs write them, and as WebVTT wants them."""

import re

#: A time: hours (or none), minutes, seconds, and a part of a second behind a comma, a dot or a colon.
_TIME = (
    r"(-?)[ \t]*(?:([0-9]{1,6})[ \t]*:[ \t]*)?([0-9]{1,4})[ \t]*:[ \t]*([0-9]{1,2})"
    r"(?:[ \t]*[.,:][ \t]*([0-9]{1,9}))?"
)
_TIME_ALONE = re.compile(rf"[ \t]*{_TIME}[ \t]*")
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*--?>[ \t]*{_TIME}(?![0-9])")
#: No line of times is longer, and what is longer isn't searched.
_LONGEST_TIMING = 500
#: A film is a week long at most.
LATEST_MS = 7 * 24 * 3_600_000
#: How long a cue is shown whose end nobody knows, by the letters of it, and at least and at most.
_READING_MS_PER_LETTER, _SHORTEST_MS, _LONGEST_MS = 60, 1_000, 6_000


def timing_of(line: str) -> tuple[int, int, str] | None:
    """Start and end in ms and what follows them; None where the line isn't two times and an arrow."""
    found = _TIMING.match(line) if len(line) <= _LONGEST_TIMING else None
    if found is None:
        return None
    parts = found.groups()
    return _milliseconds(parts[:5]), _milliseconds(parts[5:]), line[found.end() :]


def time_of(text: str) -> int | None:
    """One time in ms, or None."""
    found = _TIME_ALONE.fullmatch(text) if len(text) <= _LONGEST_TIMING else None
    return None if found is None else _milliseconds(found.groups())


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    sign, hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    at_ms = whole * 1000 + int((fraction or "0").ljust(3, "0")[:3])
    return -at_ms if sign else at_ms


def webvtt_time(at_ms: int) -> str:
    """`HH:MM:SS.mmm`, with more digits for 100 hours and more."""
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"


def end_by_reading(start_ms: int, letters: int, next_start_ms: int | None) -> int:
    """Until when a cue is shown whose own end can't be right: while it is read, or up to the next."""
    end_ms = start_ms + min(max(letters * _READING_MS_PER_LETTER, _SHORTEST_MS), _LONGEST_MS)
    if next_start_ms is not None and next_start_ms >= start_ms + _SHORTEST_MS:
        return min(end_ms, next_start_ms)
    return end_ms
