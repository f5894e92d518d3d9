"""How long a client may be silent: while it says hello, while its party is not known yet, and later."""

from __future__ import annotations

from partyapp.gateways.syncplay.membership import Membership
from partyapp.gateways.syncplay.session import SILENT_MS, UNTOLD_MS, Session
from tests.support.syncplay_env import ADA, CODE, DesktopMember, FakeGateway, FakeLine, FakeSocket, welcome


def test_a_silent_client_is_gone_and_stays_a_member_for_a_minute() -> None:
    ada = DesktopMember()
    ada.gateway.pass_ms(SILENT_MS + 1500)
    assert ada.line.ended
    assert ada.line.all("Error") == []
    assert ada.gateway.over == []
    ada.gateway.pass_ms(60_000)
    assert ada.gateway.over == [(ada.member, True)]


def test_a_client_that_is_told_nothing_yet_has_nothing_to_answer_and_is_not_hung_up_on() -> None:
    gateway, line = FakeGateway(), FakeLine()
    session = Session(gateway, line, "192.0.2.7")
    session.received({"Hello": {"username": "Ada", "room": {"name": CODE}}})
    member = Membership(gateway, identity="identity", name="Ada", address="192.0.2.7")
    member.token, member.user_id, member.party_id = "token", ADA, "party"
    session.admitted(member, CODE)
    # A busy web takes a while for the welcome.
    gateway.pass_ms(2 * SILENT_MS)
    assert not line.ended
    link = gateway.opened[-1][0]
    link.opened(FakeSocket())
    link.socket_said(welcome(), gateway.mono_ms())
    assert line.all("Hello")
    gateway.pass_ms(2 * SILENT_MS)
    assert line.ended


def test_one_whose_party_never_comes_is_hung_up_on_in_the_end() -> None:
    gateway, line = FakeGateway(), FakeLine()
    session = Session(gateway, line, "192.0.2.7")
    member = Membership(gateway, identity="identity", name="Ada", address="192.0.2.7")
    session.admitted(member, CODE)
    gateway.pass_ms(UNTOLD_MS + SILENT_MS)
    assert line.ended
    assert line.all("Error") == []


def test_a_client_that_never_says_hello_is_hung_up_on() -> None:
    gateway, line = FakeGateway(), FakeLine()
    Session(gateway, line, "192.0.2.7")
    gateway.pass_ms(SILENT_MS + 1500)
    assert line.ended


def test_one_that_waits_to_be_let_in_is_not() -> None:
    gateway, line = FakeGateway(), FakeLine()
    session = Session(gateway, line, "192.0.2.7")
    session.received({"Hello": {"username": "Ada", "room": {"name": CODE}}})
    gateway.pass_ms(2 * SILENT_MS)
    assert not line.ended
