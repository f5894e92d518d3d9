"""Keys do what has the focus: every control of a party's page and every key of the map, in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, part, start_party, wait_for_stage
from tests.support.local_stack import Stack
from tests.support.party_client import Guest
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

#: Every control that the keyboard reaches, told by its test id, else by its words; those of notices go by
#: themselves.
_CONTROLS = """() => {
  const all = document.querySelectorAll("#app :is(button, a[href], input, select, summary)");
  const shown = [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }));
  return shown.filter((one) => !one.closest("dialog, .notices")).map((one, index) => {
    one.dataset.number = String(index);
    return [index, one.localName, one.dataset.testid ?? one.textContent.trim()];
  });
}"""
#: What would be pressed is noted instead.
_NOTE_PRESSES = """() => {
  window.presses = [];
  const note = (event) => {
    if (!event.target.closest("button, a, summary")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.presses.push(event.type);
  };
  window.addEventListener("click", note, { capture: true });
}"""
_STATE = """() => {
  const video = document.querySelector("video");
  const presses = window.presses.splice(0).length;
  return [presses, video.muted, document.documentElement.classList.contains("is-fullscreen")];
}"""
#: These belong to the browser wherever they have no meaning in the map.
_PLAIN = ["ArrowUp", "ArrowDown", "Home", "End"]
_SEEKS = ["ArrowLeft", "ArrowRight"]


class SentCommands:
    """The playback commands that a page sends to its party."""

    def __init__(self, page: Page) -> None:
        self._sent: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self._take(frame))

    def _take(self, frame: Any) -> None:
        message = json.loads(frame if isinstance(frame, str) else frame.decode())
        if message["type"] == "command":
            self._sent.append("toggle" if message["action"] in ("play", "pause") else message["action"])

    def by(self, page: Page) -> list[str]:
        """Those so far; the last one is a toggle from a place where no control has the focus."""
        # A press while another is under way does nothing.
        expect(part(page, "play")).not_to_have_attribute("aria-busy", "true", timeout=LIMIT_MS)
        before = self._sent.count("toggle")
        page.evaluate("() => document.activeElement.blur()")
        stage = page.locator("#stage")
        state = stage.get_attribute("data-state")
        page.keyboard.press("k")
        expect(stage).not_to_have_attribute("data-state", str(state), timeout=LIMIT_MS)
        eventually(lambda: self._sent.count("toggle") > before)
        found, self._sent = self._sent, []
        assert found.pop() == "toggle"
        return found


def kind_of(element: str, name: str) -> str:
    if element in ("button", "summary"):
        return "press"
    return {"": "link", "seek": "position", "volume": "volume"}.get(name, "entry")


def press_at(page: Page, number: int, *keys: str) -> None:
    page.evaluate("(number) => document.querySelector(`[data-number='${number}']`).focus()", number)
    for key in keys:
        page.keyboard.press(key)


def test_every_key_on_every_control(stack: Stack, new_person: NewPerson) -> None:
    ada, ben = new_person(), Guest(stack.url, "Ben")
    sent = SentCommands(ada)
    link = start_party(ada, stack.url, "Ada")
    found = re.search(r"/p/([^#]+)#invite=(.+)$", link)
    assert found is not None
    ben.join(*found.groups())
    ben.close()
    expect(part(ada, "hand-over")).to_have_count(1, timeout=LIMIT_MS)
    ada.wait_for_function("() => Number(document.querySelector('[data-testid=seek]').max) > 60")
    ada.evaluate(_NOTE_PRESSES)
    sent.by(ada)
    controls = ada.evaluate(_CONTROLS)
    names = {name for _, _, name in controls}
    assert {"play", "own-pause", "seek", "rate", "mute", "volume", "fullscreen", "invite-link"} <= names
    assert {"copy-invite", "hand-over", "leave", "end", "show-keys"} <= names

    for number, element, name in controls:
        if name == "rate":
            # Its keys choose a speed, which test_own_pause.py looks at.
            continue
        kind = kind_of(element, name)
        before = ada.evaluate(_STATE)

        press_at(ada, number, *_SEEKS, *_PLAIN)
        # Where a quarter of a second lies between the two, they are two seeks.
        seeks = {"seek"} if kind in ("press", "link", "position") else set()
        assert set(sent.by(ada)) == seeks, f"arrows on {name}"
        if kind == "entry" and name != "invite-link":
            continue

        press_at(ada, number, " ")
        toggles = ["toggle"] if kind in ("link", "position", "volume") else []
        assert sent.by(ada) == toggles, f"Space on {name}"
        presses = 1 if kind == "press" else 0
        assert ada.evaluate(_STATE) == [presses, *before[1:]], f"Space on {name}"

        press_at(ada, number, "m")
        assert ada.evaluate(_STATE)[1] == (before[1] if kind == "entry" else not before[1]), f"M on {name}"
        press_at(ada, number, "m", "f")
        assert ada.evaluate(_STATE) == [0, before[1], kind != "entry"], f"F on {name}"
        press_at(ada, number, "f")
        ada.wait_for_function("() => !document.documentElement.classList.contains('is-fullscreen')")


def test_space_after_a_click_on_a_button_of_the_player_is_about_the_video(
    stack: Stack, new_person: NewPerson
) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    part(ada, "mute").click()
    assert ada.evaluate("() => document.querySelector('video').muted")
    ada.keyboard.press("Space")
    wait_for_stage(ada, state="playing")
    assert ada.evaluate("() => document.querySelector('video').muted")
    # By the keyboard the same button is pressed.
    ada.keyboard.press("Tab")
    ada.keyboard.press("Shift+Tab")
    expect(part(ada, "mute")).to_be_focused()
    ada.keyboard.press("Space")
    ada.wait_for_function("() => !document.querySelector('video').muted")
    wait_for_stage(ada, state="playing")


def test_the_position_speaks_on_a_press_alone(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    part(ada, "play").click()
    ada.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    part(ada, "seek").focus()
    ada.evaluate("""() => {
      window.spoken = [];
      const slider = document.querySelector("[data-testid=seek]");
      new MutationObserver(() => window.spoken.push(slider.getAttribute("aria-valuetext")))
        .observe(slider, { attributeFilter: ["aria-valuetext"] });
    }""")
    ada.wait_for_function("() => document.querySelector('video').currentTime > 2.5")
    assert ada.evaluate("() => window.spoken") == []
    ada.keyboard.press("PageUp")
    ada.wait_for_function("() => window.spoken.length > 0")
    assert re.fullmatch(r"3\d seconds of 5 minutes 30 seconds", ada.evaluate("() => window.spoken[0]"))


def test_the_help_shows_the_map_and_turns_single_letters_off(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(width=320, height=400)
    start_party(ada, stack.url, "Ada")
    ada.keyboard.press("?")
    expect(part(ada, "keys-dialog")).to_be_visible()
    expect(part(ada, "keys-dialog")).to_contain_text("Pause for me alone")
    part(ada, "single-keys").uncheck()
    part(ada, "close-keys").click()
    ada.keyboard.press("m")
    ada.locator("body").press("Space")
    wait_for_stage(ada, state="playing")
    assert not ada.evaluate("() => document.querySelector('video').muted")
