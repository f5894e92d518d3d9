"""Where a run says that it can be opened, and its QR code on terminals of all kinds."""

from __future__ import annotations

import io

import pytest
import segno
from rich.console import Console

from partyapp.local_run.announcement import (
    QUIET_ZONE,
    addresses_for_others,
    announce,
    lines_for_others,
    qr_code,
)
from partyapp.local_run.options import read_options

URL = "http://192.168.1.5:8000"
FOUND = ["192.168.1.5", "10.0.0.5", "fd12::5"]


def said(addresses: list[str], **environ: str) -> list[str]:
    options = read_options(environ)
    return lines_for_others(options, addresses_for_others(options, lambda: addresses))


@pytest.mark.parametrize(
    ("addresses", "environ", "expected"),
    [
        (
            FOUND,
            {"HOST": "[::]"},
            [
                "On this network: http://192.168.1.5:8000",
                "On this network: http://10.0.0.5:8000",
                "On this network: http://[fd12::5]:8000",
            ],
        ),
        # A socket of IPv4 is not to be reached by IPv6.
        (FOUND[:1] + FOUND[2:], {"HOST": "0.0.0.0"}, ["On this network: http://192.168.1.5:8000"]),
        (["fd12::5"], {"HOST": "::", "PORT": "80"}, ["On this network: http://[fd12::5]"]),
        ([], {"HOST": "::"}, ["Nobody but this machine can open it."]),
        (FOUND, {"HOST": "127.0.0.1"}, ["Nobody but this machine can open it."]),
        (FOUND, {"HOST": "::1"}, ["Nobody but this machine can open it."]),
        (FOUND, {"HOST": "10.0.0.5", "PORT": "9000"}, ["On this network: http://10.0.0.5:9000"]),
        (FOUND, {"PARTY_PUBLIC_URL": "https://party.example/"}, ["For others: https://party.example"]),
        (FOUND, {"PARTY_PUBLIC_URL": "https://p.example", "HOST": "::1"}, ["For others: https://p.example"]),
    ],
)
def test_every_address_is_a_line(addresses: list[str], environ: dict[str, str], expected: list[str]) -> None:
    assert said(addresses, **environ) == expected


def test_a_run_says_where_it_is_and_shows_others_the_best_way_to_it() -> None:
    for addresses, shown in ((FOUND, [URL]), ([], [])):
        lines: list[str] = []
        links: list[str] = []
        options = read_options({"HOST": "0.0.0.0"})
        announce(options, lines.append, links.append, lambda found=addresses: found)  # type: ignore[misc]
        assert lines == [
            "Party is ready: http://localhost:8000  (Ctrl-C stops it)",
            *lines_for_others(options, addresses_for_others(options, lambda found=addresses: found)),  # type: ignore[misc]
        ]
        assert links == shown


def terminal(**given: object) -> Console:
    settings = {"file": io.StringIO(), "force_terminal": True, "width": 80, "color_system": "standard"}
    return Console(**(settings | {"_environ": {}} | given))  # type: ignore[arg-type]


def modules(lines: list[str], *, drawn_are_dark: bool) -> list[list[bool]]:
    """The dark modules that these lines show."""
    rows = []
    for line in lines:
        rows.append([(character in "▀█") is drawn_are_dark for character in line])
        rows.append([(character in "▄█") is drawn_are_dark for character in line])
    return rows


@pytest.mark.parametrize("colours", [True, False])
def test_the_code_is_the_url(colours: bool) -> None:
    code = qr_code(URL, terminal() if colours else terminal(no_color=True))
    assert code is not None
    expected = [[bool(m) for m in row] for row in segno.make_qr(URL).matrix_iter(border=QUIET_ZONE)]
    shown = modules(code.plain.split("\n"), drawn_are_dark=colours)
    assert shown[: len(expected)] == expected
    assert not any(any(row) for row in shown[len(expected) :]), "what is added is light"


def test_its_colours_are_black_on_white_and_none_where_none_are_wanted() -> None:
    for console, escapes in ((terminal(), True), (terminal(no_color=True), False)):
        code = qr_code(URL, console)
        assert code is not None
        console.print(code)
        assert isinstance(console.file, io.StringIO)
        written = console.file.getvalue()
        assert ("\x1b[30;107m" in written) is ("\x1b" in written) is escapes


@pytest.mark.parametrize(
    "given",
    [
        {"force_terminal": False},
        {"width": 32},
        {"file": io.TextIOWrapper(io.BytesIO(), encoding="ascii")},
    ],
)
def test_there_is_none_where_it_cannot_be_shown(given: dict[str, object]) -> None:
    assert qr_code(URL, terminal(**given)) is None
    assert qr_code(URL, terminal(width=33)) is not None
