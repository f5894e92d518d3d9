"""What a message may hold: visible text as names are, but in lines."""

import re

from partyapp.shared.kernel.visible_text import text_problem, visible_text

MAX_TEXT = 500

#: Whatever ends a line, by Unicode's newline guidelines (UAX #14, the classes BK, CR, LF and NL).
_LINE_END = re.compile("\r\n|[\n\x0b\x0c\r\x85\u2028\u2029]")
#: More than one empty line between two others says no more than one.
_GAPS = re.compile("\n{3,}")


class BadText(ValueError):
    """A text that can't be taken; the message is a sentence for who wrote it."""


def chat_text(written: str) -> str:
    """The text of a message: NFC, trimmed, lines ended by a newline, without what can't be seen.

    Raises `BadText` for control characters, an overridden direction, and for what is not 1 to 500
    characters long then.
    """
    lines = [line.replace("\t", " ") for line in _LINE_END.split(written)]
    for line in lines:
        # An empty line among others is no problem, and neither is one that is empty to the eye.
        problem = text_problem(f".{line}") if line else None
        if problem is not None:
            raise BadText(problem)
    text = _GAPS.sub("\n\n", "\n".join(visible_text(line) for line in lines)).strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise BadText(f"Must be 1 to {MAX_TEXT} characters long.")
    return text
