"""The processes that hold the members, as the one that leads them sees them."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

Json = dict[str, Any]

#: The longest line of a process: all that it has measured, bytes.
_MOST_LINE = 1 << 26
#: How long the end of all parties may take, s.
_END_S = 45.0


class SimulationError(Exception):
    """It can't go on; the text is a sentence for a person."""


class Holder:
    """One process that holds members."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.open = self.joined = 0
        self._process = process
        self._answers: asyncio.Queue[Json] = asyncio.Queue()
        self._number = 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, url: str) -> Self:
        """A process that holds nobody yet. A Ctrl-C at the terminal doesn't reach it."""
        words = [sys.executable, "-m", "partyapp.simulation.process", url]
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_MOST_LINE,
            start_new_session=True,
        )
        return cls(process)

    async def ask(self, do: str, **what: Any) -> Json:
        """Have it do something. Raises SimulationError with what went wrong."""
        assert self._process.stdin is not None
        self._number += 1
        try:
            self._process.stdin.write(json.dumps({"n": self._number, "do": do, **what}).encode() + b"\n")
            await self._process.stdin.drain()
        except OSError:
            raise SimulationError("A process of the simulator has ended.") from None
        told = await self._answers.get()
        # What was asked before, and then given up, may still have been answered.
        while told.get("n", self._number) != self._number:
            told = await self._answers.get()
        if "error" in told:
            raise SimulationError(told["error"])
        answer: Json = told["answer"]
        return answer

    async def end(self) -> Json | None:
        """Have it end its parties, and end; None where it can't say what it ended."""
        try:
            async with asyncio.timeout(_END_S):
                return await self.ask("end")
        except (SimulationError, TimeoutError):
            return None
        finally:
            with suppress(ProcessLookupError):
                # It has told what it ended, or has had its time.
                self._process.kill()
            await self._process.wait()
            self._reading.cancel()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "open" in told:
                self.open, self.joined = told["open"], told["joined"]
            else:
                self._answers.put_nowait(told)
        self.open = 0
        self._answers.put_nowait({"error": "A process of the simulator has ended."})


class Crew:
    """All of them."""

    def __init__(self, holders: Sequence[Holder]) -> None:
        self.holders = holders

    @classmethod
    async def start(cls, url: str, count: int) -> Self:
        """Start `count` processes."""
        return cls([await Holder.start(url) for _ in range(count)])

    @property
    def open(self) -> int:
        """How many members are in their party now."""
        return sum(holder.open for holder in self.holders)

    async def ask(self, do: str, each: Sequence[Json] = ()) -> list[Json]:
        """Have all do the same, each with its own details. Raises SimulationError."""
        details = each or [{}] * len(self.holders)
        asked = [holder.ask(do, **what) for holder, what in zip(self.holders, details, strict=True)]
        return list(await asyncio.gather(*asked))

    async def end(self) -> tuple[int, list[str], bool]:
        """End all parties: how many, the ids of those that could not be, and whether each process said so."""
        ends = await asyncio.gather(*(holder.end() for holder in self.holders))
        told = [one for one in ends if one is not None]
        left = [party_id for one in told for party_id in one["left"]]
        return sum(one["ended"] for one in told), left, len(told) == len(ends)
