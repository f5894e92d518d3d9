"""Who asks the system for less motion sees nothing of the page move but the film, in Chromium and Firefox.

What moves for all others is made to: reactions, notices, the sign of a lost connection, that of loading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, start_party
from tests.support.browsers.firefox import firefox_window
from tests.support.browsers.programs import installed
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

#: What moves as a rule: the names of its animations, and `transition`.
MOVES = {"appear", "breathe", "float", "rise", "transition", "turn"}

#: Notes, frame by frame, what moves for longer than an eye can see, and where each reaction is.
WATCH = """() => {
  window.moved = new Set();
  window.places = new Map();
  window.opacities = new Set();
  const look = () => {
    for (const animation of document.getAnimations()) {
      const { duration, iterations } = animation.effect.getComputedTiming();
      if (duration * iterations > 20) window.moved.add(animation.animationName ?? "transition");
    }
    for (const one of document.querySelectorAll("[data-testid=reaction]")) {
      const { left, top } = one.getBoundingClientRect();
      window.opacities.add(getComputedStyle(one).opacity);
      const places = window.places.get(one) ?? new Set();
      window.places.set(one, places.add(`${Math.round(left)} ${Math.round(top)}`));
    }
    requestAnimationFrame(look);
  };
  look();
}"""

#: Brings about all that moves, and what is turned by a hand that passes over it.
STIR = """() => {
  const part = (name) => document.querySelector(`[data-testid=${name}], [data-part=${name}]`);
  part("react").click();
  part("copy-invite").click();
  part("connection").dataset.connection = "connecting";
  part("spinner").hidden = false;
  part("copy-invite").style.backgroundColor = "rgb(1 2 3)";
}"""

FOUND = """() => ({
  moved: [...window.moved].sort(),
  reactions: window.places.size,
  opacities: [...window.opacities],
  places: Math.max(0, ...[...window.places.values()].map((places) => places.size)),
  shown: document.querySelectorAll("[data-testid=reaction]").length,
})"""


def stirred(run: Callable[[str], Any]) -> dict[str, Any]:
    """What moved from the stirring on until the reaction was gone again."""
    run(WATCH)
    run(STIR)
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(run(FOUND))
        return bool(found["reactions"] and not found["shown"])

    eventually(over, RECOVERY_S)
    return found


def in_party(new_person: NewPerson, stack: Stack) -> Page:
    page = new_person()
    start_party(page, stack.url, "Ada")
    return page


def test_all_of_it_moves_for_those_who_have_asked_for_nothing(stack: Stack, new_person: NewPerson) -> None:
    found = stirred(in_party(new_person, stack).evaluate)
    assert set(found["moved"]) == MOVES
    assert found["places"] > 5


def test_nothing_moves_in_chromium(stack: Stack, new_person: NewPerson) -> None:
    page = in_party(new_person, stack)
    page.emulate_media(reduced_motion="reduce")
    found = stirred(page.evaluate)
    assert found["moved"] == []
    assert (found["places"], found["opacities"]) == (1, ["1"]), "a reaction stands where it is, and is seen"


def test_nothing_moves_in_firefox(stack: Stack, new_person: NewPerson) -> None:
    program = installed("firefox")
    if program is None:
        pytest.skip("no Firefox on this machine: less motion was not tried in it")
    host = new_person()
    link = start_party(host, stack.url, "Ada")
    with own_folder() as folder, firefox_window(program, folder, {"ui.prefersReducedMotion": 1}) as window:
        window.open(f"{link}&name=Grace")
        eventually(
            lambda: window.run("() => document.querySelector('#stage')?.dataset.connection === 'open'")
        )
        assert window.run("() => matchMedia('(prefers-reduced-motion: reduce)').matches")
        found = stirred(window.run)
    assert found["moved"] == []
    assert (found["places"], found["opacities"]) == (1, ["1"])


@pytest.mark.parametrize("asks", [False, True])
def test_nor_do_the_documents(stack: Stack, new_person: NewPerson, asks: bool) -> None:
    page = new_person(width=600)
    page.emulate_media(reduced_motion="reduce" if asks else "no-preference")
    page.goto(f"{stack.url}/api/docs")
    page.locator(".contents > summary").click(timeout=LIMIT_MS)
    page.evaluate(WATCH)
    page.locator(".contents > summary").click()
    # Of two frames the second has seen what the click has begun.
    frame = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
    page.evaluate(frame)
    assert page.evaluate(FOUND)["moved"] == ([] if asks else ["transition"])
