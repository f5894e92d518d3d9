"""Notifications on their way out of real processes: to real receivers of HTTP and mail, whatever dies."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.support.contract import assert_answer, assert_refused
from tests.support.local_stack import Stack
from tests.support.mailbox import Mailbox
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, body_of
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.webhook_receiver import Reply, Request, WebhookReceiver

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PATH = "/api/me/channels"


class Service:
    """What an ntfy server or any program of a person's looks like; it holds its answers when told to."""

    def __init__(self) -> None:
        self.is_held = threading.Event()
        self.receiver = WebhookReceiver(self._reply)

    def _reply(self, _: Request) -> Reply:
        return self._hold if self.is_held.is_set() else (200, {}, b"{}")

    def _hold(self, _: BaseHTTPRequestHandler) -> None:
        eventually(lambda: not self.is_held.is_set(), RECOVERY_S)

    def texts(self, path: str) -> list[str]:
        """What came to this path, each whole."""
        return [request.body.decode() for request in list(self.receiver.received) if request.path == path]


@dataclass
class Out:
    """A stack that sends to this machine, too, and what it sends to."""

    stack: Stack
    service: Service
    mail: Mailbox

    def json(self, name: str) -> str:
        return f"json://127.0.0.1:{self.service.receiver.port}/{name}"


@pytest.fixture(scope="module")
def out() -> Iterator[Out]:
    service = Service()
    with own_folder() as folder, service.receiver, Mailbox() as mail:
        extra = {
            "PARTY_NOTIFY_SCHEMES": "json,ntfy,mailto",
            "PARTY_NOTIFY_ALLOW_PRIVATE": "1",
            "PARTY_NOTIFY_FIRST_RETRY_S": "0.2",
            "PARTY_SMTP_URL": mail.url,
            "PARTY_MAIL_FROM": "Party <party@party.example>",
        }
        with Stack(folder / "data", extra=extra, webhooks=True) as running:
            yield Out(running, service, mail)


@pytest.fixture
def ada(out: Out) -> Iterator[Guest]:
    guest = Guest(out.stack.url, "Ada")
    yield guest
    guest.close()


@pytest.fixture
def ben(out: Out) -> Iterator[Guest]:
    guest = Guest(out.stack.url, "Ben")
    yield guest
    guest.close()


def code_in(texts: list[str]) -> str:
    """The latest code of these messages."""
    return str(re.findall(r"code is ([0-9]{6})", texts[-1])[0])


def verified(guest: Guest, address: str, messages: Any, **more: Any) -> Json:
    """A channel of the guest's, its code typed back; `messages` are those that came there."""
    before = len(messages())
    added = body_of(guest.post(PATH, {"address": address, **more}), 201)
    assert_answer("addChannel", added, 201)
    assert added["state"] == "unverified"
    eventually(lambda: len(messages()) > before, RECOVERY_S)
    code = code_in(messages())
    channel: Json = body_of(guest.post(f"{PATH}/{added['id']}/verify", {"code": code}), 200)
    assert channel["state"] == "active"
    return channel


def invite(host: Guest, guest: Guest, title: str) -> Json:
    party = host.create_party(title=title)
    body_of(host.post(f"/api/parties/{party['id']}/invites", {"user_id": guest.user_id}), 201)
    return party


def test_one_message_for_each_channel_in_all_ways(out: Out, ada: Guest, ben: Guest) -> None:
    receiver, mail = out.service, out.mail

    def mails() -> list[str]:
        return [f"{one['subject']}\n{one.get_payload()}" for one in mail.to("ada@home.example")]

    verified(ada, out.json("all"), lambda: receiver.texts("/all"))
    verified(ada, f"ntfy://127.0.0.1:{receiver.receiver.port}/films", lambda: receiver.texts("/"))
    verified(ada, "ada@home.example", mails)
    other = verified(ada, out.json("joins"), lambda: receiver.texts("/joins"), kinds=["member_joined"])
    overview = body_of(ada.get(PATH), 200)
    assert_answer("listChannels", overview)
    shown = str(overview)
    assert "ada@home" not in shown
    assert "/films" not in shown
    party = invite(ben, ada, "Film night")

    def all_told() -> list[list[str]]:
        return [receiver.texts("/all"), receiver.texts("/"), mails()]

    eventually(lambda: all(len(texts) == 2 for texts in all_told()), RECOVERY_S)
    assert all("Ben invites you to" in texts[1] for texts in all_told())
    (code, told) = mail.to("ada@home.example")
    notification = body_of(ada.get("/api/notifications"), 200)["items"][0]
    assert notification["party_id"] == party["id"]
    assert notification["id"] in told["message-id"]
    assert code["message-id"] != told["message-id"]
    assert len(receiver.texts("/joins")) == 1, "nobody has joined"
    body_of(ada.delete(f"{PATH}/{other['id']}"), 204)


def test_what_dies_before_it_knows_that_it_arrived_sends_it_again(out: Out, ada: Guest, ben: Guest) -> None:
    service = out.service
    verified(ada, out.json("dies"), lambda: service.texts("/dies"))
    service.is_held.set()
    invite(ben, ada, "The first")
    eventually(lambda: len(service.texts("/dies")) == 2, RECOVERY_S)
    out.stack.kill("webhooks", signal.SIGKILL)
    # Committed while nobody sends, and its web process dies at once.
    invite(ben, ada, "The second")
    out.stack.kill("web", signal.SIGKILL)
    service.is_held.clear()
    eventually(lambda: len(service.texts("/dies")) == 4, RECOVERY_S)
    told = service.texts("/dies")[1:]
    assert sum("The first" in text for text in told) == 2, "at least once"
    assert sum("The second" in text for text in told) == 1, "and once where nothing died"
    assert f"127.0.0.1:{service.receiver.port}/dies" not in out.stack.log("webhooks")


def test_a_wrong_code_opens_nothing_and_is_tried_a_few_times_only(out: Out, ada: Guest, ben: Guest) -> None:
    def texts() -> list[str]:
        return out.service.texts("/guessed")

    added = body_of(ada.post(PATH, {"address": out.json("guessed")}), 201)
    eventually(texts, RECOVERY_S)
    right = code_in(texts())
    wrong = f"{(int(right) + 1) % 10**6:06}"
    path = f"{PATH}/{added['id']}"
    assert_refused(ben.post(f"{path}/verify", {"code": right}), "not_found")
    for _ in range(5):
        assert_refused(ada.post(f"{path}/verify", {"code": wrong}), "validation_failed")
    assert_refused(ada.post(f"{path}/verify", {"code": right}), "validation_failed")
    invite(ben, ada, "Unheard")
    body_of(ada.post(f"{path}/code"), 200)
    eventually(lambda: len(texts()) == 2, RECOVERY_S)
    assert code_in(texts()) != right
    assert body_of(ada.post(f"{path}/verify", {"code": code_in(texts())}), 200)["state"] == "active"
    assert all("Unheard" not in text for text in texts())


def test_what_nobody_takes_is_set_aside_with_its_reason(out: Out, ada: Guest) -> None:
    added = body_of(ada.post(PATH, {"address": "nobody@home.example"}), 201)

    def shown() -> Json:
        (found,) = [one for one in body_of(ada.get(PATH), 200)["items"] if one["id"] == added["id"]]
        return dict(found)

    eventually(lambda: shown()["state"] == "set_aside", RECOVERY_S)
    assert shown()["reason"] == "invalid_address"
    for address in (
        "syslog://",
        "json://a b",
        "mailto://user:secret@mail.example",
        "a@b.example,c@d.example",
    ):
        assert_refused(ada.post(PATH, {"address": address}), "validation_failed")
