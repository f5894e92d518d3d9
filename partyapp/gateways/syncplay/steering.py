"""Steers one Syncplay client so that its picture is the party's: what it is told, and when.

Without IO and without a clock: every instant is handed in, in ms of party time. The connection calls
`next_state` at `due_ms` and after each of the other calls, until it returns None, and sends what it returns.

    steering = MemberSteering("Ada")
    steering.playback_changed(playback, now_ms)         # once at the start, then for each change
    steering.file_opened(now_ms, duration_s)            # for each `Set file`
    commands = steering.client_state(state)             # for each `State`
    state = steering.next_state(now_ms)                 # None: nothing is due; look again at `due_ms`
"""

import math

from partyapp.gateways.syncplay.client_commands import OPENING_MS
from partyapp.gateways.syncplay.outgoing import OutgoingStates
from partyapp.gateways.syncplay.slow_down import SAME_MS
from partyapp.gateways.syncplay.states import (
    ClientState,
    MemberAction,
    MemberCommand,
    MemberReading,
    ServerState,
)
from partyapp.gateways.syncplay.steered_member import SteeredMember
from partyapp.party.domain.playback import PlaybackState

#: A party's decision on a member's command is waited for so long, in ms.
DECIDED_WITHIN_MS = 3000.0

#: What a player's position, said in frames and asked for in steps, may be off beyond all samples, in ms.
PLAYER_BOUND_MS = 20.0


class MemberSteering:
    """One connection of one client. A new connection begins with a new one.

    `own_name` is the name that the client was given in Hello; `party_name` is who it is told to be in step
    with where no person changed the playback (it is shown: "slowing down due to time difference with …").
    """

    def __init__(self, own_name: str, *, party_name: str = "Party") -> None:
        self._member = SteeredMember(own_name, party_name if party_name != own_name else None)
        self._outgoing = OutgoingStates(self._member)
        self._undecided_ms: float | None = None
        self._asked_ms = -math.inf

    @property
    def seeks(self) -> int:
        """How often the member was made to seek by way of correction."""
        return self._member.seeks

    @property
    def slow_downs(self) -> int:
        """How often the member was made to play slower."""
        return self._member.slow_downs

    def playback_changed(
        self,
        playback: PlaybackState,
        now_ms: float,
        *,
        by: str | None = None,
        duration_s: float | None = None,
        frame_rate: float | None = None,
    ) -> None:
        """The party's playback is this one, from its `at_ms` on (which may be in the future).

        `by` is the name of who changed it, None for nobody; the member's own name if it was its own command.
        `duration_s` is the film's length, at which the playback stands still; `frame_rate` its frames in
        1/s, None where they aren't known. A revision known already changes nothing, so the same may be told
        again.
        """
        member = self._member
        member.playback.duration_s, member.playback.frame_rate = duration_s, frame_rate
        if member.playback.know(playback, now_ms, by) and by == member.own_name:
            self._undecided_ms = None

    def command_refused(self, now_ms: float) -> None:
        """The member's last command was refused or changed nothing: its player is put back in step."""
        self._undecided_ms = None
        self._member.in_step_ms = now_ms

    def file_opened(self, now_ms: float, duration_s: float | None) -> None:
        """The client told a file (`Set file`), `duration_s` long; None where it doesn't know.

        Until 2.5 s later nothing that it says about its player counts; then it is put in step.
        """
        member = self._member
        member.commands.opened(now_ms, duration_s)
        member.in_step_ms = member.commands.ready_ms
        member.slow, member.ended = None, False
        member.player.distrust_until(now_ms + OPENING_MS)

    def client_state(self, state: ClientState) -> tuple[MemberCommand, ...]:
        """A State came in; the commands its user meant by it, in the order in which they are to be run.

        For what is returned the caller lets the party decide, and then calls `playback_changed` or
        `command_refused`; the client is told nothing until then, or for 3 s at most.
        """
        member = self._member
        answered = member.clock.answered(state)
        member.confirmed(state.server_count)
        commands: tuple[MemberCommand, ...] = ()
        if state.client_count is not None:
            commands = self._changed(state)
        elif answered and not self._is_nothing_of_its_player(state):
            self._sample(state)
        member.commands.said(state.position_s)
        return commands

    @property
    def due_ms(self) -> float:
        """When `next_state` is to be called at the latest, in ms of party time."""
        member = self._member
        if self._undecided_ms is not None:
            return self._undecided_ms
        if member.client_count is not None or member.is_news:
            return -math.inf
        order = member.next_order(self._asked_ms)
        instants = [member.schedule.due_ms, member.in_step_ms, member.exact_ms]
        instants += [order.due_ms] if order is not None else []
        instants += [member.slow.until_ms] if member.slow is not None else []
        return min(instant for instant in instants if instant is not None)

    def next_state(self, now_ms: float) -> ServerState | None:
        """The State to send now, or None. Each call returns one State at most; call again until None."""
        self._asked_ms = now_ms
        if self._undecided_ms is not None:
            if now_ms < self._undecided_ms:
                return None
            self.command_refused(now_ms)
        return self._outgoing.due(now_ms)

    def reading(self, now_ms: float) -> MemberReading:
        """How the member is at this instant, for presence."""
        member = self._member
        bound_ms = member.clock.bound_ms(now_ms) + PLAYER_BOUND_MS
        return MemberReading(
            error_s=None if member.commands.is_opening(now_ms) else member.player.error_s(),
            bound_ms=bound_ms if math.isfinite(bound_ms) else None,
            paused=member.player.paused,
            position_s=member.player.position_s,
            sampled_ms=member.player.sampled_ms,
            buffering=member.player.buffering,
            settled=member.corrections.settled,
            round_trip_ms=member.clock.round_trip_ms,
        )

    def _is_nothing_of_its_player(self, state: ClientState) -> bool:
        member = self._member
        return member.is_behind_our_change(state.received_ms) or member.commands.is_opening(state.received_ms)

    def _changed(self, state: ClientState) -> tuple[MemberCommand, ...]:
        """The client says that its user did something."""
        member, now_ms, position_s = self._member, state.received_ms, state.position_s
        member.client_count = state.client_count
        commands = member.commands.meant(
            state, told_paused=member.told_paused, party_position_s=member.playback.position_s(now_ms)
        )
        if member.is_behind_our_change(now_ms):
            # What the changes that it doesn't know of have nothing to do with, its user did all the same.
            commands = tuple(one for one in commands if not self._is_out_of_date(one))
            if not commands:
                return ()
        if commands:
            self._undecided_ms = now_ms + DECIDED_WITHIN_MS
            member.slow = None
        elif state.paused and position_s is not None and member.commands.is_at_end(position_s):
            member.ended = True
            member.player.position_s = position_s
        elif member.commands.opened_ms is not None and (
            state.seeks or state.paused is not member.told_paused
        ):
            in_step_ms = member.commands.next_seek_ms(now_ms)
            member.in_step_ms = min(in_step_ms, member.in_step_ms or in_step_ms)
        return commands

    def _is_out_of_date(self, command: MemberCommand) -> bool:
        """Whether a change that the client may not know of would look like this, or has undone it."""
        member = self._member
        ours = member.seek_count if command.action is MemberAction.SEEK else member.pause_count
        return member.confirmed_count < ours

    def _sample(self, state: ClientState) -> None:
        """The client says where its player is."""
        member = self._member
        if state.position_s is None or state.client_ms is None or state.sent_ms is None:
            return
        at_ms = member.clock.party_ms(state.client_ms, state.received_ms)
        if at_ms is None:
            return
        party_s = member.playback.position_s(at_ms)
        if member.slow is not None:
            member.slow.begun(state.sent_ms, at_ms, member.clock.delay_ms)
            member.player.heard_slowing(at_ms, state.position_s, party_s)
            return
        if member.probe_ms is not None and abs(state.sent_ms - member.probe_ms) < SAME_MS:
            member.probe_ms = None
            member.player.heard_probe(state.position_s - party_s)
            return
        plays = member.playback.plays(at_ms) and not member.told_paused
        member.player.heard(at_ms, state.position_s, state.paused, party_s, plays=plays)
        member.is_news = True
