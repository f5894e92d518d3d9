"""What people are written."""

from __future__ import annotations

import pytest

from partyapp.channel.domain.channel import KINDS
from partyapp.channel.domain.message import code_message, message_of

DATA = {"party_title": "Film night", "who": {"id": None, "display_name": "Ben"}}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_names_the_party_and_leads_there(kind: str) -> None:
    message = message_of("1", kind, DATA, "https://party.example/p/1")
    assert "“Film night”" in message.title
    assert "News of" not in message.title
    assert message.body.endswith("https://party.example/p/1")
    assert message_of("1", kind, DATA, "https://party.example/p/1") == message, "a repeat says the same"


def test_what_others_have_named_calls_nobody() -> None:
    data = {"party_title": "@everyone <!channel>", "who": {"display_name": "@here"}}
    message = message_of("1", "party_invitation", data, None)
    for call in ("@everyone", "<!channel>", "@here"):
        assert call not in message.title + message.body


def test_unknown_names_are_no_error() -> None:
    assert message_of("1", "member_joined", {"who": None}, None).title == "Somebody joined “a party”"


def test_a_code_says_what_it_is_for() -> None:
    message = code_message("1", "012345")
    assert "012345" in message.title
    assert "012345" in message.body
