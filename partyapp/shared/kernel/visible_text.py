"""Short texts that people show each other: names and titles. One rule for all of them.

What nobody can see is taken out, so that two texts that differ look different: zero-width characters,
fillers, tags, marks of direction. What belongs to a writing system or an emoji stays: a joiner where it
changes what is drawn (RFC 5892 appendix A for letters, UTS #51 for emoji), combining marks, variation
selectors behind what they select, the tags of a flag. The form is NFC (UAX #15).
"""

import re
import unicodedata
from collections.abc import Iterable
from unicodedata import category, combining

_ZWNJ, _ZWJ = "\u200c", "\u200d"

#: Letters, symbols and marks that draw nothing though their category says otherwise, and default ignorables
#: of other categories than Cf: Hangul fillers, the grapheme joiner, Khmer inherent vowels, a null note.
_DRAWS_NOTHING = frozenset(
    "\ufff0\ufff1\ufff2\ufff3\ufff4\ufff5\ufff6\ufff7\ufff8\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2065\U0001d159"
)
#: Drawn like a space.
_BLANK = frozenset("\u2800")
#: Marks of numbers and verses that stand in front of others and are drawn (Prepended_Concatenation_Mark).
_DRAWN_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
#: Whole texts that are turned round by them are never what somebody meant by a name.
_OVERRIDES = "\u202d\u202e"

#: A flag of a part of a country: a black flag, its letters as tags, and the end (UTS #51 ED-14a).
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
#: Behind what a variation selector is kept: emoji and symbols (16 and 15), ideographs, Mongolian letters.
_SELECTED = (
    (re.compile("[\ufe0e\ufe0f]"), re.compile("[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")),
    (
        re.compile("[\ufe00-\ufe02\U000e0100-\U000e01ef]"),
        re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    ),
    (re.compile("[\u180b-\u180d\u180f]"), re.compile("[\u1820-\u18aa]")),
)
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
#: Letters that join (Joining_Type L, R or D), and of Arabic's those that don't join what follows them.
_JOINING = re.compile(
    "[\u0620-\u064a\u066e-\u06d5\u06ee\u06ef\u06fa-\u06ff\u0710-\u072f\u074d-\u077f\u07ca-\u07ea"
    "\u0840-\u0858\u0860-\u086a\u0870-\u0887\u0889-\u088e\u08a0-\u08c9\u1807\u1820-\u18aa"
    "\ua840-\ua872\U00010ac0-\U00010aef\U00010d00-\U00010d23\U0001e900-\U0001e943]"
)
_ENDS_A_JOIN = re.compile(
    "[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0"
    "\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef\u0710\u0715-\u0719\u071e\u0728\u072a\u072c\u072f]"
)
_VIRAMA = 9


def visible_text(text: str) -> str:
    """The text in NFC without what can't be seen, trimmed; empty when nothing can. The same text again stays.

    Control characters are taken out, too; `text_problem` is for whoever can be asked to write it anew.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    known = ""
    # What is taken out may bring together what composes, or what a joiner stood between.
    while text != known:
        known, text = text, _cleaned(unicodedata.normalize("NFC", text))
    return text if any(_is_drawn(character) for character in text) else ""


def text_problem(text: str) -> str | None:
    """Why a text can't be taken as it is, as a sentence; None when it can, after `visible_text`."""
    if text.isascii() and text.isprintable():
        return None
    if any(category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text.strip()):
        return "Must not hold control characters."
    if any(override in text for override in _OVERRIDES):
        return "Must not turn the direction of writing round."
    if text.strip() and not visible_text(text):
        return "Must hold something that can be seen."
    return None


def _cleaned(text: str) -> str:
    flags = [found.span() for found in _TAGGED_FLAG.finditer(text)]
    kept: list[str] = []
    for index, character in enumerate(text):
        if any(start < index < end for start, end in flags):
            kept.append(character)
        elif character in _BLANK or (category(character) == "Zs" and character != " "):
            kept.append(" ")
        elif _is_kept(text, index, kept):
            kept.append(character)
    return "".join(kept).strip()


def _is_drawn(character: str) -> bool:
    """Whether somebody sees it where it stands alone. What this Python's Unicode doesn't know yet is drawn by
    who does: a new emoji is as good a name as an old one.
    """
    kind = category(character)
    return kind[0] in "LNPS" or kind in ("Cn", "Co")


def _is_kept(text: str, index: int, before: list[str]) -> bool:
    character = text[index]
    if character in (_ZWJ, _ZWNJ):
        return _joiner_draws(character, before, text[index + 1 :])
    for selectors, selected in _SELECTED:
        if selectors.match(character):
            return bool(before) and (selected.match(before[-1]) is not None or _is_keycap(text, index))
    if character in _DRAWS_NOTHING or "\ufe00" <= character <= "\ufe0f" or character == "\u180f":
        return False
    if "\U000e0000" <= character <= "\U000e0fff":
        return False
    if character in _DRAWN_FORMAT:
        return True
    return category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _is_keycap(text: str, index: int) -> bool:
    """Whether a selector stands in a keycap: a digit, the selector, the key around it (UTS #51 ED-14c)."""
    return re.fullmatch("[#*0-9]\ufe0f\u20e3", text[index - 1 : index + 2]) is not None


def _joiner_draws(joiner: str, before: list[str], after: str) -> bool:
    """Whether a joiner changes what is drawn where it stands."""
    if not before or not after:
        return False
    if combining(before[-1]) == _VIRAMA:
        return True
    previous, following = _letter(reversed(before)), _letter(after)
    if _JOINING.match(previous) and _JOINING.match(following):
        # ZWJ between letters that join anyway draws nothing.
        return joiner == _ZWNJ and not _ENDS_A_JOIN.match(previous)
    return joiner == _ZWJ and _is_emoji(_emoji_before(before)) and _is_emoji(after[0])


def _letter(characters: Iterable[str]) -> str:
    """The first that is no combining mark."""
    return next((each for each in characters if category(each) != "Mn"), "")


def _emoji_before(before: list[str]) -> str:
    """What stands before, but for the selector and the skin tone of an emoji."""
    for character in reversed(before):
        if character != "\ufe0f" and not _SKIN_TONES.match(character):
            return character
    return ""


def _is_emoji(character: str) -> bool:
    return bool(character) and (category(character) == "So" or "\u2190" <= character <= "\u21ff")
