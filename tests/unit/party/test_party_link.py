"""The link into a party."""

from __future__ import annotations

from uuid import UUID

from partyapp.party.controllers.party_link import party_link

PARTY = UUID("0192f0c1-2222-7000-8000-000000000001")


def test_the_invite_is_in_the_fragment() -> None:
    assert party_link("https://x.test/a", PARTY, "c0De") == f"https://x.test/a/p/{PARTY}#invite=c0De"


def test_without_an_invite_there_is_no_fragment() -> None:
    assert party_link("https://x.test", str(PARTY), None) == f"https://x.test/p/{PARTY}"
