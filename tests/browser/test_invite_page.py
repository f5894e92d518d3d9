"""The invite page says to what before it asks for a name, and nothing to who holds no invite."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, part
from tests.support.local_stack import Stack
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(120)]


def test_an_invite_says_to_what_before_it_asks_for_a_name(stack: Stack, new_person: NewPerson) -> None:
    ada = Guest(stack.url, "Ada")
    party = ada.create_party(str(SAMPLE_VIDEO_ID), title="Nosferatu at ours")
    address, link = f"{stack.url}/p/{party['id']}", f"?invite={party['invite_code']}"
    page = new_person(width=320, height=568)

    page.goto(address + link)
    expect(part(page, "name")).to_be_focused(timeout=LIMIT_MS)
    expect(page.locator("h1")).to_have_text("Nosferatu at ours")
    facts = part(page, "invite-facts")
    for fact in ("Ada", "Party sample", "Nobody yet"):
        expect(facts).to_contain_text(fact)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")

    # Without the code, as one that doesn't exist: nothing is told, and nothing asked.
    page.goto(address)
    expect(part(page, "card")).to_contain_text("We can't find this party", timeout=LIMIT_MS)
    assert "Nosferatu" not in page.content()
    assert "Nosferatu" not in page.title()

    ada.end(party["id"])
    ada.close()
    page.goto(address + link)
    expect(part(page, "card")).to_contain_text("The party is over", timeout=LIMIT_MS)
    expect(part(page, "name")).to_have_count(0)


def test_who_comes_in_on_a_phone_on_its_side_sees_the_picture(stack: Stack, new_person: NewPerson) -> None:
    ada = Guest(stack.url, "Ada")
    party = ada.create_party(str(SAMPLE_VIDEO_ID))
    ada.close()
    page = new_person(width=740, height=360)
    page.goto(f"{stack.url}/p/{party['id']}?invite={party['invite_code']}")
    part(page, "name").fill("Ben")
    page.mouse.wheel(0, 2000)
    page.wait_for_function("() => window.scrollY > 0")
    part(page, "name").press("Enter")
    expect(part(page, "member-count")).to_be_attached(timeout=LIMIT_MS)
    page.wait_for_function("() => document.querySelector('video').getBoundingClientRect().top >= 0")


def test_a_server_that_can_not_say_to_what_is_no_obstacle(stack: Stack, new_person: NewPerson) -> None:
    ada = Guest(stack.url, "Ada")
    party = ada.create_party(str(SAMPLE_VIDEO_ID))
    ada.close()
    page = new_person()
    page.route("**/preview", lambda route: route.fulfill(status=429))
    page.goto(f"{stack.url}/p/{party['id']}?invite={party['invite_code']}")
    part(page, "name").fill("Ben")
    part(page, "join").click()
    expect(part(page, "member-count")).to_be_visible(timeout=LIMIT_MS)


def test_a_name_that_runs_the_other_way_leaves_the_order_around_it_alone(
    stack: Stack, new_person: NewPerson
) -> None:
    sara = Guest(stack.url, "שרה (1)")
    party = sara.create_party(str(SAMPLE_VIDEO_ID))
    sara.close()
    page = new_person()
    page.goto(f"{stack.url}/p/{party['id']}?invite={party['invite_code']}")
    expect(part(page, "invite-facts").locator("bdi").first).to_have_text("שרה (1)", timeout=LIMIT_MS)
    part(page, "name").fill("Ada")
    part(page, "join").click()
    # As pieces of their own: the browser finds the direction of each by itself.
    expect(part(page, "member").locator("bdi")).to_have_text(["שרה (1)", "Ada"], timeout=LIMIT_MS)
    expect(page.locator("[data-part=subtitle]")).to_contain_text("\u2068שרה (1)\u2069")
