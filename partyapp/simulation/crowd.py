"""The members that one process holds: their parties are made, filled, watched and ended here."""

import asyncio
import random
from typing import Any

from party_client import AsyncPartyApi, ConnectionOverError, PartyError, ProblemError

from partyapp.party.live.member_sync import LIMIT_MS
from partyapp.shared.kernel.clock import monotonic_ms
from partyapp.simulation.load import LoopLag, ProcessorTime
from partyapp.simulation.member import OPEN_S, SimulatedMember
from partyapp.simulation.plan import HOST
from partyapp.simulation.requests import Requests
from partyapp.simulation.samples import Figures, Samples

#: How often errors are looked at, s.
_LOOK_S = 0.5
#: How long a command may take, and how long the end of a party, s.
_COMMAND_S, _END_S = 10.0, 15.0
#: Where in a film is sought to, as shares of its length; and its length where nobody knows it, s.
_FROM, _TO, _UNKNOWN_S = 0.05, 0.5, 60.0


class Crowd:
    """All methods raise PartyError where the service refuses or doesn't answer."""

    def __init__(self, url: str) -> None:
        self._requests = Requests(url)
        self._hosts: dict[int, tuple[AsyncPartyApi, str]] = {}
        self._film: tuple[AsyncPartyApi, str] | None = None
        self.members: list[SimulatedMember] = []
        self._heard: dict[str, tuple[float, int]] = {}
        self._pongs, self._errors = Samples(), Samples()
        self._figures = Figures()
        self._lag, self._processor = LoopLag(), ProcessorTime()
        self._making: list[asyncio.Future[dict[str, str]]] = []
        self._work: list[asyncio.Task[None]] = []

    @property
    def open_members(self) -> int:
        """How many are in their party now."""
        return sum(member.is_open for member in self.members)

    async def find_film(self) -> dict[str, Any]:
        """A film for all parties; where there is none, one is added."""
        api = await self._requests.guest("Simulator")
        video_id, is_added = await self._requests.film(api)
        self._film = (api, video_id) if is_added else None
        return {"video_id": video_id}

    async def create(self, parties: list[int], video_id: str) -> dict[str, Any]:
        """Make the parties; their ids and invite codes by number."""
        # A party whose making is under way is made, whoever waits for it; so `end` waits too.
        self._making = [asyncio.ensure_future(self._created(number, video_id)) for number in parties]
        made = await asyncio.gather(*map(asyncio.shield, self._making))
        return {"parties": dict(zip(parties, made, strict=True))}

    async def fill(self, seats: list[dict[str, Any]]) -> dict[str, Any]:
        """Have members join and connect: `party`, `id`, `invite`, and `member`, the number in the party."""
        await asyncio.gather(*(self._seated(seat) for seat in seats))
        return {}

    async def run(self, every_s: float) -> dict[str, Any]:
        """Begin to play and to measure; a command of each host every `every_s`."""
        # What came while all joined is not how it is once they are there.
        self._pongs.clear()
        self._processor.begin()
        hosts = [member for member in self.members if member.api in [api for api, _ in self._hosts.values()]]
        works = [self._lag.watch(), self._look_on(), *(self._steer(host, every_s) for host in hosts)]
        self._work = [asyncio.create_task(work) for work in works]
        return {}

    async def figures(self) -> dict[str, Any]:
        """End what `run` has begun; what was measured."""
        for work in self._work:
            work.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        found = self._figures
        found.pongs_ms, found.errors_ms = self._pongs.kept, self._errors.kept
        found.member_errors_ms = [one.worst_error_ms for one in self.members if one.errors.kept]
        found.heard, found.put_off = self._heard, self._requests.put_off
        found.lag_ms, found.cores = self._lag.samples.kept, [self._processor.cores()]
        for member in self.members:
            found.refused.update(member.connection.refused)
            found.closed.update({str(code): count for code, count in member.connection.closed.items()})
        return {"figures": vars(found)}

    async def end(self) -> dict[str, Any]:
        """End all parties, and close everything; how many were ended, and which could not be."""
        self._requests.end_patience()
        for work in self._work:
            work.cancel()
        if self._making:
            await asyncio.wait(self._making, timeout=_END_S)
        hosts = list(self._hosts.values())
        left = [party_id for party_id in await asyncio.gather(*map(self._ended, hosts)) if party_id]
        await asyncio.gather(*(member.connection.close() for member in self.members))
        if self._film is not None:
            api, video_id = self._film
            await self._tried(self._requests.delete_film(api, video_id))
        await self._requests.close()
        return {"left": left, "ended": len(hosts) - len(left)}

    async def _created(self, number: int, video_id: str) -> dict[str, str]:
        api = await self._requests.guest(f"Host {number + 1}")
        title = f"Simulated party {number + 1}"
        party = await self._requests.patient(lambda: api.create_party(video_id, title=title))
        self._hosts[number] = api, party["id"]
        return {"id": party["id"], "invite": party["invite_code"] or ""}

    async def _seated(self, seat: dict[str, Any]) -> None:
        number = seat["party"]
        if seat["member"] == HOST:
            api, _ = self._hosts[number]
        else:
            api = await self._requests.guest(f"Guest {seat['member']}")
            await self._requests.patient(lambda: api.join(seat["id"], seat["invite"]))
        member = SimulatedMember(api, number, seat["id"], self._heard, self._pongs)
        self.members.append(member)
        try:
            await member.connection.open(OPEN_S)
        except (TimeoutError, ConnectionOverError):
            # It is counted as one that isn't there, and the reasons are with its connection.
            return

    async def _ended(self, host: tuple[AsyncPartyApi, str]) -> str | None:
        api, party_id = host
        return None if await self._tried(api.end(party_id)) else party_id

    async def _tried(self, work: Any) -> bool:
        try:
            async with asyncio.timeout(_END_S):
                await work
        except ProblemError as problem:
            return problem.code in ("party_ended", "video_in_use")
        except (PartyError, TimeoutError):
            return False
        return True

    async def _steer(self, host: SimulatedMember, every_s: float) -> None:
        """Play, seek, and now and then pause, until this is cancelled."""
        await self._command(host, "play")
        await asyncio.sleep(random.uniform(0.5, 1.5) * every_s)
        while True:
            if random.random() < 0.25:
                await self._command(host, "pause")
                await asyncio.sleep(min(2.0, every_s / 2))
                await self._command(host, "play")
            else:
                length_s = host.connection.timeline.duration_s or _UNKNOWN_S
                await self._command(host, "seek", position_s=random.uniform(_FROM, _TO) * length_s)
            await asyncio.sleep(random.uniform(0.8, 1.2) * every_s)

    async def _command(self, host: SimulatedMember, action: Any, **fields: Any) -> None:
        given_ms = monotonic_ms()
        try:
            revision = await host.connection.command(action, _COMMAND_S, **fields)
        except ProblemError as problem:
            self._figures.failed_commands[problem.code] += 1
        except PartyError as error:
            self._figures.failed_commands[type(error).__name__] += 1
        else:
            self._figures.commands[f"{host.party}/{revision}"] = given_ms

    async def _look_on(self) -> None:
        """Compare all players with where their party is by the clock that is known best."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now_ms = monotonic_ms()
            clocks = [one.connection.clock for one in self.members if one.connection.clock.is_known]
            if not clocks:
                continue
            best = min(clocks, key=lambda clock: clock.bound_ms(now_ms))
            bound_ms = best.bound_ms(now_ms)
            self._figures.reference_bound_ms = max(self._figures.reference_bound_ms, bound_ms)
            # All members of a machine have one monotonic clock, so one of them can stand for all.
            offset_ms = (best.party_ms(now_ms) or 0.0) - now_ms
            for member in self.members:
                error_ms = member.error_ms(monotonic_ms() + offset_ms)
                if error_ms is not None:
                    member.errors.add(error_ms)
                    self._errors.add(error_ms)
                    self._figures.looks += 1
                    self._figures.in_sync += error_ms <= LIMIT_MS
