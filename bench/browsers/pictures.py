"""`python -m bench.browsers.pictures`: takes the picture of the README, docs/pictures/party.png.

Two people in real Chromium windows watch the sample in a party that has a name, and have said something.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from partyapp.shared.ops.network_addresses import network_addresses
from tests.browser.conftest import FLAGS
from tests.browser.page_actions import (
    LIMIT_MS,
    open_invite,
    part,
    say,
    seek,
    start_party,
    wait_until_together,
)
from tests.support.browsers.programs import installed
from tests.support.film_clips import ffmpeg
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

PICTURES = Path(__file__).parents[2] / "docs/pictures"


def write_screen(page: Page, path: Path) -> None:
    """Write the screen as a picture of 256 colours, which takes half of the room."""
    with own_folder() as folder:
        page.screenshot(path=folder / "screen.png", animations="disabled", timeout=2 * LIMIT_MS)
        palette = "split[one][other];[one]palettegen[colours];[other][colours]paletteuse=dither=none"
        ffmpeg("-i", folder / "screen.png", "-vf", palette, path)


def spend(ada: Page, ben: Page, url: str) -> None:
    """From the start to two pictures in step."""
    link = start_party(ada, url, "Ada", title="Friday night")
    open_invite(ben, link, "Ben")
    part(ada, "play").click()
    seek(ada, 100)
    wait_until_together(ada, ben)
    say(ada, "Everybody comfortable?")
    say(ben, "Same frame here!")
    expect(part(ada, "chat-message")).to_have_count(2, timeout=LIMIT_MS)
    # What has happened is told for a moment.
    expect(ada.locator(".notice")).to_have_count(0, timeout=LIMIT_MS)
    ada.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")


def main() -> None:
    """Command line."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None).parse_args()
    chromium = installed("chromium")
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        ours = stack.enter_context(Stack(folder / "data", sample=True))
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=FLAGS)
        stack.callback(browser.close)
        # At its address on the network: who opens it by that of this machine alone is told of the other.
        url = f"http://{(network_addresses() or ['localhost'])[0]}:{ours.port}"
        ada, ben = (
            browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True).new_page()
            for _ in range(2)
        )
        spend(ada, ben, url)
        write_screen(ada, PICTURES / "party.png")
    print(f"written: {PICTURES / 'party.png'}")


if __name__ == "__main__":
    main()
