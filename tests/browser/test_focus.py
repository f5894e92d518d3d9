"""The focus is never lost, whatever vanishes under it, and whatever takes it has a name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part, start_party
from tests.support.local_stack import Stack
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

#: Roles that a screen reader tells without a name of their own, or whose options have it.
_NAMELESS = {"RootWebArea", "MenuListPopup", "generic", "none"}


def _press(control: Locator, key: str = "Enter") -> None:
    """By keys alone: it takes the focus, and the key."""
    expect(control).to_be_visible(timeout=LIMIT_MS)
    control.focus()
    expect(control).to_be_focused()
    control.page.keyboard.press(key)


def _focused(control: Locator) -> None:
    expect(control).to_be_focused(timeout=LIMIT_MS)


def _without_name(page: Page) -> list[str]:
    """Roles of what can take the focus and has no name, as assistive technology is told."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    roles = []
    for node in nodes:
        named = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
        role = node.get("role", {}).get("value")
        if node["ignored"] or not named.get("focusable") or role in _NAMELESS:
            continue
        if not node.get("name", {}).get("value"):
            roles.append(str(role))
    return roles


def test_the_focus_stays_where_its_place_was(stack: Stack, new_person: NewPerson) -> None:
    ada, grace, alan = new_person(), Guest(stack.url, "Grace"), Guest(stack.url, "Alan")
    complaints = complaints_of(ada)
    found = re.search(r"/p/([^#]+)#invite=(.+)$", start_party(ada, stack.url, "Ada"))
    assert found is not None
    for guest in (grace, alan):
        guest.join(*found.groups())
    menus = part(ada, "person-menu").locator("visible=true")
    expect(menus).to_have_count(2, timeout=LIMIT_MS)
    people = ada.get_by_role("heading", name="Who is here")

    # A button that has done its part; then a row, and the button beside it that had opened the dialog.
    _press(menus.first)
    _press(ada.locator("[data-part=person-boxes] [data-grant=invite]"), "Space")
    _press(part(ada, "person-defaults"))
    _focused(ada.locator("[data-part=person-name]"))
    assert _without_name(ada) == []
    # What is said meanwhile is said in the dialog: behind it nobody is told anything.
    _press(part(ada, "person-mute"))
    expect(part(ada, "person-dialog")).to_contain_text("can’t write", timeout=LIMIT_MS)
    _press(part(ada, "person-ban"))
    _press(part(ada, "ask-yes"))
    expect(menus).to_have_count(1, timeout=LIMIT_MS)
    _focused(people)
    expect(ada.locator("[data-part=notice-place] [data-testid=notices]")).to_be_attached()
    _press(part(ada, "open-bans"))
    _press(part(ada, "unban"))
    _focused(ada.get_by_role("heading", name="Who is kept out"))
    ada.keyboard.press("Escape")
    _focused(part(ada, "open-bans"))

    # Who hands over has no menus any more: neither the row's button nor the dialog's opener is left.
    _press(menus.first)
    _press(part(ada, "person-host"))
    expect(menus).to_have_count(0, timeout=LIMIT_MS)
    _focused(part(ada, "party-title"))
    _press(part(ada, "leave"))
    _focused(ada.get_by_role("heading", name="Start a party"))
    assert complaints == []
    for guest in (grace, alan):
        guest.close()


def test_it_comes_back_from_where_all_is_set_and_copied(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    complaints = complaints_of(ada)
    start_party(ada, stack.url, "Ada")
    _press(part(ada, "open-settings"))
    _focused(ada.locator("[data-part=default-grants] input").first)
    assert _without_name(ada) == []
    ada.keyboard.press("Escape")
    _focused(part(ada, "open-settings"))

    _press(part(ada, "open-invites"))
    _press(part(ada, "make-invite"))
    copy = part(ada, "copy-made")
    _focused(copy)
    copy.press("Enter")
    expect(part(ada, "notices")).to_contain_text("copied", timeout=LIMIT_MS)
    _focused(copy)
    assert _without_name(ada) == []
    ada.keyboard.press("Escape")

    _press(part(ada, "queue").locator("summary"))
    _press(part(ada, "add-to-queue"))
    _press(part(ada, "pick-add").first)
    expect(part(ada, "queue-item")).to_have_count(1, timeout=LIMIT_MS)
    ada.keyboard.press("Escape")
    assert _without_name(ada) == []
    _press(part(ada, "next-film-now"))
    _focused(part(ada, "queue-list"))
    assert complaints == []
