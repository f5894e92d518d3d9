"""Which of a client's changes its user meant."""

from __future__ import annotations

from partyapp.gateways.syncplay.client_commands import ClientCommands
from partyapp.gateways.syncplay.states import ClientState, MemberAction, MemberCommand


def said(
    now_ms: float, position_s: float, *, paused: bool | None = False, seeks: bool = False
) -> ClientState:
    return ClientState(received_ms=now_ms, position_s=position_s, paused=paused, seeks=seeks, client_count=1)


def meant(commands: ClientCommands, state: ClientState, *, party_s: float) -> tuple[MemberCommand, ...]:
    return commands.meant(state, told_paused=False, party_position_s=party_s)


def opened(duration_s: float | None = 5400.0) -> ClientCommands:
    commands = ClientCommands()
    commands.opened(0.0, duration_s)
    return commands


def test_nothing_is_meant_without_a_file_and_until_it_is_open() -> None:
    state = said(2_400.0, 900.0, paused=True, seeks=True)
    assert meant(ClientCommands(), state, party_s=60.0) == ()
    assert meant(opened(), state, party_s=60.0) == ()
    assert len(meant(opened(), said(2_600.0, 900.0, paused=True, seeks=True), party_s=60.0)) == 2


def test_a_seek_that_is_none() -> None:
    assert meant(opened(), said(9_000.0, 60.9, seeks=True), party_s=60.0) == ()


def test_right_after_a_seek_of_ours_the_player_may_show_where_it_was() -> None:
    commands = opened()
    commands.said(60.0)
    commands.seek_told(9_000.0)
    assert meant(commands, said(9_500.0, 60.4, seeks=True), party_s=700.0) == ()
    [command] = meant(commands, said(9_500.0, 90.0, seeks=True), party_s=700.0)
    assert command == MemberCommand(MemberAction.SEEK, 90.0)
    [command] = meant(commands, said(11_000.0, 60.4, seeks=True), party_s=700.0)
    assert command == MemberCommand(MemberAction.SEEK, 60.4)


def test_a_paused_that_is_unknown_is_no_command() -> None:
    assert meant(opened(), said(9_000.0, 60.0, paused=None), party_s=60.0) == ()


def test_a_pause_at_the_end_of_its_file_is_no_command_and_one_without_a_known_length_is() -> None:
    assert meant(opened(100.0), said(9_000.0, 99.5, paused=True), party_s=99.0) == ()
    assert len(meant(opened(None), said(9_000.0, 99.5, paused=True), party_s=99.0)) == 1
