"""The description takes of texts what the service takes."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from partyapp.chat.domain.chat_text import BadText, chat_text
from partyapp.shared.http.schemas import Text, VisibleText, Word
from partyapp.shared.http.text_patterns import IN_LINES

STRANGE = "\x00\t\n\x1f\x85\xa0\xad\u0301\u200b\u200d\u2028\u202e\u2800\u3000\u3164\ufe0f\ufffb\U000e0041"
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(STRANGE)), max_size=12)
FIELDS = (VisibleText(1, 200), Text(3, 64), Text(0, 64), Text(1, 200), Text(1, 255, exact=True), Word(500))


def is_taken(field: Text, text: str) -> bool:
    try:
        field.deserialize(text)
    except ValidationError:
        return False
    return True


def is_described(pattern: Any, low: int, text: str) -> bool:
    # An engine of ECMA-262 has `$` at the very end; Python's is before a last line break too.
    return len(text) >= low and re.search(pattern.removesuffix("$") + r"\Z", text) is not None


@pytest.mark.parametrize(
    "field", FIELDS, ids=["name", "three at least", "may be empty", "not empty", "exact", "word"]
)
@given(text=TEXTS)
def test_what_is_taken_is_described_and_the_reverse(field: Text, text: str) -> None:
    taken = is_taken(field, text)
    described = is_described(field.metadata["pattern"], field.low, text)
    if described and not taken:
        # What Unicode's tables tell: marks and formats alone.
        assume(any(category(character)[0] in "LNPS" for character in text))
    assert described == taken


@given(text=TEXTS)
def test_the_same_of_a_message(text: str) -> None:
    # A line's end is trimmed, and with it controls that stand nowhere else.
    assume(not re.search("[\x1c-\x1f]", text))
    try:
        taken = bool(chat_text(text))
    except BadText:
        taken = False
    described = is_described(IN_LINES, 1, text)
    if described and not taken:
        assume(any(category(character)[0] in "LNPS" for character in text))
    assert described == taken
