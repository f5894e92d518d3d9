"""`python -m bench.browsers.evening`: ten people unlike each other watch one film, each in a real Chromium.

The host uses a mouse; one has the keyboard alone; one a phone of 320 px; one a zoom of 400 %; one a screen
reader, whose attributes are read; one a private window without storage; one two tabs; one a bad network; one
comes late; one leaves and comes back. Then the host goes away and the role passes on. Each step waits for
what it must show, and fails without. Every picture is compared with the host's by the frames on the screen,
and each screen is written to docs/pictures/evening. Eleven windows are more than two processors draw in time:
the differences tell of the machine, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.browsers.pictures import write_screen
from tests.browser.conftest import FLAGS
from tests.browser.page_actions import (
    FRAME,
    LIMIT_MS,
    frames_apart_s,
    open_invite,
    part,
    seek,
    start_party,
    wait_for_stage,
    wait_until_moving,
)
from tests.support.browsers.programs import installed
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import RECOVERY_S, eventually

PICTURES = Path(__file__).parents[2] / "docs/pictures/evening"
#: Ten browsers share two processors here; further apart than this a person would notice, in s.
TOGETHER_S = 0.3
GRACE_S = "4"

_NO_STORAGE = """for (const area of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, area, { get() { throw new DOMException("denied", "SecurityError"); } });
}"""
#: What has a role that is operated, is shown, and has no name for a screen reader.
_NAMELESS = """() => [...document.querySelectorAll("button, input, select, a[href], summary, [role=button]")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !(one.ariaLabel || one.innerText?.trim() || one.title || one.labels?.length
    || one.getAttribute("aria-labelledby")))
  .map((one) => one.outerHTML.slice(0, 120))"""


def apart_s(one: Page, other: Page) -> float:
    """How far the other's picture is ahead, by the frames on the screen, both brought to one instant."""
    return frames_apart_s(one.evaluate(FRAME), other.evaluate(FRAME))


class Evening:
    """The people and their windows."""

    def __init__(self, browsers: Callable[[], Browser], stack: Stack, proxy: TcpProxy) -> None:
        self._browsers, self._stack, self._proxy = browsers, stack, proxy
        self.pages: dict[str, Page] = {}
        self.link = ""

    def window(self, name: str, *, before: str = "", **how: Any) -> Page:
        """A browser of one's own, with a window as described by Playwright's options."""
        context = self._browsers().new_context(
            bypass_csp=True, **({"viewport": {"width": 1280, "height": 800}} | how)
        )
        if before:
            context.add_init_script(before)
        self.pages[name] = page = context.new_page()
        page.set_default_timeout(2 * LIMIT_MS)
        return page

    def arrive(self) -> None:
        """Everybody but the latecomer enters before the film begins."""
        self.link = start_party(self.window("Ada"), self._stack.url, "Ada")
        self.enter_by_keys(self.window("Ben"))
        phone: dict[str, Any] = {
            "viewport": {"width": 320, "height": 640},
            "device_scale_factor": 2,
            "is_mobile": True,
            "has_touch": True,
        }
        self.enter(self.window("Cleo", **phone), "Cleo")
        self.enter(self.window("Dan", viewport={"width": 320, "height": 256}, device_scale_factor=4), "Dan")
        self.enter(self.window("Eve"), "Eve")
        self.enter(self.window("Fay", before=_NO_STORAGE), "Fay")
        self.enter(self.window("Gus"), "Gus")
        self.pages["Gus, second tab"] = tab = self.pages["Gus"].context.new_page()
        tab.goto(self.link)
        wait_for_stage(tab, connection="open")
        far = urlsplit(self.link)._replace(netloc=f"127.0.0.1:{self._proxy.port}").geturl()
        self.enter(self.window("Hal"), "Hal", far)
        self.enter(self.window("Joy"), "Joy")
        expect(part(self.pages["Ada"], "member")).to_have_count(9, timeout=2 * LIMIT_MS)

    def enter(self, page: Page, name: str, link: str | None = None) -> None:
        """By the invite link; only the name is told."""
        open_invite(page, link or self.link, name)

    def enter_by_keys(self, page: Page) -> None:
        """By the invite page, without a pointer."""
        page.goto(self.link)
        expect(part(page, "invite-facts")).to_contain_text("Ada", timeout=LIMIT_MS)
        self.shoot("ben-is-invited", page)
        eventually(lambda: self._tab_to(page, "name"))
        page.keyboard.type("Ben")
        page.keyboard.press("Enter")
        wait_for_stage(page, connection="open", role="member")

    @staticmethod
    def _tab_to(page: Page, name: str) -> bool:
        at = page.evaluate("() => document.activeElement?.dataset.testid")
        if at != name:
            page.keyboard.press("Tab")
        return bool(at == name)

    def watch(self) -> None:
        """The film begins, one jumps, one comes late, one goes and comes back."""
        ada = self.pages["Ada"]
        part(ada, "play").click()
        for page in self.pages.values():
            wait_until_moving(page)
        seek(ada, 120)
        for page in self.pages.values():
            page.wait_for_function('() => document.querySelector("video").currentTime > 119.5')
        self.enter(self.window("Ivy, late"), "Ivy")
        joy = self.pages["Joy"]
        part(joy, "leave").click()
        if part(joy, "leave-dialog").is_visible():
            part(joy, "confirm-leave").click()
        expect(part(ada, "member")).to_have_count(9, timeout=LIMIT_MS)
        self.enter(joy, "Joy")
        expect(part(ada, "member")).to_have_count(10, timeout=LIMIT_MS)

    def read_aloud(self) -> list[str]:
        """What Eve's screen reader finds nameless, and that the live regions are there."""
        eve = self.pages["Eve"]
        nameless: list[str] = eve.evaluate(_NAMELESS)
        live = eve.evaluate(
            "() => document.querySelectorAll('[aria-live], [role=status], [role=alert]').length"
        )
        assert live, "nothing is announced"
        return nameless

    def pause_alone(self) -> None:
        """Ben pauses for himself by a key, and catches up by it; the party hears nothing of it."""
        ben, ada = self.pages["Ben"], self.pages["Ada"]
        ben.evaluate("() => document.activeElement?.blur()")
        ben.keyboard.press("p")
        ben.wait_for_function('() => document.querySelector("video").paused')
        wait_until_moving(ada)
        self.shoot("ben-pauses-for-himself", ben)
        ben.keyboard.press("p")
        wait_until_moving(ben)

    def together(self) -> dict[str, float]:
        """How far each is from the host when all have found together, in s."""
        ada = self.pages["Ada"]
        found: dict[str, float] = {}
        for name, page in self.pages.items():
            if page is ada:
                continue
            page.bring_to_front()

            def is_together(name: str = name, page: Page = page) -> bool:
                found[name] = apart_s(ada, page)
                return abs(found[name]) < TOGETHER_S

            eventually(is_together, RECOVERY_S)
        return found

    def shoot_all(self) -> None:
        """Each person's screen."""
        for name, page in self.pages.items():
            page.bring_to_front()
            self.shoot(name.lower().replace(", ", "-").replace(" ", "-"), page)

    @staticmethod
    def shoot(name: str, page: Page) -> None:
        """Write the screen as a picture."""
        write_screen(page, PICTURES / f"{name}.png")

    def lose_the_host(self) -> str:
        """Ada's laptop is shut; after the grace somebody else is host, and plays and pauses. Answers who."""
        ada = self.pages["Ada"]
        if ada.locator("#stage[data-state=playing]").count() == 0:
            part(ada, "play").click()
        seek(ada, 30)
        for page in self.pages.values():
            wait_for_stage(page, state="playing")
        self.pages.pop("Ada").context.close()
        hosts: list[str] = []

        def found() -> list[str]:
            hosts[:] = [
                name for name, page in self.pages.items() if page.locator("#stage[data-role=host]").count()
            ]
            return hosts

        eventually(found, RECOVERY_S)
        page = self.pages[hosts[0]]
        part(page, "play").click()
        for other in self.pages.values():
            wait_for_stage(other, state="paused")
            other.wait_for_function('() => document.querySelector("video").paused')
        self.shoot("the-new-host", page)
        return hosts[0]


def spend(evening: Evening) -> None:
    """The whole evening, and what was seen of it."""
    evening.arrive()
    print(f"{len(evening.pages)} windows of 9 people are in the party")
    evening.watch()
    evening.pause_alone()
    print("without a name for a screen reader:", evening.read_aloud() or "nothing")
    evening.shoot_all()
    for name, apart in evening.together().items():
        print(f"{name:16} {apart * 1000:+5.0f} ms from the host's picture")
    print("the host is away; now", evening.lose_the_host(), "is host, and has paused the party for all")


def main() -> None:
    """Command line."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None).parse_args()
    chromium = installed("chromium")
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        extra = {"PARTY_HOST_GRACE_S": GRACE_S, "RATELIMIT_ENABLED": "0"}
        ours = stack.enter_context(Stack(folder / "data", extra=extra, sample=True))
        proxy = stack.enter_context(TcpProxy(("127.0.0.1", ours.port), delay_ms=80, jitter_ms=60))
        playwright = stack.enter_context(sync_playwright())

        def browser() -> Browser:
            opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            stack.callback(opened.close)
            return opened

        spend(Evening(browser, ours, proxy))


if __name__ == "__main__":
    main()
