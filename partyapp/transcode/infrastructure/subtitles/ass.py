"""ASS and SSA: styles, events, and text with override blocks.

pysubs2 reads the header. The events are read here: it takes their fields in one fixed order, tells no line,
and needs the square of a line's length for its tags.
"""

import re
from dataclasses import dataclass, field

import pysubs2
from pysubs2 import SSAStyle

from partyapp.transcode.infrastructure.subtitles.cues import MAX_MARKUP_LENGTH, TOO_LONG, Cue, CueList
from partyapp.transcode.infrastructure.subtitles.overrides import OverrideState, with_overrides
from partyapp.transcode.infrastructure.subtitles.placement import settings_of
from partyapp.transcode.infrastructure.subtitles.runs import Look, cue_text
from partyapp.transcode.infrastructure.subtitles.times import time_of

_USUAL_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
#: What positions are measured in where the file says nothing, as in libass.
_CANVAS = (384.0, 288.0)
#: No script has more of these, and pysubs2 is given no more to read.
_MAX_STYLES = 2_000
_FIRST_WORD = re.compile(r"(?im)^[ \t]*(?:\[(?:script info|v4\+? styles|events)\]|dialogue:)")
_LONGEST_HEADER_LINE = 1_000


@dataclass
class _Header:
    """What the header says of looks and places."""

    styles: dict[str, SSAStyle] = field(default_factory=dict)
    canvas: tuple[float, float] = _CANVAS

    def look_of(self, style: str) -> Look:
        """How text of the style looks. Bold is left out: in many scripts it is the font of all text."""
        found = self.styles.get(style)
        return Look(italic=found.italic, underlined=found.underline) if found else Look()

    def alignment_of(self, style: str) -> int:
        """1 to 9 as on a number pad."""
        found = self.styles.get(style)
        return int(found.alignment) if found else 2


def is_ass(text: str) -> bool:
    """Whether the text says that it is ASS or SSA."""
    return _FIRST_WORD.search(text[:4_000].partition("-->")[0]) is not None


def read_ass(text: str) -> CueList:
    """The cues of an ASS or SSA file, in the order of the file."""
    lines = text.split("\n")
    header = _header_of(lines)
    found, seen = CueList(), set[Cue]()
    fields: tuple[str, ...] = _USUAL_FIELDS
    for number, line in enumerate(lines, 1):
        kind, colon, rest = line.partition(":")
        kind = kind.strip().lower()
        if not colon or kind not in ("format", "dialogue"):
            continue
        if kind == "format":
            named = tuple(name.strip().lower() for name in rest[:_LONGEST_HEADER_LINE].split(","))
            fields = named if "text" in named and "start" in named and "end" in named else fields
        else:
            _read_event(number, rest, fields, header, found, seen)
    return found


def _read_event(
    line: int, rest: str, names: tuple[str, ...], header: _Header, found: CueList, seen: set[Cue]
) -> None:
    if len(rest) > MAX_MARKUP_LENGTH:
        found.drop(line, TOO_LONG)
        return
    values = dict(zip(names, rest.split(",", len(names) - 1), strict=False))
    start_ms, end_ms = time_of(values.get("start", "")), time_of(values.get("end", ""))
    if start_ms is None or end_ms is None or "text" not in values:
        found.drop(line, "The times can't be read.", unreadable=True)
        return
    style = values.get("style", "").strip().lstrip("*")
    state = OverrideState(header.look_of(style))
    text = cue_text(with_overrides(_with_line_breaks(values["text"]), state))
    if state.drew and not text:
        found.drop(line, "It is a drawing.")
        return
    alignment = state.alignment or header.alignment_of(style)
    settings = settings_of(alignment, text.count("\n") + 1, state.place, header.canvas)
    cue = Cue(line=line, start_ms=start_ms, end_ms=end_ms, text=text, settings=settings)
    same = Cue(line=0, start_ms=start_ms, end_ms=end_ms, text=text)
    if text and same in seen:
        # An outline and what is in it are often two events.
        found.drop(line, "The same text is shown at the same time already.")
        return
    seen.add(same)
    found.add(cue)


def _with_line_breaks(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\N{NO-BREAK SPACE}")


def _header_of(lines: list[str]) -> _Header:
    info: list[str] = []
    styles: list[str] = []
    for line in lines:
        kind, colon, _ = line.partition(":")
        kind = kind.strip().lower()
        if not colon or len(line) > _LONGEST_HEADER_LINE or len(styles) >= _MAX_STYLES:
            continue
        if kind == "style":
            styles.append(line.strip())
        elif kind in ("playresx", "playresy"):
            info.append(line.strip())
    kind = "V4+ Styles" if any("v4+ styles" in line.lower() for line in lines) else "V4 Styles"
    read = _Header()
    for style in styles:
        # One at a time, since pysubs2 gives up a whole file for one number that is none.
        read.styles |= _styles_of(f"[{kind}]\n{style}\n")
    width, height = (_size(info, name) for name in ("playresx", "playresy"))
    if width and height:
        read.canvas = (width, height)
    return read


def _styles_of(section: str) -> dict[str, SSAStyle]:
    try:
        kept = pysubs2.SSAFile.from_string(section, format_="ass" if "V4+" in section else "ssa").styles
    except (ValueError, IndexError):
        return {}
    return {name.strip().lstrip("*"): style for name, style in kept.items()}


def _size(info: list[str], name: str) -> float | None:
    for line in info:
        kind, _, value = line.partition(":")
        if kind.strip().lower() == name and value.strip().isdecimal():
            return float(value.strip()[:6]) or None
    return None
