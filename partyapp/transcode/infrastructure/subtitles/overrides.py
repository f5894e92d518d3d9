"""ASS's override blocks, `{\\an8\\i1}`, which SRT files use too."""

import re
from dataclasses import dataclass, field

from partyapp.transcode.infrastructure.subtitles.runs import Look

#: Tags inside of an animation change nothing that a still cue can show.
_ANIMATION = re.compile(r"\\t\([^)]*\)?")
_TAG = re.compile(
    r"\\(?:(?P<flag>[biu])(?P<on>\d{1,4})?(?![a-z])|an(?P<an>[1-9])|a(?P<a>\d{1,2})|p(?P<drawing>\d{1,3})|(?P<reset>r)"
    r"|(?:pos|move)\(\s*(?P<x>-?[0-9.]{1,12})\s*,\s*(?P<y>-?[0-9.]{1,12}))"
)
#: SSA's own numbers of alignments, by ours.
SSA_ALIGNMENTS = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}


@dataclass
class OverrideState:
    """What the override blocks of one cue have said so far. `base` is the look of its style."""

    base: Look
    alignment: int | None = None
    place: tuple[float, float] | None = None
    drawing: bool = False
    drew: bool = False
    look: Look = field(init=False)

    def __post_init__(self) -> None:
        self.look = self.base

    def apply(self, block: str) -> None:
        """Take in one block, without its braces."""
        for tag in _TAG.finditer(_ANIMATION.sub("", block)):
            if tag["flag"]:
                self._set(tag["flag"], tag["on"])
            elif tag["drawing"]:
                self.drawing = int(tag["drawing"]) > 0
                self.drew = self.drew or self.drawing
            elif tag["reset"]:
                self.look = self.base
            elif tag["x"]:
                self._place(tag["x"], tag["y"])
            elif self.alignment is None:
                # The first one counts for the whole line, as in libass.
                self.alignment = int(tag["an"]) if tag["an"] else SSA_ALIGNMENTS.get(int(tag["a"]))

    def _set(self, flag: str, on: str | None) -> None:
        if on is None:
            self.look = self.look.with_tag(flag, self.base.has(flag))
        else:
            # Bold may be a weight: 400 is plain.
            self.look = self.look.with_tag(flag, int(on) == 1 or int(on) > 400)

    def _place(self, x: str, y: str) -> None:
        try:
            self.place = self.place or (float(x), float(y))
        except ValueError:
            return


def with_overrides(text: str, state: OverrideState) -> list[tuple[str, Look]]:
    """The runs of `text` between its blocks `{\\…}`, in one pass. Drawings are left out; braces without a
    backslash are text. `state` knows what the blocks said."""
    runs, at = [], 0
    while at < len(text):
        start = text.find("{\\", at)
        end = text.find("}", start) if start >= 0 else -1
        if end < 0:
            start, end = len(text), len(text)
        if start > at and not state.drawing:
            runs.append((text[at:start], state.look))
        state.apply(text[start + 1 : end])
        at = end + 1
    return runs
