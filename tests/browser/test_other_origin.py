"""Pages of somebody else's site: the whole evening where the setting names them, nothing where it doesn't."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, wait_until_moving, wait_until_together
from tests.support.code_blocks import blocks
from tests.support.local_stack import Stack
from tests.support.other_origin import OtherSite
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: Ada makes the party; her page shows what comes of it.
HOST = """<!doctype html><video muted></video><output></output><script type="module">
  import { PartyApi, PartyConnection, PlaybackFollower } from '%(url)s/static/party-client/index.js';
  const api = new PartyApi({ baseUrl: '%(url)s' });
  await api.guest('Ada');
  const party = await api.createParty({ video_id: '%(video)s', visibility: 'private' });
  const media = document.querySelector('video');
  media.src = party.video.playback_url;
  const connection = new PartyConnection({ api, partyId: party.id });
  const heard = [];
  connection.addEventListener('chat', ({ detail }) => heard.push(detail.message.text));
  new PlaybackFollower({ media, connection }).start();
  connection.open();
  Object.assign(window, { api, party, connection, heard });
</script>"""


def ten_lines(url: str, party_id: str, invite_code: str) -> str:
    """The README's ten lines on a page of another origin, changed as it says below them."""
    (html,) = blocks("README.md", "html")
    page = html.replace("'/static/party-client/", f"'{url}/static/party-client/")
    page = page.replace("new PartyApi()", f"new PartyApi({{ baseUrl: '{url}' }})")
    page = page.replace("PARTY_ID", f"'{party_id}'").replace("INVITE_CODE", f"'{invite_code}'")
    # So that the test can act in it as the page itself would.
    return "<!doctype html>" + page.replace(
        "connection.open();", "connection.open(); window.connection = connection;"
    )


def test_a_page_of_another_origin_does_the_evening(
    stack: Stack, other_site: OtherSite, new_person: NewPerson
) -> None:
    ada, ben, grace = new_person(), new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, ben)]
    other_site.pages["/host"] = HOST % {"url": stack.url, "video": SAMPLE_VIDEO_ID}
    ada.goto(f"{other_site.origin}/host")
    ada.wait_for_function("() => window.connection?.state === 'open'")
    party_id, invite_code = ada.evaluate("() => [party.id, party.invite_code]")

    other_site.pages["/guest"] = ten_lines(stack.url, party_id, invite_code)
    ben.goto(f"{other_site.origin}/guest")
    ben.wait_for_function("() => window.connection?.state === 'open'")
    # Somebody else comes to the service's own page.
    open_invite(grace, f"{stack.url}/p/{party_id}?invite={invite_code}", "Grace")
    expect(part(grace, "member")).to_have_count(3, timeout=LIMIT_MS)

    ada.evaluate("() => connection.command('play', { position_s: 2 })")
    for page in (ada, ben, grace):
        wait_until_moving(page)
    wait_until_together(ada, ben)
    wait_until_together(ben, grace)
    assert ben.evaluate("() => document.querySelector('video').currentSrc").startswith(f"{stack.url}/media/")

    ben.evaluate("() => connection.talk.say('Hello from elsewhere')")
    ada.wait_for_function("() => heard.includes('Hello from elsewhere')")
    # An upload asks for leave with headers of its own, and its answer's headers are read.
    assert ada.evaluate(
        """async () => {
          const headers = {
            'Tus-Resumable': '1.0.0', 'Upload-Length': '4', 'Idempotency-Key': 'elsewhere',
            Authorization: `Bearer ${api.token}`,
          };
          const made = await fetch(`${api.baseUrl}/api/uploads`, { method: 'POST', headers });
          return [made.status, made.headers.get('Location') !== null, made.headers.get('Upload-Offset')];
        }"""
    ) == [201, True, "0"]
    ada.evaluate("() => api.end(party.id)")
    ben.wait_for_function("() => window.connection.state === 'closed'")
    assert complaints == [[], []]


def test_a_page_that_the_setting_does_not_name_does_nothing(
    stack: Stack, other_site: OtherSite, new_person: NewPerson
) -> None:
    mallory = new_person()
    other_site.pages["/host"] = HOST % {"url": stack.url, "video": SAMPLE_VIDEO_ID}
    other_site.pages["/"] = "<!doctype html>"
    complaints = complaints_of(mallory)
    owner = Guest(stack.url, "Owner")
    party_id = owner.create_party(str(SAMPLE_VIDEO_ID))["id"]
    mallory.goto(f"{other_site.alias}/host")
    mallory.wait_for_function("() => performance.getEntriesByType('resource').length > 0")
    assert mallory.evaluate("() => window.connection === undefined")

    refused = mallory.evaluate(
        """async ([url, party, ticket]) => {
          const body = JSON.stringify({ display_name: 'Mallory' });
          const guest = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
          const read = (path, init) => fetch(url + path, init).then(() => 'read', () => 'refused');
          const sockets = `${url.replace('http', 'ws')}/api/parties`;
          const opened = (make) => new Promise((resolve) => {
            const socket = make();
            socket.onopen = () => resolve('open');
            socket.onerror = () => resolve('refused');
          });
          return [
            await read('/api/auth/guest', guest),
            await read('/media/sample.mp4'),
            await opened(() => new WebSocket(`${sockets}/${party}/ws?ticket=${ticket}`)),
          ];
        }""",
        [stack.url, party_id, owner.ticket(party_id)],
    )
    owner.close()
    assert refused == ["refused"] * 3
    assert any("CORS" in line for line in complaints)
