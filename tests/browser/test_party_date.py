"""Before a party's date nothing that is pressed by accident begins the film or takes the date away."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, seek, wait_until_moving
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]


def test_before_the_date_the_page_offers_to_begin_and_asks(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = Guest(stack.url, "Ada"), new_person(width=390, height=844)
    complaints = complaints_of(grace)
    date_ms = time.time() * 1000 + 3_600_000
    party = ada.create_party(str(SAMPLE_VIDEO_ID), control="everyone", starts_at_ms=date_ms)
    open_invite(grace, f"{stack.url}/p/{party['id']}?invite={party['invite_code']}", "Grace")
    play, ask = part(grace, "play"), part(grace, "ask-dialog")
    expect(play).to_have_attribute("aria-label", "Play")
    expect(part(grace, "date")).to_contain_text("Begins in")
    seek(grace, 12)
    eventually(lambda: ada.party(party["id"])["playback"]["position_s"] == 12)
    grace.locator("[data-testid=rate]").select_option("1.5")
    eventually(lambda: ada.party(party["id"])["playback"]["rate"] == 1.5)
    play.focus()
    grace.keyboard.press("Space")
    expect(ask).to_be_visible()
    grace.keyboard.press("Escape")
    expect(ask).to_be_hidden()
    expect(play).to_be_focused()
    playback = ada.party(party["id"])["playback"]
    assert (playback["state"], playback["at_ms"], playback["position_s"]) == ("playing", date_ms, 12)
    grace.keyboard.press("Space")
    part(grace, "ask-yes").press("Enter")
    expect(play).to_have_attribute("aria-label", "Pause", timeout=LIMIT_MS)
    wait_until_moving(grace)
    expect(part(grace, "date")).to_be_hidden()
    assert complaints == []
    ada.close()
