"""A join as the real client made it, said again to another gateway: what is of the moment is put anew.

The lines of the client are those of `joins.json`. Each is said once as many States have come in as had then,
so much later as it was then; its clock, the instant that it gives back, the change that it confirms and a
position near to the party's are those of now. A position elsewhere, such as 0 before a film is open, stays.
"""

import asyncio
import copy
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from partyapp.gateways.syncplay import notices
from partyapp.shared.kernel.clock import monotonic_ms

RECORDED = Path(__file__).with_name("joins.json")
#: What stands for the invite code in the recorded lines.
CODE = "INVITE-CODE"
#: A position this near to the party's, in s, was told in relation to it.
NEAR_S = 3.0


@dataclass(frozen=True)
class Step:
    """One line of the client: said once so much was heard, `wait_ms` after that and after the line before."""

    kinds: frozenset[str]
    states: int
    wait_ms: float
    message: dict[str, Any]
    #: The State that it answers, counted from 0, and where in relation to the party it says to be (s).
    answers: int | None
    off_s: float | None


@dataclass(frozen=True)
class Trace:
    """One recorded join, and what kind of party it was made into."""

    name: str
    plays: bool
    control: str
    steps: tuple[Step, ...]


@dataclass
class _Room:
    """Where the party is, by the States so far."""

    states: list[dict[str, Any]] = field(default_factory=list)
    heard_ms: float = 0.0

    def hear(self, state: dict[str, Any], at_ms: float) -> None:
        self.states.append(state)
        self.heard_ms = at_ms

    def position_s(self, at_ms: float) -> float:
        told = self.states[-1]["playstate"]
        passed_s = 0.0 if told["paused"] else (at_ms - self.heard_ms) / 1000.0
        return float(told["position"]) + passed_s


def traces() -> list[Trace]:
    """All that were recorded."""
    found = json.loads(RECORDED.read_text(encoding="utf-8"))["traces"]
    return [Trace(one["name"], one["plays"], one["control"], tuple(_steps(one["lines"]))) for one in found]


def _steps(lines: list[tuple[float, bool, dict[str, Any]]]) -> list[Step]:
    room, kinds, last_ms, steps = _Room(), set[str](), 0.0, []
    for at_ms, is_clients, message in lines:
        if is_clients:
            state = message.get("State")
            steps.append(
                Step(
                    frozenset(kinds),
                    len(room.states),
                    at_ms - last_ms,
                    message,
                    None if state is None else _answered(room, state),
                    None if state is None else _off_s(room, state, at_ms),
                )
            )
        elif "State" in message:
            room.hear(message["State"], at_ms)
        kinds |= set() if is_clients else {kind for kind in message if kind != "State"}
        last_ms = at_ms
    return steps


def _answered(room: _Room, state: dict[str, Any]) -> int | None:
    stamp = state["ping"].get("latencyCalculation")
    stamps = [one["ping"]["latencyCalculation"] for one in room.states]
    return stamps.index(stamp) if stamp in stamps else None


def _off_s(room: _Room, state: dict[str, Any], at_ms: float) -> float | None:
    position_s = state.get("playstate", {}).get("position")
    if position_s is None or not room.states:
        return None
    off_s = float(position_s) - room.position_s(at_ms)
    return off_s if abs(off_s) < NEAR_S else None


class Replay:
    """Says a trace to whom it is told what comes back. Without IO; instants in ms of any steady clock."""

    def __init__(self, trace: Trace, name: str, code: str) -> None:
        self.trace, self.name, self.code = trace, name, code
        #: What the gateway hung up with, and the commands that it refused.
        self.refused: list[str] = []
        self._room = _Room()
        self._kinds: set[str] = set()
        self._unconfirmed: int | None = None

    def hear(self, message: dict[str, Any], at_ms: float) -> None:
        """The gateway says this."""
        if "State" in message:
            self._room.hear(message["State"], at_ms)
            count = message["State"].get("ignoringOnTheFly", {}).get("server")
            self._unconfirmed = self._unconfirmed if count is None else count
        self._kinds |= set(message)
        if "Error" in message:
            self.refused.append(message["Error"]["message"])
        elif message.get("Chat", {}).get("message") == notices.MAY_NOT_PLAY:
            self.refused.append(notices.MAY_NOT_PLAY)

    def has_heard(self, step: Step) -> bool:
        """Whether as much came in as when the client said this."""
        return step.kinds <= self._kinds and step.states <= len(self._room.states)

    def said(self, step: Step, at_ms: float, wall_s: float) -> dict[str, Any]:
        """The line as it is now; `wall_s` is the client's clock."""
        message = copy.deepcopy(step.message)
        if "Hello" in message:
            message["Hello"]["username"] = self.name
            room = message["Hello"]["room"]
            room["name"] = room["name"].replace(CODE, self.code)
        state = message.get("State")
        if state is None:
            return message
        state["ping"]["clientLatencyCalculation"] = wall_s
        if step.answers is not None:
            answered = self._room.states[step.answers]
            state["ping"]["latencyCalculation"] = answered["ping"]["latencyCalculation"]
        if step.off_s is not None:
            state["playstate"]["position"] = self._room.position_s(at_ms) + step.off_s
        counts = state.pop("ignoringOnTheFly", {})
        counts.pop("server", None)
        if self._unconfirmed is not None:
            counts["server"], self._unconfirmed = self._unconfirmed, None
        if counts:
            state["ignoringOnTheFly"] = counts
        return message


class RecordedJoin:
    """One client that goes through a trace over TCP."""

    def __init__(self, trace: Trace, name: str, code: str) -> None:
        self.replay = Replay(trace, name, code)
        self._news = asyncio.Event()
        self._ended = False

    async def run(self, port: int, own_address: str) -> bool:
        """Join, say everything and hang up; whether it came to the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(own_address, 0))
        reading = asyncio.create_task(self._read(reader))
        try:
            for step in self.replay.trace.steps:
                while not self._ended and not self.replay.has_heard(step):
                    self._news.clear()
                    await self._news.wait()
                if self._ended:
                    return False
                await asyncio.sleep(step.wait_ms / 1000.0)
                message = self.replay.said(step, monotonic_ms(), time.time())
                writer.write(json.dumps(message).encode() + b"\r\n")
            return not self._ended
        finally:
            reading.cancel()
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                self.replay.hear(json.loads(line), monotonic_ms())
                self._news.set()
        self._ended = True
        self._news.set()
