"""What people may name as a channel, and what of it is shown."""

from __future__ import annotations

import pytest

from partyapp.channel.controllers import AddChannel
from partyapp.channel.domain.address import MAX_ADDRESS, BadAddress, read_address
from partyapp.shared.ops.notify_settings import DEFAULT_SCHEMES, FORBIDDEN_SCHEMES

TOKEN = "T0123456789/B0123456789/abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("text", "scheme", "label"),
    [
        ("ntfys://ntfy.sh/films", "ntfys", "ntfys …lms"),
        ("NTFY://films", "ntfy", "ntfy …lms"),
        ("ada@example.org", "mailto", "a…@example.org"),
        ("mailto:ada@example.org", "mailto", "a…@example.org"),
        ("mailto://ada@example.org", "mailto", "a…@example.org"),
        (f"https://hooks.slack.com/services/{TOKEN}", "slack", "slack …vwx"),
        ("https://discord.com/api/webhooks/123/abcdef", "discord", "discord …def"),
    ],
)
def test_an_address_is_told_by_its_scheme_and_shows_no_secret(text: str, scheme: str, label: str) -> None:
    address = read_address(text, DEFAULT_SCHEMES)
    assert (address.scheme, address.label) == (scheme, label)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "films",
        "mailto://ada:secret@example.org",
        "mailto://ada@example.org?to=eve@example.org",
        "ada@example.org,eve@example.org",
        "Ada <ada@example.org>",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "https://intranet.example/hook",
        "https://[discord.com",
        "json://127.0.0.1:6379",
        *(f"{scheme}://x" for scheme in sorted(FORBIDDEN_SCHEMES)),
    ],
)
def test_what_is_no_address_of_an_offered_kind_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        read_address(text, DEFAULT_SCHEMES)


def test_an_address_is_one_word() -> None:
    schema = AddChannel()
    assert schema.load({"address": "  NTFY://films "})["address"] == "NTFY://films"
    for text in (
        "",
        "ntfy://with a blank",
        "ntfy://bell\x07",
        "ntfy://ümlaut",
        "ntfy://" + "x" * MAX_ADDRESS,
    ):
        assert "address" in schema.validate({"address": text}), text


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("ntfy://host.example/films", "NTFYS://host.example//films/?x=1", True),
        ("ntfy://host.example/films", "ntfy://ada:secret@host.example/%66ilms", True),
        ("ntfy://host.example/films", "ntfy://host.example/others", False),
        ("https://ntfy.sh/films", "ntfy://films?priority=max", True),
        ("https://discord.com/api/webhooks/123/abc?x=1", "discord://Bot@123/abc", True),
        (f"https://hooks.slack.com/services/{TOKEN}", f"slack://{TOKEN}?footer=no", True),
        ("pover://ada@token", "pover://ben@token", False),
        ("Ada@Example.org", "ada@example.org", True),
    ],
)
def test_a_place_is_the_same_however_it_is_written(one: str, other: str, is_same: bool) -> None:
    places = {read_address(text, DEFAULT_SCHEMES).place for text in (one, other)}
    assert (len(places) == 1) is is_same
