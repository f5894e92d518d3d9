"""What a message may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.chat.domain.chat_text import MAX_TEXT, BadText, chat_text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("  hi there\t", "hi there"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("\n\n a \n", "a"),
        ("a\tb", "a b"),
        ("e\u0301", "é"),
        ("a\u200bb", "ab"),
        ("👨\u200d👩\u200d👧 ok", "👨\u200d👩\u200d👧 ok"),
        (" " + "x" * MAX_TEXT + "\n", "x" * MAX_TEXT),
    ],
)
def test_a_text_is_trimmed_and_keeps_its_lines(written: str, text: str) -> None:
    assert chat_text(written) == text


@pytest.mark.parametrize(
    "written", ["", " \n\t ", "\u200b", "\u3164", "x" * 501, "a\x00", "a\x1b[1m", "\u202eabc", "\ud800"]
)
def test_what_can_not_be_shown_is_refused(written: str) -> None:
    with pytest.raises(BadText):
        chat_text(written)


@given(st.text(max_size=600))
def test_what_is_taken_is_taken_again_as_it_is(written: str) -> None:
    try:
        text = chat_text(written)
    except BadText:
        return
    assert 1 <= len(text) <= MAX_TEXT
    assert chat_text(text) == text
