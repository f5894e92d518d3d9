"""A party in a frame of somebody else's site, which hears what happens and commands it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import SITE_SECRET, NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS
from tests.support.key_token import key_token
from tests.support.local_stack import Stack
from tests.support.other_origin import OtherSite
from tests.support.party_client import Guest
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

#: The page of docs/embedding.md, which keeps what it is told.
AROUND = """<!doctype html>
<iframe id="party" src="%(frame)s" allow="autoplay; fullscreen" width="800" height="500"></iframe>
<script>
  const frame = document.getElementById('party');
  const service = new URL(frame.src).origin;
  const protocol = 'party.embed.v1';
  window.told = [];
  window.addEventListener('message', ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === service && data.party === protocol) told.push(data);
  });
  window.give = (message) => frame.contentWindow.postMessage({ party: protocol, ...message }, service);
  frame.addEventListener('load', () => give({ type: 'hello' }));
</script>"""


def told(page: Page, type: str, **facts: Any) -> dict[str, Any]:
    """The latest message of that type with these facts; waits for it."""
    found: dict[str, Any] = page.wait_for_function(
        """([type, facts]) => told.findLast((message) => message.type === type
          && Object.entries(facts).every(([name, value]) => message[name] === value))""",
        arg=[type, facts],
    ).json_value()
    return found


def test_a_site_has_a_party_in_a_frame(stack: Stack, other_site: OtherSite, new_person: NewPerson) -> None:
    ada, ben = Guest(stack.url, "Ada"), new_person()
    party = ada.create_party(str(SAMPLE_VIDEO_ID), control="everyone")
    frame = f"{stack.url}/embed/{party['id']}#invite={party['invite_code']}&name=Ben"
    other_site.pages["/around"] = AROUND % {"frame": frame}
    complaints = complaints_of(ben)
    ben.goto(f"{other_site.origin}/around")
    inside = ben.frame_locator("#party")
    expect(inside.locator("#stage")).to_have_attribute("data-connection", "open", timeout=LIMIT_MS)
    expect(inside.get_by_test_id("play")).to_be_visible()
    for hidden in ("party-title", "connection", "member", "invite-link"):
        expect(inside.get_by_test_id(hidden).first).to_be_hidden()
    assert told(ben, "ready")["party_id"] == party["id"]
    welcome = told(ben, "welcome")
    assert (welcome["party_id"], welcome["host_id"]) == (party["id"], ada.user_id)

    ben.evaluate("() => give({ type: 'play', id: 'one', position_s: 3 })")
    revision = told(ben, "ack", id="one")["revision"]
    played = told(ben, "playback", revision=revision)
    assert (played["playback"]["state"], played["by"]) == ("playing", welcome["user_id"])
    assert ada.party(party["id"])["playback"]["revision"] == revision

    def position_s() -> float:
        ben.evaluate("() => give({ type: 'state', id: 'where' })")
        return float(told(ben, "ack", id="where")["position_s"])

    eventually(lambda: position_s() > 3.2)
    ben.evaluate("() => give({ type: 'seek', id: 'none' })")
    assert told(ben, "error", id="none")["problem"]["code"] == "validation_failed"
    ben.evaluate("() => give({ type: 'say', id: 'two', text: 'Hello from a frame' })")
    assert told(ben, "chat")["message"]["text"] == "Hello from a frame"
    ada.end(party["id"])
    assert told(ben, "ended")["reason"]
    expect(inside.get_by_test_id("home")).to_be_hidden()
    ada.close()
    # A frame gets the focus once somebody has clicked in it, and Chromium says so.
    assert [line for line in complaints if not line.startswith("Blocked autofocusing")] == []


def test_a_sites_server_says_who_is_in_its_frame(
    stack: Stack, other_site: OtherSite, new_person: NewPerson
) -> None:
    ada, ben = Guest(stack.url, "Ada"), new_person()
    party = ada.create_party(str(SAMPLE_VIDEO_ID))
    token = key_token("films", SITE_SECRET, "Ben", party=party["id"])
    frame = f"{stack.url}/embed/{party['id']}#invite={party['invite_code']}&token={token}"
    other_site.pages["/around"] = AROUND % {"frame": frame}
    ben.goto(f"{other_site.origin}/around")
    assert told(ben, "welcome")["party_id"] == party["id"]
    assert [member["display_name"] for member in ada.party(party["id"])["members"]] == ["Ada", "Ben"]
    inside = ben.frames[1]
    assert "token" not in inside.url
    assert token not in str(ben.context.storage_state())
    ben.evaluate("(token) => give({ type: 'token', id: 'again', token })", token)
    told(ben, "ack", id="again")
    ben.evaluate("() => give({ type: 'token', id: 'bad', token: 'x' })")
    assert told(ben, "error", id="bad")["problem"]["code"] == "unauthenticated"
    ada.close()


def test_a_site_that_is_not_allowed_has_none(
    stack: Stack, other_site: OtherSite, new_person: NewPerson
) -> None:
    ada, mallory = Guest(stack.url, "Ada"), new_person(bypass_csp=False)
    party = ada.create_party(str(SAMPLE_VIDEO_ID))
    frame = f"{stack.url}/embed/{party['id']}#invite={party['invite_code']}&name=Mallory"
    other_site.pages["/around"] = AROUND % {"frame": frame}
    other_site.pages["/page"] = AROUND % {"frame": f"{stack.url}/p/{party['id']}"}
    complaints = complaints_of(mallory)
    for address in (f"{other_site.alias}/around", f"{other_site.origin}/page"):
        with mallory.expect_console_message(lambda message: "frame-ancestors" in message.text):
            mallory.goto(address)
        assert mallory.evaluate("() => told.length") == 0
    assert len(complaints) >= 2
    assert ada.party(party["id"])["member_count"] == 1
    ada.close()
