"""For how long an operator has things kept."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.bounds import BadBound
from partyapp.shared.ops.kept_days import KeptDays


def test_without_a_word_people_keep_their_films_and_nothing_else_for_ever() -> None:
    kept = KeptDays.from_environment({"PARTY_KEEP_PARTIES_DAYS": ""})
    assert kept == KeptDays(parties=365, chat=90, notifications=30, films=None)


def test_zero_is_for_ever() -> None:
    names = ("PARTY_KEEP_PARTIES_DAYS", "PARTY_CHAT_DAYS", "PARTY_KEEP_NOTIFICATIONS_DAYS")
    kept = KeptDays.from_environment({**dict.fromkeys(names, "0"), "PARTY_KEEP_FILMS_DAYS": "0.5"})
    assert kept == KeptDays(parties=None, chat=None, notifications=None, films=0.5)


@pytest.mark.parametrize("text", ["-1", "many", "0.5", "nan"])
def test_what_can_not_be_kept_is_refused(text: str) -> None:
    with pytest.raises(BadBound, match="PARTY_KEEP_PARTIES_DAYS"):
        KeptDays.from_environment({"PARTY_KEEP_PARTIES_DAYS": text})
