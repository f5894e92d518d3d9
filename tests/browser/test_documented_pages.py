"""The pages of clients/js/README.md, docs/embedding.md and docs/films.md, opened as they stand there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import wait_until_moving
from tests.support.code_blocks import ANY_ID, SERVICE, blocks
from tests.support.local_stack import Stack
from tests.support.other_origin import OtherSite
from tests.support.party_client import Guest, Json, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

CLIENT_PAGE = "clients/js/README.md"

#: What a package manager does for a page of its own: the package's name leads to its first module.
PAGE = """<!doctype html><script type="importmap">
  {"imports": {"party-client": "%(service)s/static/party-client/index.js"}}
</script>%(body)s<script type="module">%(code)s</script>"""

#: A player of the kind that video sites offer for a frame: it does what it is told, and tells where it is.
FRAMED = """<!doctype html><video muted src="%s/media/sample.mp4"></video><script>
  const media = document.querySelector('video');
  addEventListener('message', ({ data }) => {
    if (data.do === 'seek') media.currentTime = data.positionS;
    else media[data.do]();
  });
  setInterval(() => parent.postMessage({
    positionS: media.currentTime, state: media.paused ? 'paused' : media.seeking ? 'buffering' : 'playing',
  }, '*'), 200);
</script>"""


@pytest.fixture
def host(stack: Stack) -> Iterator[Guest]:
    guest = Guest(stack.url, "Grace")
    yield guest
    guest.close()


@pytest.fixture
def party(host: Guest) -> Json:
    """One that anybody in it may play."""
    return host.create_party(str(SAMPLE_VIDEO_ID), control="everyone")


def first_page(stack: Stack, party: Json) -> str:
    """The first block of the client's page, with what an example can't know."""
    code, _ = blocks(CLIENT_PAGE, "js")
    code = code.replace(SERVICE, stack.url).replace("PARTY_ID", json.dumps(party["id"]))
    code = code.replace("INVITE_CODE", json.dumps(party["invite_code"]))
    assert "example" not in code
    return PAGE % {"service": stack.url, "body": "<video muted></video>", "code": code}


def position_s(page: Page, frame: str) -> float:
    return float(page.frame_locator(frame).locator("video").evaluate("media => media.currentTime"))


def test_a_page_by_the_client(
    stack: Stack, other_site: OtherSite, host: Guest, party: Json, new_person: NewPerson
) -> None:
    ada = new_person()
    other_site.pages["/watch"] = first_page(stack, party)
    complaints = complaints_of(ada)
    ada.goto(f"{other_site.origin}/watch")
    wait_until_moving(ada)
    assert host.party(party["id"])["playback"]["state"] == "playing"
    assert complaints == []


def test_a_player_in_a_frame(
    stack: Stack, other_site: OtherSite, host: Guest, party: Json, new_person: NewPerson
) -> None:
    ada = new_person()
    other_site.pages["/framed"] = FRAMED % stack.url
    _, code = blocks(CLIENT_PAGE, "js")
    code = code.replace("https://videos.example", other_site.alias)
    before = f"""
      import {{ FramePlayer, PlayerFollower, PartyApi, PartyConnection }} from 'party-client';
      const api = new PartyApi({{ baseUrl: '{stack.url}' }});
      await api.guest('Ada');
      await api.join('{party["id"]}', '{party["invite_code"]}');
      const connection = new PartyConnection({{ api, partyId: '{party["id"]}' }});
      connection.open();
      const frame = document.querySelector('iframe');
    """
    body = f'<iframe id="frame" allow="autoplay" src="{other_site.alias}/framed"></iframe>'
    other_site.pages["/around"] = PAGE % {"service": stack.url, "body": body, "code": before + code}
    ada.goto(f"{other_site.origin}/around")
    host.playback(party["id"], "play", position_s=4)
    eventually(lambda: position_s(ada, "#frame") > 6)
    host.playback(party["id"], "pause")
    video = ada.frame_locator("#frame").locator("video")
    eventually(lambda: video.evaluate("media => media.paused"))
    # It can seek to whole seconds, as a player in a frame is taken to.
    paused_s = host.party(party["id"])["playback"]["position_s"]
    eventually(lambda: abs(position_s(ada, "#frame") - paused_s) < 1)


def test_a_party_in_a_frame(
    stack: Stack, other_site: OtherSite, host: Guest, party: Json, new_person: NewPerson
) -> None:
    ada = new_person()
    (html,) = blocks("docs/embedding.md", "html")
    html = html.replace(SERVICE, stack.url).replace(ANY_ID, party["id"])
    other_site.pages["/around"] = "<!doctype html>" + html.replace("CODE", party["invite_code"])
    complaints = complaints_of(ada)
    ada.goto(f"{other_site.origin}/around")
    # By the page's button once the frame is there: what is told to one that is not is lost.
    eventually(lambda: len(host.party(party["id"])["members"]) == 2)
    with ada.expect_console_message(lambda message: message.text.startswith("playing ")):
        eventually(lambda: _pressed(ada, host, party["id"]))
    # Chromium takes a frame's wish for the focus for an error.
    assert [one for one in complaints if "autofocus" not in one] == []


def _pressed(page: Page, host: Guest, party_id: str) -> bool:
    page.click("#play")
    state: str = host.party(party_id)["playback"]["state"]
    return state == "playing"


def test_an_upload(stack: Stack, other_site: OtherSite, new_person: NewPerson) -> None:
    ada = new_person()
    (code,) = blocks("docs/films.md", "js")
    before = f"""
      import {{ PartyApi, Uploads, UploadMemory }} from 'party-client';
      const api = new PartyApi({{ baseUrl: '{stack.url}' }});
      const {{ user }} = await api.guest('Ada');
      let saved = null;
      const load = () => saved;
      const save = (text) => {{ saved = text; }};
      const film = await (await fetch('{stack.url}/media/sample.mp4')).blob();
      const file = new File([film], 'A film.mp4', {{ type: 'video/mp4' }});
    """
    after = "window.upload = upload;"
    other_site.pages["/upload"] = PAGE % {"service": stack.url, "body": "", "code": before + code + after}
    said: list[str] = []
    ada.on("console", lambda message: said.append(message.text))
    complaints = complaints_of(ada)
    ada.goto(f"{other_site.origin}/upload")
    ada.wait_for_function("() => window.upload?.videoId")
    video_id = ada.evaluate("() => upload.videoId")
    assert any(video_id in line for line in said)
    assert ada.evaluate("() => upload.sentBytes") > 0
    assert complaints == []
