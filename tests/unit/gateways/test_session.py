"""One desktop client: what its lines mean to the party, and what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partyapp.gateways.syncplay import notices, wire
from partyapp.gateways.syncplay.room_names import room_name
from partyapp.gateways.syncplay.session import Session
from tests.support.syncplay_env import (
    ADA,
    BEN,
    CODE,
    HOST,
    DesktopMember,
    FakeGateway,
    FakeLine,
    event,
    member_json,
    playback_json,
    welcome,
)

CONTROLLED = room_name(CODE, controlled=True)
HOST_ONLY: dict[str, Any] = {"control": "host", "default_grants": ["chat"]}


def test_the_handshake_is_answered_in_the_order_that_opens_files() -> None:
    ada = DesktopMember()
    kinds = [next(iter(message)) for message in ada.line.told]
    assert kinds[:4] == ["TLS", "Hello", "Set", "Set"]
    assert ada.line.told[0] == {"TLS": {"startTLS": "false"}}
    assert ada.line.told[2] == {"Set": {"playlistChange": {"user": None, "files": []}}}
    assert ada.line.told[3] == {"Set": {"playlistIndex": {"user": None, "index": None}}}
    assert ada.line.all("State")
    hello = ada.line.all("Hello")[0]
    assert (hello["username"], hello["room"]) == ("Ada", {"name": CODE})


def test_tls_begins_where_there_is_a_certificate() -> None:
    gateway, line = FakeGateway(), FakeLine(tls=True)
    Session(gateway, line, "192.0.2.7").received({"TLS": {"startTLS": "send"}})
    assert line.told == []


def test_a_client_is_told_each_second_where_the_party_is() -> None:
    ada = DesktopMember()
    ada.line.forget()
    for _ in range(10):
        ada.hear({"State": {"ping": {"latencyCalculation": 1.0}}})
        ada.gateway.pass_ms(1000)
    assert len(ada.line.all("State")) >= 9


@pytest.mark.parametrize(
    "body",
    [None, {}, {"username": "Ada"}, {"username": "Ada", "room": {"name": ""}}, {"room": {"name": CODE}}, 7],
)
def test_a_hello_without_name_or_room_is_refused(body: object) -> None:
    session = Session(FakeGateway(), FakeLine(), "192.0.2.7")
    with pytest.raises(wire.BadLine):
        session.received({"Hello": body})


@pytest.mark.parametrize("message", [{"List": None}, {"Chat": "hi"}, {"State": {}}, {"Set": {}}])
def test_nothing_is_done_for_who_has_not_said_hello(message: dict[str, object]) -> None:
    with pytest.raises(wire.BadLine):
        Session(FakeGateway(), FakeLine(), "192.0.2.7").received(message)


@pytest.mark.parametrize("message", [{"Nonsense": 1}, {"Hello": {"username": "A", "room": {"name": "b"}}}])
def test_a_message_that_no_client_sends_ends_the_connection(message: dict[str, object]) -> None:
    with pytest.raises(wire.BadLine):
        DesktopMember().hear(message)


@pytest.mark.parametrize(
    "message",
    [
        {"Set": None},
        {"Set": {"file": None, "ready": 7, "room": 3, "playlistIndex": {"index": 0}, "unknown": {}}},
        {"Set": {"file": {"name": "a", "duration": "long"}}},
        {"State": None},
        {"State": {"playstate": 7, "ping": []}},
        {"Chat": {"message": "hi"}},
        {"Chat": ""},
        {"List": {"x": 1}},
    ],
)
def test_what_is_odd_inside_a_message_does_no_harm(message: dict[str, object]) -> None:
    ada = DesktopMember()
    ada.hear(message)
    assert not ada.line.ended
    assert ada.socket.all("command") == ada.socket.all("chat") == []


def test_the_list_has_this_rooms_members_and_the_client_itself_first() -> None:
    ada = DesktopMember()
    ada.line.forget()
    ada.hear({"List": None})
    (listed,) = ada.line.all("List")
    assert list(listed[CODE]) == ["Ada", "Host"]
    assert not any(facts["controller"] for facts in listed[CODE].values())


def test_who_comes_and_goes_is_told() -> None:
    ada = DesktopMember()
    ada.line.forget()
    ada.party(event("member_joined", 6, {"user_id": BEN}, member=member_json(BEN, "Ben", online=False)))
    ada.party(json.dumps({"type": "presence", "members": [{"user_id": BEN, "online": True, "sync": None}]}))
    ada.party(json.dumps({"type": "presence", "members": [{"user_id": BEN, "online": False}]}))
    told = [body["user"]["Ben"] for body in ada.line.all("Set")]
    assert [entry["event"] for entry in told] == [{"joined": True}, {"left": True}]
    assert told[0]["room"] == {"name": CODE}


def test_chat_goes_both_ways() -> None:
    ada = DesktopMember()
    ada.hear({"Chat": " hello " + "x" * 200})
    (said,) = ada.socket.all("chat")
    assert said["text"] == ("hello " + "x" * 200)[:150]
    for user, name in ((HOST, "Host"), (ADA, "Ada"), (BEN, "Ada")):
        message = {"seq": 5, "user_id": user, "display_name": name, "text": "two\nlines"}
        message["seq"] = 5 + (HOST, ADA, BEN).index(user)
        ada.party(json.dumps({"type": "chat", "message": message}))
    # Its own name would be itself to a client.
    assert ada.line.chats() == ["Host: two lines", "Ada: two lines", "Ada (2): two lines"]


def test_a_refused_chat_message_says_why() -> None:
    ada = DesktopMember()
    ada.hear({"Chat": "hello"})
    refusal = {"code": "muted", "detail": "You may not write for a while.", "status": 403}
    ada.party(json.dumps({"type": "error", "id": ada.socket.all("chat")[0]["id"], "problem": refusal}))
    assert ada.line.chats() == ["Party: You may not write for a while."]


def test_in_a_host_only_party_the_room_has_controllers() -> None:
    ada = DesktopMember(**HOST_ONLY)
    assert ada.line.all("Hello")[0]["room"] == {"name": CONTROLLED}
    assert not [body for body in ada.line.all("Set") if "controllerAuth" in body]
    ada.line.forget()
    ada.hear({"List": None})
    (listed,) = ada.line.all("List")
    assert {name: facts["controller"] for name, facts in listed[CONTROLLED].items()} == {
        "Ada": False,
        "Host": True,
    }


def test_the_host_is_told_that_it_may_control_the_room() -> None:
    ada = DesktopMember(**HOST_ONLY)
    ada.line.forget()
    ada.party(event("host_transferred", 6, {"from_user_id": HOST, "to_user_id": ADA}, host_id=ADA))
    granted = [body["controllerAuth"] for body in ada.line.all("Set") if "controllerAuth" in body]
    assert granted == [{"user": "Ada", "room": CONTROLLED, "success": True}]
    ada.line.forget()
    ada.party(event("host_transferred", 7, {"from_user_id": ADA, "to_user_id": HOST}, host_id=HOST))
    assert ada.line.all("List")[-1][CONTROLLED]["Ada"]["controller"] is False


def test_the_room_is_another_one_when_the_host_lets_everybody_play() -> None:
    ada = DesktopMember(**HOST_ONLY)
    ada.line.forget()
    changes = {"control": "everyone", "default_grants": ["chat", "playback", "queue"]}
    ada.party(event("party_session_changed", 6, {"changes": changes}))
    assert {"room": {"name": CODE}} in ada.line.all("Set")


def test_asking_for_control_is_refused() -> None:
    ada = DesktopMember(**HOST_ONLY)
    ada.line.forget()
    ada.hear({"Set": {"controllerAuth": {"room": CONTROLLED, "password": "AB-123-456"}}})
    ada.hear({"Set": {"newControlledRoom": {"room": CODE}}})
    assert ada.line.all("Set")[0]["controllerAuth"]["success"] is False
    assert ada.line.chats() == [f"Party: {notices.RIGHTS_ARE_THE_HOSTS}"]


def test_a_file_of_another_length_is_told_and_opened_all_the_same() -> None:
    ada = DesktopMember()
    ada.open_file(603.0)
    assert len(ada.line.chats()) == 1
    assert "10:03" in ada.line.chats()[0]
    ada.line.forget()
    ada.open_file(602.0)
    assert ada.line.chats() == []
    assert not ada.line.ended


def test_another_film_and_another_rate_are_told() -> None:
    ada = DesktopMember()
    ada.line.forget()
    fast = playback_json("playing", rate=1.5, revision=6)
    ada.party(json.dumps({"type": "playback", "revision": 6, "playback": fast, "action": "play", "by": HOST}))
    video = {"id": "other", "title": "Another film", "duration_s": 90.0}
    playback = playback_json("stopped", 0.0, revision=7)
    ada.party(event("video_changed", 7, {"video": video}, playback=playback))
    told = ada.line.chats()
    assert len(told) == 3
    assert "1.5×" in told[0]
    assert "normal speed" in told[1]
    assert "Another film" in told[2]


def test_a_room_change_is_a_leave_and_a_join() -> None:
    ada = DesktopMember()
    before = ada.member
    ada.open_file()
    ada.hear({"Set": {"room": {"name": "other"}}})
    session, name, code = ada.gateway.asked[-1]
    assert (session, name, code) == (ada.session, "Ada", "other")
    assert ada.gateway.over == []
    ada.line.forget()
    ada.member = type(before)(ada.gateway, identity="second", name="Ada (2)", address="192.0.2.7")
    ada.member.token, ada.member.user_id, ada.member.party_id = "token", BEN, "second"
    ada.session.admitted(ada.member, "other")
    assert ada.gateway.over == [(before, True)]
    assert ada.socket.closed
    ada.link = ada.gateway.opened[-1][0]
    ada.link.opened(type(ada.socket)())
    ada.party(welcome(id="second"))
    assert ada.line.all("Hello") == []
    assert ada.line.all("Set")[0] == {"room": {"name": "other"}}
    assert ada.line.all("State")


def test_who_asks_for_a_room_that_is_no_party_stays() -> None:
    ada = DesktopMember()
    ada.hear({"Set": {"room": {"name": "nowhere"}}})
    ada.line.forget()
    ada.session.not_admitted(notices.NO_PARTY)
    assert ada.line.all("Set")[0] == {"room": {"name": CODE}}
    assert ada.line.chats() == [f"Party: {notices.NO_PARTY}"]
    assert not ada.line.ended
    assert ada.gateway.over == []


def test_the_same_room_again_changes_nothing() -> None:
    ada = DesktopMember(**HOST_ONLY)
    ada.line.forget()
    ada.hear({"Set": {"room": {"name": CONTROLLED}}})
    assert len(ada.gateway.asked) == 1
    assert ada.line.all("Set")[-1] == {"playlistIndex": {"user": None, "index": None}}


def test_who_is_not_let_in_is_told_why() -> None:
    gateway, line = FakeGateway(), FakeLine()
    session = Session(gateway, line, "192.0.2.7")
    session.received({"Hello": {"username": "Ada", "room": {"name": "nowhere"}}})
    session.not_admitted(notices.NO_PARTY)
    assert line.told == [wire.error(notices.NO_PARTY)]
    assert line.ended


def test_who_is_put_out_is_told_and_hung_up_on() -> None:
    ada = DesktopMember()
    ada.party(json.dumps({"type": "removed", "banned": False}))
    assert ada.line.all("Error") == [{"message": "You were removed from the party."}]
    assert ada.line.ended
    assert ada.gateway.over == [(ada.member, False)]


def test_the_end_of_the_party_is_told() -> None:
    ada = DesktopMember()
    ada.party(json.dumps({"type": "ended", "reason": "host", "revision": 6}))
    assert ada.line.all("Error") == [{"message": "The party has ended."}]
    assert ada.line.ended
