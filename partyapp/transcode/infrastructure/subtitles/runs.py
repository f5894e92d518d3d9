"""Text with its looks in WebVTT's own markup: italics, bold, underlined, and colours by name."""

from dataclasses import dataclass

#: The classes that browsers know without a style sheet (WebVTT, "default classes").
COLOURS = {
    "#ffffff": "", "white": "", "#00ff00": "lime", "lime": "lime", "#00ffff": "cyan", "cyan": "cyan",
    "#ff0000": "red", "red": "red", "#ffff00": "yellow", "yellow": "yellow",
    "#ff00ff": "magenta", "magenta": "magenta",
    "#0000ff": "blue", "blue": "blue", "#000000": "", "black": "",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a run of text looks. `colour` is one of WebVTT's own colour classes."""

    italic: bool = False
    bold: bool = False
    underlined: bool = False
    colour: str = ""

    def with_tag(self, tag: str, on: bool) -> "Look":
        """The look behind `<i>`, `</i>` and the like."""
        return Look(
            on if tag == "i" else self.italic,
            on if tag == "b" else self.bold,
            on if tag == "u" else self.underlined,
            self.colour,
        )

    def has(self, tag: str) -> bool:
        """Whether text of this look stands in `<i>`, and the like."""
        return {"i": self.italic, "b": self.bold, "u": self.underlined}[tag]

    @property
    def tags(self) -> tuple[str, ...]:
        """WebVTT's tags for it, the outermost first."""
        colour = (f"c.{self.colour}",) if self.colour else ()
        flags = {"b": self.bold, "i": self.italic, "u": self.underlined}
        return colour + tuple(tag for tag, on in flags.items() if on)


def escaped(text: str) -> str:
    """The text as WebVTT shows it letter by letter."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cue_text(runs: list[tuple[str, Look]]) -> str:
    """Runs as WebVTT cue text: escaped, each tag closed, without the empty lines that would end the cue."""
    out: list[str] = []
    open_tags: tuple[str, ...] = ()
    for text, look in _without_empty_lines(runs):
        if look.tags != open_tags:
            out += [_end(tag) for tag in reversed(open_tags)]
            out += [f"<{tag}>" for tag in look.tags]
            open_tags = look.tags
        out.append(escaped(text))
    out += [_end(tag) for tag in reversed(open_tags)]
    return "".join(out)


def _end(tag: str) -> str:
    return f"</{tag.partition('.')[0]}>"


def _without_empty_lines(runs: list[tuple[str, Look]]) -> list[tuple[str, Look]]:
    lines: list[list[tuple[str, Look]]] = [[]]
    for text, look in runs:
        first, *others = text.split("\n")
        lines[-1].append((first, look))
        lines += [[(other, look)] for other in others]
    kept: list[tuple[str, Look]] = []
    for line in lines:
        if any(text.strip() for text, _ in line):
            # The newline looks like what stands before it, so that it opens no tag of its own.
            kept += [("\n", kept[-1][1])] if kept else []
            kept += [(text, look) for text, look in line if text]
    return kept
