"""Rights, removal, invitations and settings, through the page alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, seek, start_party, wait_for_stage
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]


def test_a_right_is_given_and_taken_by_keyboard(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = complaints_of(ada)
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    expect(part(grace, "play")).to_be_disabled()
    expect(part(grace, "person-menu").first).to_be_hidden()
    part(ada, "person-menu").nth(1).press("Enter")
    playback = ada.locator("[data-part=person-boxes] [data-grant=playback]")
    playback.press("Space")
    expect(part(grace, "play")).to_be_enabled(timeout=LIMIT_MS)
    expect(part(grace, "control-reason")).to_be_hidden()
    playback.press("Space")
    expect(part(grace, "play")).to_be_disabled(timeout=LIMIT_MS)
    part(ada, "close-person").press("Enter")
    # The focus is where it was before the dialog.
    expect(part(ada, "person-menu").nth(1)).to_be_focused()
    assert complaints == []


def test_who_is_taken_out_is_told_so_and_may_be_kept_out(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    link = start_party(ada, stack.url, "Ada")
    open_invite(grace, link, "Grace")
    part(ada, "person-menu").nth(1).click()
    part(ada, "person-remove").click()
    # Enter gives the harmless answer.
    expect(part(ada, "ask-no")).to_be_focused()
    part(ada, "ask-yes").click()
    card = part(grace, "card")
    expect(card).to_contain_text("You were taken out", timeout=LIMIT_MS)
    part(grace, "join-again").click()
    wait_for_stage(grace, connection="open")
    part(ada, "person-menu").nth(1).click()
    part(ada, "person-ban").click()
    part(ada, "ask-yes").click()
    expect(card).to_contain_text("can’t come back", timeout=LIMIT_MS)
    grace.goto(link)
    expect(card).to_contain_text("can’t join this party", timeout=LIMIT_MS)
    part(ada, "open-bans").click()
    part(ada, "unban").click()
    expect(part(ada, "unban")).to_have_count(0, timeout=LIMIT_MS)
    grace.goto(link)
    wait_for_stage(grace, connection="open")


#: A device whose clock is three days ahead.
_AHEAD = """() => {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 3 * 86_400_000;
}"""


def test_an_invitation_for_one_lets_one_in(stack: Stack, new_person: NewPerson) -> None:
    ada, grace, edsger = new_person(), new_person(), new_person()
    ada.add_init_script(f"({_AHEAD})()")
    start_party(ada, stack.url, "Ada")
    part(ada, "open-invites").click()
    part(ada, "invite-uses").select_option("1")
    part(ada, "make-invite").click()
    made = part(ada, "invite-made")
    expect(made).to_have_count(1, timeout=LIMIT_MS)
    expect(part(ada, "invite-state")).to_contain_text("ends in 24 h")
    link = made.locator("input").input_value()
    open_invite(grace, link, "Grace")
    edsger.goto(f"{link}&name=Edsger")
    expect(part(edsger, "card")).to_be_visible(timeout=LIMIT_MS)
    part(ada, "close-invites").click()
    part(ada, "open-invites").click()
    expect(part(ada, "invite-state")).to_contain_text("used up · 1 of 1 came by it: ", timeout=LIMIT_MS)
    expect(part(ada, "invite-state")).to_contain_text("Grace")
    # The party's own link anew: it takes the place of the one that is shown, also where others are.
    before = part(ada, "invite-link").input_value()
    expect(part(grace, "invite-link")).to_have_value(before)
    part(ada, "new-code").click()
    part(ada, "ask-yes").click()
    expect(part(ada, "invite-link")).not_to_have_value(before, timeout=LIMIT_MS)
    expect(part(grace, "invite-link")).to_have_value(part(ada, "invite-link").input_value(), timeout=LIMIT_MS)


def test_settings_are_the_party_s_and_the_log_tells_of_them(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    expect(part(grace, "open-settings")).to_be_hidden()
    part(ada, "open-settings").click()
    # Offered by the page when a party is started.
    expect(part(ada, "wait-for")).to_have_value("everyone")
    part(ada, "wait-for").select_option("nobody")
    ada.locator("[data-part=default-grants] [data-grant=playback]").check()
    part(ada, "save-settings").click()
    expect(part(grace, "play")).to_be_enabled(timeout=LIMIT_MS)
    part(grace, "open-history").click()
    expect(part(grace, "history-item").first).to_contain_text("Ada changed", timeout=LIMIT_MS)
    expect(part(grace, "history-item").last).to_contain_text("Ada started the party")
    # Who has left is named still.
    grace.keyboard.press("Escape")
    part(grace, "play").click()
    wait_for_stage(ada, state="playing")
    part(grace, "leave").click()
    expect(part(ada, "member")).to_have_count(1, timeout=LIMIT_MS)
    part(ada, "open-history").click()
    expect(part(ada, "history-list")).to_contain_text("Grace pressed play", timeout=LIMIT_MS)


#: The page looks where the party is four times a second; here it has no time to before somebody seeks.
_NO_LOOK = """() => {
  const set = window.setInterval.bind(window);
  window.setInterval = (run, after, ...rest) => set(run, after === 250 ? 3600_000 : after, ...rest);
}"""


def test_a_seek_right_after_the_start_can_be_taken_back(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    ada.add_init_script(f"({_NO_LOOK})()")
    start_party(ada, stack.url, "Ada")
    seek(ada, 200)
    expect(part(ada, "undo-seek")).to_have_text("Back to 0:00", timeout=LIMIT_MS)


def test_what_is_offered_in_a_party_is_gone_with_it(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    seek(ada, 200)
    expect(part(ada, "undo-seek")).to_be_visible(timeout=LIMIT_MS)
    part(ada, "end").click()
    part(ada, "confirm-end").click()
    expect(part(ada, "card")).to_contain_text("The party is over", timeout=LIMIT_MS)
    expect(part(ada, "undo-seek")).to_have_count(0)


def test_a_seek_can_be_taken_back(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    seek(ada, 200)
    undo = part(ada, "undo-seek")
    expect(undo).to_have_text("Back to 0:00", timeout=LIMIT_MS)
    undo.click()
    expect(part(ada, "elapsed")).to_have_text("0:00", timeout=LIMIT_MS)
    expect(undo).to_have_count(0)
