"""A membership outlives its client's connection, and its socket comes back by itself."""

from __future__ import annotations

import json

import pytest

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.membership import STAYS_S, Membership
from partyapp.gateways.syncplay.party_link import RETRY_S, PartyLink
from partyapp.gateways.syncplay.session import Session
from partyapp.realtime.websocket.frames import FINAL_CODES, CloseCode
from tests.support.syncplay_env import ADA, HOST, DesktopMember, FakeGateway, FakeSocket, welcome


def reopened(ada: DesktopMember) -> FakeSocket:
    """The member's next socket, once its link has asked for one."""
    ada.gateway.pass_ms(RETRY_S * 1000)
    ada.link = ada.gateway.opened[-1][0]
    ada.socket = FakeSocket()
    ada.link.opened(ada.socket)
    return ada.socket


def chat(seq: int, text: str) -> dict[str, object]:
    return {"seq": seq, "user_id": HOST, "display_name": "Host", "text": text}


def test_the_socket_says_which_device_it_is_and_that_it_is_a_desktop_player() -> None:
    ada = DesktopMember()
    query = ada.gateway.opened[0][1]
    assert "client=syncplay" in query
    assert "device_id=" in query
    again = Membership(FakeGateway(), identity="identity", name="Ada", address="192.0.2.7")
    assert again.query().split("&")[0] == query.split("&")[0]


def test_pings_are_numbered_and_give_the_exchange_before_back() -> None:
    ada = DesktopMember()
    (first,) = ada.socket.all("ping")
    pong = {"type": "pong", "n": first["n"], "t1": first["t1"], "t2": 5.0, "t3": 5.0, "clock_epoch": "e"}
    ada.party(json.dumps(pong))
    ada.gateway.pass_ms(200)
    second = ada.socket.all("ping")[1]
    assert second["n"] == first["n"] + 1
    assert second["prev"] == {
        "n": first["n"], "t1": first["t1"], "t2": 5.0, "t3": 5.0, "t4": ada.gateway.mono_ms() - 200
    }  # fmt: skip


def test_a_ping_each_second_after_the_first_few() -> None:
    ada = DesktopMember()
    ada.gateway.pass_ms(2000)
    count = len(ada.socket.all("ping"))
    for _ in range(10):
        ada.gateway.pass_ms(1000)
        ada.party(json.dumps({"type": "crowd"}))
        ada.party(json.dumps({"type": "presence", "members": []}))
    assert len(ada.socket.all("ping")) - count in (9, 10, 11)


class Reporting(Session):
    """A session whose player has always something to tell."""

    def status(self) -> dict[str, object]:
        return {"state": "paused"}


def reporting() -> DesktopMember:
    ada = DesktopMember()
    ada.member.follower = Reporting(ada.gateway, ada.line, "192.0.2.7")
    return ada


def counts_of(ada: DesktopMember, seconds: int) -> tuple[int, int]:
    """How many pings and statuses go out in so many seconds, in which web is heard."""
    before = len(ada.socket.all("ping")), len(ada.socket.all("status"))
    for _ in range(seconds):
        ada.gateway.pass_ms(1000)
        ada.party(json.dumps({"type": "crowd"}))
    return len(ada.socket.all("ping")) - before[0], len(ada.socket.all("status")) - before[1]


def test_where_many_links_measure_one_clock_each_of_them_pings_seldom() -> None:
    ada = reporting()
    ada.gateway.links = 100
    ada.gateway.pass_ms(2000)
    pings, statuses = counts_of(ada, 8)
    assert pings == 2
    assert statuses in (7, 8)


def test_pings_and_statuses_have_a_pace_of_their_own() -> None:
    ada = reporting()
    ada.gateway.pass_ms(1000)
    ada.party(json.dumps({"type": "pace", "ping_ms": 1000, "status_ms": 3000}))
    pings, statuses = counts_of(ada, 9)
    assert pings in (8, 9)
    assert statuses in (2, 3)


def test_a_lost_socket_comes_back_and_the_client_hears_what_it_has_missed() -> None:
    ada = DesktopMember()
    ada.line.forget()
    ada.link.socket_closed(1012)
    assert reopened(ada).sent == []
    assert "last_chat_seq=4" in ada.gateway.opened[-1][1]
    told = json.loads(welcome(revision=6))
    told["chat"] = {"last_seq": 5, "enabled": True, "messages": [chat(4, "old"), chat(5, "missed")]}
    ada.party(json.dumps(told))
    assert ada.line.chats() == ["Host: missed"]
    assert ada.line.all("Hello") == []
    assert not ada.line.ended


def test_a_first_welcome_says_nothing_of_the_chat_before() -> None:
    ada = DesktopMember()
    assert ada.line.chats() == []
    ada.party(json.dumps({"type": "chat", "message": chat(5, "new")}))
    ada.party(json.dumps({"type": "chat", "message": chat(5, "new")}))
    assert ada.line.chats() == ["Host: new"]


def test_web_that_is_gone_is_tried_again() -> None:
    ada = DesktopMember()
    ada.link.socket_closed(1006)
    for _ in range(5):
        ada.hear({"State": {}})
        count = len(ada.gateway.opened)
        ada.gateway.pass_ms(RETRY_S * 1000)
        assert len(ada.gateway.opened) == count + 1
        ada.link.socket_refused(0, news.Problem())
    assert not ada.line.ended


def test_a_socket_that_fell_silent_is_left_for_another() -> None:
    ada = DesktopMember()
    for _ in range(12):
        ada.hear({"State": {}})
        ada.gateway.pass_ms(2000)
    assert ada.socket.closed
    assert len(ada.gateway.opened) > 1
    assert not ada.line.ended


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_socket_that_is_refused_for_good_ends_it(status: int) -> None:
    ada = DesktopMember()
    ada.link.socket_closed(1012)
    ada.gateway.pass_ms(RETRY_S * 1000)
    ada.link.socket_refused(status, news.Problem(code="x", detail="You are not a member."))
    assert ada.line.all("Error") == [{"message": "You are not a member."}]
    assert ada.gateway.over == [(ada.member, False)]


def test_a_token_that_has_ended_is_renewed() -> None:
    ada = DesktopMember()
    ada.link.socket_closed(CloseCode.TOKEN_EXPIRED)
    assert ada.gateway.renewed == [ada.link]
    ada.link.open()
    assert len(ada.gateway.opened) == 2
    ada.link.socket_refused(401, news.Problem())
    assert len(ada.gateway.renewed) == 2


@pytest.mark.parametrize("code", CloseCode)
def test_the_link_comes_back_from_every_code_that_is_not_final(code: CloseCode) -> None:
    ada = DesktopMember()
    ada.link.socket_closed(code)
    ada.gateway.pass_ms(RETRY_S * 1000)
    is_wanted = bool(ada.gateway.renewed) or len(ada.gateway.opened) > 1
    assert is_wanted == (code not in FINAL_CODES)


def test_who_was_replaced_is_hung_up_on_and_may_come_again() -> None:
    ada = DesktopMember()
    ada.link.socket_closed(CloseCode.REPLACED)
    assert ada.line.ended
    assert ada.line.all("Error") == []


def test_a_member_without_a_client_leaves_after_a_minute_unless_it_is_back() -> None:
    ada = DesktopMember()
    ada.session.lost()
    assert ada.socket.closed
    ada.gateway.pass_ms(STAYS_S * 1000 - 1)
    assert ada.gateway.over == []
    ada.member.keep()
    ada.gateway.pass_ms(STAYS_S * 1000)
    assert ada.gateway.over == []
    ada.member.unfollow(stays=True)
    ada.gateway.pass_ms(STAYS_S * 1000 + 1)
    assert ada.gateway.over == [(ada.member, True)]


def test_a_socket_that_opens_for_nobody_is_closed() -> None:
    gateway = FakeGateway()
    member = Membership(gateway, identity="identity", name="Ada", address="192.0.2.7")
    session = DesktopMember().session
    member.follow(session)
    member.unfollow(stays=True)
    socket = FakeSocket()
    gateway.opened[0][0].opened(socket)
    assert socket.closed
    member.follow(session)
    assert len(gateway.opened) == 2


def test_only_one_socket_is_opened_at_a_time() -> None:
    ada = DesktopMember()
    ada.link.socket_closed(1012)
    ada.link.open()
    ada.member.unfollow(stays=True)
    ada.member.follow(ada.session)
    assert len(ada.gateway.opened) == 2
    ada.link.opened(socket := FakeSocket())
    assert not socket.closed


def test_commands_carry_an_id_and_are_answered() -> None:
    ada = DesktopMember()
    assert ada.member.command("seek", -3.0)
    (command,) = ada.socket.all("command")
    assert (command["action"], command["position_s"]) == ("seek", 0.0)
    ada.party(json.dumps({"type": "error", "id": command["id"], "problem": {"detail": "No."}}))
    assert ada.line.chats() == ["Party: No."]


def test_there_is_no_command_without_a_socket() -> None:
    ada = DesktopMember()
    ada.link.socket_closed(1012)
    assert not ada.member.command("play", None)
    assert not ada.member.say("hello")


class Beginning:
    """The client's side of a membership, which notes that its party begins."""

    def __init__(self) -> None:
        self.begun = 0

    def party_begins(self) -> None:
        self.begun += 1

    def __getattr__(self, name: str) -> object:
        return lambda *_, **__: None


def following(gateway: FakeGateway, name: str) -> tuple[Beginning, PartyLink, FakeSocket]:
    """A client whose party is known, to a gateway that need not know the time."""
    member = Membership(gateway, identity=name, name=name, address="192.0.2.7")
    member.user_id = ADA
    member.follow(follower := Beginning())  # type: ignore[arg-type]
    link = gateway.opened[-1][0]
    link.opened(socket := FakeSocket())
    link.socket_said(welcome(), gateway.mono_ms())
    return follower, link, socket


def answer(gateway: FakeGateway, link: PartyLink, socket: FakeSocket) -> None:
    """Have its latest ping answered."""
    ping = socket.all("ping")[-1]
    pong = {"type": "pong", "n": ping["n"], "t1": ping["t1"], "t2": 9.0, "t3": 9.0, "clock_epoch": "e"}
    link.socket_said(json.dumps(pong), gateway.mono_ms())


def test_party_time_is_known_before_a_client_is_told_anything() -> None:
    gateway = FakeGateway()
    gateway.time = type(gateway.time)()
    follower, link, socket = following(gateway, "Ada")
    assert follower.begun == 0
    answer(gateway, link, socket)
    assert follower.begun == 1
    gateway.pass_ms(2000)
    answer(gateway, link, socket)
    assert follower.begun == 1, "it is told once"


def test_all_who_wait_for_the_time_are_told_whoever_is_answered_first() -> None:
    """A gateway was started anew, and its clients came back at once."""
    gateway = FakeGateway()
    gateway.time = type(gateway.time)()
    ada, ben = following(gateway, "Ada"), following(gateway, "Ben")
    for follower, link, socket in (ada, ben):
        assert follower.begun == 0
        answer(gateway, link, socket)
        assert follower.begun == 1
