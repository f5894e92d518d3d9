"""What counts as a reaction, and how several are told as one."""

from __future__ import annotations

import pytest

from partyapp.chat.domain.reaction import MOST_KINDS, MOST_NAMED, Reactions, reaction, together
from partyapp.shared.kernel.ids import new_id


@pytest.mark.parametrize(
    "text",
    [
        "🎉", "❤️", "👍🏽", "🇩🇪", "1️⃣", "a", "क्षि", "각", "👨\u200d👩\u200d👧\u200d👦",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)  # fmt: skip
def test_one_grapheme_is_a_reaction(text: str) -> None:
    assert reaction(text) == text


def test_it_is_told_in_the_form_of_all_texts() -> None:
    assert reaction("e\u0301") == "é"


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "ab", "🎉🎉", "🎉 ", "\u200d", "\u0301", "\u202e", "\ud800", "a" + "\u0331" * 20]
)
def test_anything_else_is_none(text: str) -> None:
    assert reaction(text) is None


def test_many_are_told_as_their_counts_and_the_latest_people() -> None:
    people = [new_id() for _ in range(30)]
    whole = together(Reactions(counts={"🎉": 1}, by=[person]) for person in [*people, people[0]])
    told = whole.told()
    assert told.counts == {"🎉": 31}
    assert told.by == [people[0], *reversed(people[-MOST_NAMED + 1 :])]
    kinds = Reactions(counts={chr(0x1F300 + n): n + 1 for n in range(60)}, by=[]).told()
    assert len(kinds.counts) == MOST_KINDS
    assert MOST_NAMED == 10
    assert max(kinds.counts.values()) == 60
