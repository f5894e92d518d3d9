"""What a run says of where it can be opened, and the QR code by which a phone gets there."""

from collections.abc import Callable

import segno
from rich.console import Console
from rich.text import Text

from partyapp.local_run.options import RunOptions
from partyapp.shared.ops.network_addresses import http_url, is_loopback, network_addresses

#: The light border around a code, in modules, without which many readers don't find it (ISO/IEC 18004).
QUIET_ZONE = 4
_STYLE = "black on bright_white"
#: By whether the upper and the lower module of a character are drawn.
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def announce(
    options: RunOptions,
    say: Callable[[str], None],
    show_link: Callable[[str], None],
    addresses: Callable[[], list[str]] = network_addresses,
) -> None:
    """Say line by line where a run can be opened; `show_link` is given the best URL for others, if any."""
    say(f"Party is ready: http://localhost:{options.port}  (Ctrl-C stops it)")
    urls = addresses_for_others(options, addresses)
    for line in lines_for_others(options, urls):
        say(line)
    if urls:
        show_link(urls[0])


def addresses_for_others(
    options: RunOptions, addresses: Callable[[], list[str]] = network_addresses
) -> list[str]:
    """The URLs by which others open this run, the best first; none when only this machine can."""
    if options.public_url is not None:
        return [options.public_url]
    host = options.host.strip("[]")
    if is_loopback(host):
        return []
    if host in ("0.0.0.0", "::"):
        found = [address for address in addresses() if host == "::" or ":" not in address]
        return [http_url(address, options.port) for address in found]
    return [http_url(host, options.port)]


def lines_for_others(options: RunOptions, urls: list[str]) -> list[str]:
    """The same in words, a line each."""
    if options.public_url is not None:
        return [f"For others: {options.public_url}"]
    return [f"On this network: {url}" for url in urls] or ["Nobody but this machine can open it."]


def qr_code(url: str, console: Console) -> Text | None:
    """The URL for a phone's camera; None where `console` is no terminal, too narrow, or without blocks.

    It is black on white where the terminal has colours. Where it has none, the light modules are drawn: right
    on a dark background, and reversed on a light one, which most cameras read as well.
    """
    code = segno.make_qr(url)
    rows = [[bool(dark) for dark in row] for row in code.matrix_iter(border=QUIET_ZONE)]
    if not console.is_terminal or console.width < len(rows[0]) or not console.encoding.startswith("utf"):
        return None
    is_coloured = console.color_system is not None and not console.no_color
    # Two rows of modules a line of text, which makes a module about square.
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    lines = (
        "".join(
            _BLOCKS[upper == is_coloured, lower == is_coloured] for upper, lower in zip(*pair, strict=True)
        )
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    text = Text(no_wrap=True)
    for number, line in enumerate(lines):
        text.append("\n" if number else "").append(line, style=_STYLE if is_coloured else "")
    return text
