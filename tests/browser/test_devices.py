"""One person, whatever they are called and on however many devices."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, start_party, wait_for_stage
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]


def who_is(page: Page) -> str:
    """The id of the person whose browser it is."""
    token = page.evaluate("() => localStorage.getItem('party.token')")
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return str(claims["sub"])


def here(link: str, stack: Stack) -> str:
    """The link at the address at which these browsers know who they are."""
    return link.replace(link.partition("/p/")[0], stack.url)


def test_another_name_is_the_same_person(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    complaints = complaints_of(ada)
    link = start_party(ada, stack.url, "Ada")
    open_invite(grace, link, "Grace")
    before = who_is(ada)
    ada.goto(stack.url)
    part(ada, "change-name").click()
    expect(part(ada, "name")).to_have_value("Ada")
    part(ada, "name").fill("Ada Lovelace")
    part(ada, "rename").click()
    expect(part(ada, "me")).to_have_text("Ada Lovelace", timeout=LIMIT_MS)
    assert who_is(ada) == before
    expect(part(grace, "members")).to_contain_text("Ada Lovelace", timeout=LIMIT_MS)
    ada.goto(here(link, stack))
    wait_for_stage(ada, connection="open", role="host")
    assert complaints == []


@pytest.mark.parametrize("typed", [False, True], ids=["by the link", "by the code"])
def test_another_device_is_the_same_person(stack: Stack, new_person: NewPerson, typed: bool) -> None:
    laptop, phone = new_person(), new_person(width=390, height=844)
    party = start_party(laptop, stack.url, "Ada")
    laptop.goto(stack.url)
    part(laptop, "other-device").click()
    expect(part(laptop, "device-code")).not_to_be_empty(timeout=LIMIT_MS)
    code, link = part(laptop, "device-code").inner_text(), part(laptop, "device-link").input_value()
    if typed:
        phone.goto(stack.url)
        part(phone, "have-code").click()
        expect(part(phone, "device-sign-in")).to_be_visible()
        part(phone, "name").fill(code.lower())
    else:
        phone.goto(f"{stack.url}/#{link.partition('/#')[2]}")
        expect(part(phone, "name")).to_have_value(code)
        assert "device" not in phone.url, "the code stays in no address"
    part(phone, "device-sign-in").click()
    expect(part(phone, "me")).to_have_text("Ada", timeout=LIMIT_MS)
    assert who_is(phone) == who_is(laptop)
    phone.goto(here(party, stack))
    wait_for_stage(phone, connection="open", role="host")

    other = new_person()
    other.goto(f"{stack.url}/#device={code}")
    part(other, "device-sign-in").click()
    expect(part(other, "form-error")).to_be_visible(timeout=LIMIT_MS)


#: Ends all sessions of the person whose browser it is.
_SIGN_OUT_EVERYWHERE = """() => fetch('/api/auth/session?everywhere=true', {
  method: 'DELETE', headers: { Authorization: `Bearer ${localStorage.getItem('party.token')}` },
})"""


@pytest.mark.parametrize("where", ["in the party", "at the next visit"])
def test_who_was_signed_out_on_another_device_is_told_and_asked(
    stack: Stack, new_person: NewPerson, where: str
) -> None:
    laptop, phone = new_person(), new_person(width=390, height=844)
    link = here(start_party(laptop, stack.url, "Ada"), stack)
    ada = who_is(laptop)
    laptop.goto(stack.url)
    part(laptop, "other-device").click()
    expect(part(laptop, "device-code")).not_to_be_empty(timeout=LIMIT_MS)
    phone.goto(f"{stack.url}/#device={part(laptop, 'device-code').inner_text()}")
    part(phone, "device-sign-in").click()
    expect(part(phone, "me")).to_have_text("Ada", timeout=LIMIT_MS)
    if where == "in the party":
        phone.goto(link)
        wait_for_stage(phone, connection="open", role="host")
        laptop.evaluate(_SIGN_OUT_EVERYWHERE)
    else:
        laptop.evaluate(_SIGN_OUT_EVERYWHERE)
        phone.goto(link)
    heading = phone.get_by_role("heading", name="You were signed out on another device")
    expect(heading).to_be_visible(timeout=LIMIT_MS)
    expect(part(phone, "have-code")).to_be_visible()
    expect(part(phone, "invite-facts")).to_contain_text("Ada")
    assert phone.evaluate("() => localStorage.getItem('party.token')") is None, "and nobody new has come"
    part(phone, "name").fill("Ada again")
    part(phone, "join").click()
    wait_for_stage(phone, connection="open", role="member")
    assert who_is(phone) != ada
    phone.reload()
    wait_for_stage(phone, connection="open", role="member")


def test_who_opened_localhost_goes_on_at_the_networks_address_with_a_code(
    stack: Stack, new_person: NewPerson
) -> None:
    ada = new_person()
    own_machine, another = stack.url, f"http://127.0.0.1:{stack.page_port}{stack.page_path}"
    shown = start_party(ada, own_machine, "Ada")
    link = another + shown[shown.index("/p/") :]
    expect(ada.get_by_text("takes you for somebody else")).to_be_visible()
    person = who_is(ada)
    ada.goto(own_machine)
    part(ada, "other-device").click()
    expect(part(ada, "device-code")).not_to_be_empty(timeout=LIMIT_MS)
    code = part(ada, "device-code").inner_text()
    ada.goto(link)
    expect(part(ada, "join")).to_be_visible(timeout=LIMIT_MS)
    part(ada, "have-code").click()
    expect(part(ada, "device-sign-in")).to_be_visible()
    part(ada, "name").fill(code)
    part(ada, "device-sign-in").click()
    wait_for_stage(ada, connection="open", role="host")
    assert who_is(ada) == person
