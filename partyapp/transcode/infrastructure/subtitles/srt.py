"""SRT: numbers, times and text, each of which people leave out or write otherwise.

pysubs2 reads it too, but loses signs and hours of 100 and more, tags, and a last line that is a number, and
tells no line; webvtt-py drops what has no number.
"""

import html
import re

from partyapp.transcode.infrastructure.subtitles.cues import MAX_MARKUP_LENGTH, TOO_LONG, Cue, CueList
from partyapp.transcode.infrastructure.subtitles.encoding import without_controls
from partyapp.transcode.infrastructure.subtitles.overrides import OverrideState, with_overrides
from partyapp.transcode.infrastructure.subtitles.placement import settings_of
from partyapp.transcode.infrastructure.subtitles.runs import COLOURS, Look, cue_text
from partyapp.transcode.infrastructure.subtitles.times import time_of, timing_of

_NUMBER = re.compile(r"\s*([0-9]{1,9})\s*")
_LIKE_TIMES = re.compile(r"[ \t]*-?[0-9]{1,6}[ \t]*:.{0,60}--?>")
_ARROW = "-->"
#: As short as they are, so that no text takes long to search.
_TAG = re.compile(r"<[ ]?(/?)[ ]?(i|b|u|s|em|strong|font|span)([\s=/][^<>]{0,300})?>", re.IGNORECASE)
_BREAK = re.compile(r"<br[ ]?/?>", re.IGNORECASE)
_COLOUR = re.compile(r"color\s*=\s*[\"']?\s*(#?\w{3,20})", re.IGNORECASE)
_FLAGS = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u"}
#: What other programs have escaped; nobody writes these for the eye.
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|lrm|rlm|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
#: What the coordinates of `\\pos` are measured in where nobody says: libass's own.
_CANVAS = (384.0, 288.0)


def read_srt(text: str) -> CueList:
    """The cues of an SRT file."""
    found = CueList()
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if timing_of(line) or _means_times(lines, at)]
    _drop_what_comes_first(lines[: starts[0]] if starts else lines, found)
    number: int | None = None
    for place, at in enumerate(starts):
        number = _number_before(lines, at, number) or number
        end = starts[place + 1] if place + 1 < len(starts) else len(lines)
        _read_cue(lines, at, _end_of_text(lines, at, end, number), found)
    return found


def _means_times(lines: list[str], at: int) -> bool:
    """Whether these were meant as times: an arrow under a cue's number, or beside something like a time."""
    line = lines[at]
    if _ARROW not in line:
        return False
    if _LIKE_TIMES.match(line) or time_of(line.partition(_ARROW)[2]) is not None:
        return True
    return at > 0 and bool(_NUMBER.fullmatch(lines[at - 1])) and (at == 1 or not lines[at - 2].strip())


def _drop_what_comes_first(lines: list[str], found: CueList) -> None:
    for at, line in enumerate(lines):
        if line.strip() and not _NUMBER.fullmatch(line):
            found.drop(at + 1, "There are no times above this text.", unreadable=True)
            return


def _number_before(lines: list[str], at: int, last: int | None) -> int | None:
    """The cue's number: the line above its times, also beyond empty lines if it follows the last one."""
    above = at - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    number = _NUMBER.fullmatch(lines[above]) if above >= 0 else None
    if number is None:
        return None
    counts_on = last is None or int(number[1]) == last + 1
    return int(number[1]) if above == at - 1 or counts_on else None


def _end_of_text(lines: list[str], at: int, end: int, number: int | None) -> int:
    """Where the cue's text ends: before the number of the next cue, also of one that was cut off.

    A line of text may be a number too, so two signs are needed: it stands above times, it follows the last
    number, it has an empty line above.
    """
    last = end - 1
    while last > at and not lines[last].strip():
        last -= 1
    is_number = _NUMBER.fullmatch(lines[last]) if last > at else None
    if is_number is None:
        return last + 1
    stands_above_times = end < len(lines) and last == end - 1
    counts_on = number is not None and int(is_number[1]) == number + 1
    below_nothing = not lines[last - 1].strip()
    signs = (stands_above_times, counts_on, below_nothing)
    return last if signs.count(True) >= 2 else last + 1


def _read_cue(lines: list[str], at: int, end: int, found: CueList) -> None:
    timing = timing_of(lines[at])
    if timing is None:
        found.drop(at + 1, "The times can't be read.", unreadable=True)
        return
    raw = "\n".join(lines[at + 1 : end])
    if len(raw) > MAX_MARKUP_LENGTH:
        found.drop(at + 1, TOO_LONG)
        return
    state = OverrideState(Look())
    written = with_overrides(raw, state)
    text = cue_text(_runs(written))
    settings = settings_of(state.alignment or 2, text.count("\n") + 1, state.place, _CANVAS)
    if state.drew and not text:
        found.drop(at + 1, "It is a drawing.")
        return
    found.add(Cue(line=at + 1, start_ms=timing[0], end_ms=timing[1], text=text, settings=settings))


def _runs(written: list[tuple[str, Look]]) -> list[tuple[str, Look]]:
    """The runs with HTML's tags read, which may begin in one of them and end in another."""
    runs: list[tuple[str, Look]] = []
    tags = Look()
    for raw, look in written:
        text, at = _BREAK.sub("\n", raw), 0
        for tag in _TAG.finditer(text):
            runs.append((_unescaped(text[at : tag.start()]), _both(look, tags)))
            tags = _after(tags, tag)
            at = tag.end()
        runs.append((_unescaped(text[at:]), _both(look, tags)))
    return runs


def _after(look: Look, tag: re.Match[str]) -> Look:
    name, closes = tag[2].lower(), bool(tag[1])
    if name in _FLAGS:
        return look.with_tag(_FLAGS[name], not closes)
    if name == "font":
        colour = None if closes else _COLOUR.search(tag[3] or "")
        named = COLOURS.get(colour[1].lower(), "") if colour else ""
        return Look(look.italic, look.bold, look.underlined, named)
    return look


def _both(one: Look, other: Look) -> Look:
    return Look(
        one.italic or other.italic, one.bold or other.bold, one.underlined or other.underlined, other.colour
    )


def _unescaped(text: str) -> str:
    return without_controls(_ESCAPED.sub(lambda found: html.unescape(found[0]), text))
