"""What is read in an invite link that a chat program, a mail program or a finger has changed."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.web.invite_links import InviteLink, is_whole, read_link

PARTY = "7bd3fde8-e611-4513-9e0f-221346e2fd29"
CODE = "aZ0_-9bY8xW7vU6tS5rQ4pO3nM2lK1jI"
WHOLE = f"/p/{PARTY}?invite={CODE}"


def read(address: str) -> InviteLink | None:
    """As the server gets it: the path decoded once, the query as it was sent."""
    path, _, query = address.partition("?")
    return read_link(unquote(path), query)


@pytest.mark.parametrize(
    "address",
    [
        WHOLE,
        # A finger, or the sentence around the link.
        f"/p/{PARTY}/?invite={CODE}",
        f"/p/{PARTY}//?invite={CODE}",
        f"/p/{PARTY}/?invite={CODE}/",
        f"/p/{PARTY})?invite={CODE}",
        *(
            f"{WHOLE}{mark}"
            for mark in [*".,;:!?)]}>'\"*~|\\", "...", ").", '",', "&", "&amp;", "#", "\t", "\r\n"]
        ),
        *(f"{WHOLE}{mark}" for mark in "”’»›…。、）】"),
        *(f"/p/{PARTY}{mark}?invite={CODE}" for mark in [".", ",", "/", ")", ";", "'", '"', "%20", "\u200b"]),
        f"/p/{PARTY}?invite=%22{CODE}%22",
        f"/p/<{PARTY}>?invite=<{CODE}>",
        f"/p/{PARTY}?invite=[{CODE}]",
        f"{WHOLE} watch with us",
        f"{WHOLE}%20watch%20with%20us",
        # What can't be seen: zero-width space and joiners, byte order mark, soft hyphen, marks of direction.
        *(
            f"{WHOLE}{mark}"
            for mark in ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202c"]
        ),
        f"{WHOLE}%E2%80%8B",
        f"/p/{PARTY}%E2%80%8B?invite={CODE}",
        f"/p/\u200b{PARTY}?in\u200bvite={CODE[:9]}\u200b{CODE[9:]}",
        # A mail program that ends lines.
        f"/p/{PARTY}?invite={CODE[:9]}%0D%0A{CODE[9:]}",
        f"/p/{PARTY[:9]}%0A{PARTY[9:]}?invite={CODE}",
        # Upper case, and dashes that were made beautiful.
        f"/p/{PARTY.upper()}?invite={CODE}",
        f"/P/{PARTY.upper()}?INVITE={CODE}",
        f"/p/{PARTY.replace('-', '‑')}?invite={CODE}",
        f"/p/{PARTY.replace('-', '–')}?invite={CODE}",
        f"/p/{PARTY.replace('-', '')}?invite={CODE}",
        # Escaped for HTML, once and twice.
        f"/p/{PARTY}?utm_source=chat&amp;invite={CODE}",
        f"/p/{PARTY}?utm_source=chat&amp;amp;invite={CODE}",
        f"/p/{PARTY}?utm_source=chat&#38;invite={CODE}&#x26;a=b",
        f"/p/{PARTY}?utm_source=chat;invite={CODE};a=b",
        f"/p/{PARTY}?amp;invite={CODE}",
        # Quoted-printable that nobody has decoded.
        f"/p/{PARTY}?invite=3D{CODE}",
        f"/p/{PARTY}?=invite=3D{CODE}",
        # A fragment that has become a part of the path.
        f"/p/{PARTY}%23invite={CODE}",
        f"/p/{PARTY}%2523invite%253D{CODE}",
        f"/p/{PARTY}%23invite=3D{CODE}",
        # Percent-encoded once or twice more.
        f"/p/{PARTY}%3Finvite%3D{CODE}",
        f"/p/{PARTY}%253Finvite%253D{CODE}",
        f"/p/{PARTY}?invite%3D{CODE}",
        f"/p/{PARTY}?invite%253D{CODE}",
        f"/p/{PARTY}?utm_source%253Dchat%2526invite%253D{CODE}",
        f"/p%2F{PARTY}?invite={CODE}",
        # The question mark lost or changed, the parameter named otherwise.
        f"/p/{PARTY}&invite={CODE}",
        f"/p/{PARTY}/invite={CODE}",
        f"/p/{PARTY}?invite_code={CODE}",
        f"/p/{PARTY}?invite:{CODE}",
        f"/p/{PARTY}?invite==={CODE}",
        f"{WHOLE}&fbclid=abc123",
        f"/watch/p/{PARTY}?invite={CODE}",
    ],
)
def test_the_link_is_still_in_it(address: str) -> None:
    link = read(address)
    assert link is not None
    assert link.address == WHOLE


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?",
        "?invite=",
        "?invite",
        "?invite=)",
        "?invite=&name=",
        "?invite=%20",
        "?in",
        "/",
        "?uninvite=abc",
    ],
)
def test_a_link_without_a_code_leads_to_the_party(address: str) -> None:
    link = read(f"/p/{PARTY}{address}")
    assert link is not None
    assert link.address == f"/p/{PARTY}"


def test_a_name_is_kept_as_it_was_written() -> None:
    link = read(f"/p/{PARTY}/?name=Ada%20%26%20100%2525&amp;invite={CODE}.")
    assert link == InviteLink(party_id=PARTY, invite_code=CODE, name="Ada & 100%25")
    assert read(link.address) == link


@pytest.mark.parametrize("ampersand", ["&", "&amp;", "&amp;amp;", "&#38;", "&#x26;"])
def test_a_name_behind_the_code_is_read_however_its_ampersand_was_escaped(ampersand: str) -> None:
    link = read(f"/p/{PARTY}?invite={CODE}{ampersand}name=Ada%20%26%20Ben")
    assert link == InviteLink(party_id=PARTY, invite_code=CODE, name="Ada & Ben")


@pytest.mark.parametrize(
    "address",
    [
        "/p/",
        "/p/nonsense",
        f"/p/{PARTY[:-1]}?invite={CODE}",
        f"/p/{PARTY}1?invite={CODE}",
        f"/{PARTY}?invite={CODE}",
        f"/map/{PARTY}",
        f"/?next=/p/{PARTY}",
        f"/p/x{PARTY}",
    ],
)
def test_what_names_no_party_is_no_link(address: str) -> None:
    assert read(address) is None


@pytest.mark.parametrize(
    ("path", "query", "is_so"),
    [
        (f"/p/{PARTY}", f"invite={CODE}", True),
        (f"/p/{PARTY}", "", True),
        (f"/p/{PARTY}", f"invite={CODE}&name=Ada&fbclid=x", True),
        (f"/p/{PARTY}/", f"invite={CODE}", False),
        (f"/p/{PARTY.upper()}", f"invite={CODE}", False),
        (f"/p/{PARTY}", f"invite={CODE}.", False),
        (f"/p/{PARTY}", f"amp;invite={CODE}", False),
        (f"/p/{PARTY}", "invite=", False),
        (f"/p/{PARTY}", f"invite={CODE}&invite={CODE}", False),
    ],
)
def test_whether_an_address_is_as_it_should_be(path: str, query: str, is_so: bool) -> None:
    link = read_link(path, query)
    assert link is not None
    assert is_whole(path, query, link) is is_so


@given(st.text(max_size=40), st.text(max_size=80))
def test_no_address_is_led_in_a_circle_or_elsewhere(before: str, after: str) -> None:
    for path, query in ((f"/{before}p/{PARTY}{after}", after), (f"/p/{PARTY}", after)):
        link = read_link(path, query)
        if link is not None:
            path, _, query = link.address.partition("?")
            assert read_link(path, query) == link
            assert is_whole(path, query, link)
            assert path == f"/p/{PARTY}"
            assert query.isascii()
            assert query.isprintable()
