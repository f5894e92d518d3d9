"""Names and titles: what nobody can see goes, what a script or an emoji needs stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.shared.kernel.display_name import DISPLAY_NAME_MAX, GUEST, cleaned_display_name
from partyapp.shared.kernel.visible_text import text_problem, visible_text

#: Drawn as nothing, or as a space at an end.
INVISIBLE = (
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160",
    "\u17b4", "\u180b", "\u180e", "\u200e", "\u200f", "\u2062", "\u2066", "\u2068", "\u2069", "\u202a",
    "\u202c", "\u2800", "\u3000", "\u3164", "\uffa0", "\ufe00", "\ufe0f", "\u206a", "\ufff9", "\U000e0001",
    "\U000e0041", "\U000e007f", "\U000e0100", "\U0001d159", "\U0001d173",
)  # fmt: skip

KEPT = {
    "Hebrew with points": "דָּנָה",
    "Arabic": "محمد",
    "Persian with ZWNJ": "می‌خواهم",
    "Hindi": "नमस्ते",
    "Hindi with ZWJ after a virama": "क्‍ष",
    "Malayalam": "മലയാളം",
    "Thai": "ภาษาไทย",
    "Vietnamese": unicodedata.normalize("NFC", "Nguyễn Thị"),
    "a mark without a composed form": "q̃",
    "Hangul": "한글",
    "an ideograph with its variant": "葛\U000e0100城",
    "an astronaut": "👩‍🚀",
    "a family": "👨‍👩‍👧‍👦",
    "a skin tone and a profession": "👩🏽‍⚕️",
    "a nod": "🙂‍↔️",
    "a rainbow flag": "🏳️‍🌈",
    "a flag": "🇩🇪",
    "the flag of England": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a keycap": "1️⃣",
    "a red heart": "❤️",
    "ASCII": "O'Neil-Smith (2nd), Jr.",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert text_problem(text) is None
    assert visible_text(text) == text
    assert visible_text(f"Ada {text} Lovelace") == f"Ada {text} Lovelace"


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_a_text_of_invisible_characters_is_none(character: str) -> None:
    assert visible_text(character * 3) == ""
    assert cleaned_display_name(character * 3) == GUEST
    if character.strip():
        assert text_problem(character) == "Must hold something that can be seen."


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
@pytest.mark.parametrize("name", ["Ada", "דנה", "مدار", "Ada 1"])
def test_a_name_can_t_be_imitated_by_what_is_not_drawn(character: str, name: str) -> None:
    assert visible_text(character + name + character) == name
    if character not in ("\u2800", "\u3000"):
        assert visible_text(name[:1] + character + name[1:]) in (name, "م\u200cدار")


@pytest.mark.parametrize("character", ["\U0001fae9", "\uf8ff"], ids=["newer than this Python", "private"])
def test_what_only_some_fonts_draw_is_a_name(character: str) -> None:
    assert text_problem(character) is None
    assert visible_text(character) == character


@pytest.mark.parametrize("override", ["\u202d", "\u202e"])
def test_a_text_that_turns_the_direction_is_refused(override: str) -> None:
    assert text_problem(f"Ada{override}txt.exe") == "Must not turn the direction of writing round."
    assert cleaned_display_name(f"Ada{override}") == "Ada"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\ud800", "\u2028", "\u2029"], ids=ascii)
def test_control_characters_are_refused(character: str) -> None:
    assert text_problem(f"a{character}b") == "Must not hold control characters."


@given(
    st.text(st.one_of(st.characters(), st.sampled_from(INVISIBLE), st.sampled_from("".join(KEPT.values()))))
)
def test_the_rule_holds_for_whatever_is_written(text: str) -> None:
    once = visible_text(text)
    assert visible_text(once) == once
    assert once == once.strip() == unicodedata.normalize("NFC", once)
    assert text_problem(once) is None
    assert not any(character in once for character in "\u200b\u202e\u2066\u2069\u3164\u2800\ufeff")
    name = cleaned_display_name(text)
    assert 1 <= len(name) <= DISPLAY_NAME_MAX
    assert cleaned_display_name(name) == name
