"""Which of the changes that a client reports its user meant for the party.

A client says of each pause, unpause and seek of its player that its user did it, also where the player did so
by itself: while it opens a file, at the file's end, or while it carries out what we asked for.
"""

import math
from dataclasses import dataclass

from partyapp.gateways.syncplay.states import ClientState, MemberAction, MemberCommand

#: For so long after `Set file` (ms) a client tells our own position and invents seeks.
OPENING_MS = 2500.0

#: A client calls nothing a seek that is shorter (s); a claim that near to the party is none.
LEAST_SEEK_S = 1.0

#: For so long after a seek of ours (ms) the player may still show where it was, and that looks like a seek
#: back there, to within this (s).
AFTER_SEEK_MS = 1500.0
WHERE_IT_WAS_S = 3.0

#: Who claims what nobody meant is put in step by a seek, but not so soon after one (ms).
BETWEEN_SEEKS_MS = 1000.0

#: A player stops by itself so close (s) to the end of its file.
END_S = 1.0


@dataclass(slots=True)
class ClientCommands:
    """What is known of one client's player that tells a command from an accident. Times in ms."""

    opened_ms: float | None = None
    duration_s: float | None = None
    _said_s: float = 0.0
    _left_s: float = 0.0
    _left_ms: float = -math.inf

    def opened(self, now_ms: float, duration_s: float | None) -> None:
        """The client tells a file of that length."""
        self.opened_ms, self.duration_s = now_ms, duration_s

    def is_opening(self, now_ms: float) -> bool:
        """Whether nothing that it says of its player counts: without a file, and just after `Set file`."""
        return self.opened_ms is None or now_ms - self.opened_ms < OPENING_MS

    @property
    def ready_ms(self) -> float | None:
        """When what it says of its player begins to count; None without a file."""
        return None if self.opened_ms is None else self.opened_ms + OPENING_MS

    def said(self, position_s: float | None) -> None:
        """It says where its player is, meant or not."""
        self._said_s = self._said_s if position_s is None else position_s

    def seek_told(self, now_ms: float) -> None:
        """We told it to seek."""
        self._left_s, self._left_ms = self._said_s, now_ms

    def next_seek_ms(self, now_ms: float) -> float:
        """When it may be told to seek again, now or soon: a claim that a seek brought about asks for none."""
        return max(now_ms, self._left_ms + BETWEEN_SEEKS_MS)

    def is_at_end(self, position_s: float) -> bool:
        """Whether its player has come to the end of its file, where it stops by itself."""
        return bool(self.duration_s) and position_s >= (self.duration_s or 0.0) - END_S

    def meant(
        self, state: ClientState, *, told_paused: bool, party_position_s: float
    ) -> tuple[MemberCommand, ...]:
        """The commands of a State with a change, of a client that has seen all that it was told.

        `told_paused` is what it was told last, `party_position_s` where the party is.
        """
        position_s = state.position_s
        if self.is_opening(state.received_ms) or position_s is None or state.paused is None:
            return ()
        commands = []
        if state.seeks and self._is_seek(position_s, party_position_s, state.received_ms):
            commands.append(MemberCommand(MemberAction.SEEK, position_s))
        if state.paused != told_paused and not (state.paused and self.is_at_end(position_s)):
            action = MemberAction.PAUSE if state.paused else MemberAction.PLAY
            commands.append(MemberCommand(action, position_s))
        return tuple(commands)

    def _is_seek(self, position_s: float, party_position_s: float, now_ms: float) -> bool:
        if abs(position_s - party_position_s) < LEAST_SEEK_S:
            return False
        just_sought = now_ms - self._left_ms < AFTER_SEEK_MS
        return not (just_sought and abs(position_s - self._left_s) < WHERE_IT_WAS_S)
