"""One simulation from its start to the last ended party: what the process that leads does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.simulation.crew import Crew, Json, SimulationError
from partyapp.simulation.plan import HOST, Plan, shares
from partyapp.simulation.report import Report, take_figures
from partyapp.simulation.samples import Figures

#: How long all parties may take to fill: rate limits may hold it up, s.
FILL_S = 900.0
_LOOK_S = 0.25


class Screen(Protocol):
    """Where a person sees how it goes."""

    def show(self, phase: str, done: float, total: float) -> None:
        """`done` of `total` of this phase."""
        ...


async def simulate(
    plan: Plan, processes: int, lost_after_s: float, screen: Screen, stop: asyncio.Event
) -> Report:
    """Do it; whatever happens, the parties are ended. `lost_after_s`: without any member for so long the
    service is lost. Raises SimulationError where it can't even begin."""
    held = shares(plan, processes)
    report = Report(plan.parties, plan.total, plan.seconds)
    crew = await Crew.start(plan.url, len(held))
    try:
        await _until_stopped(stop, lambda: _prepare(crew, plan, held, screen), FILL_S)
        await crew.ask("run", [{"every_s": plan.every_s}] * len(held))
        report.held = report.held_least = crew.open
        await _watch(crew, plan, report, lost_after_s, screen, stop)
    except SimulationError as error:
        report.stopped = str(error)
    finally:
        screen.show("ending", 0, 1)
        await _take_figures(crew, plan, report)
        report.parties_ended, report.parties_left, all_said = await crew.end()
        if not all_said:
            report.stopped = (
                report.stopped or "A process of the simulator has ended; its parties may live on."
            )
    return report


async def _until_stopped(
    stop: asyncio.Event, work: Callable[[], Coroutine[Any, Any, None]], limit_s: float
) -> None:
    working, stopping = asyncio.create_task(work()), asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait(
        [asyncio.ensure_future(one) for one in (working, stopping)],
        timeout=limit_s,
        return_when=asyncio.FIRST_COMPLETED,
    )
    stopping.cancel()
    if working in done:
        working.result()
        return
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    if stop.is_set():
        raise SimulationError("Stopped.")
    raise SimulationError(
        f"The parties were not full after {limit_s:.0f} s; look at `put_off` and `refused`."
    )


async def _prepare(crew: Crew, plan: Plan, held: list[dict[int, list[int]]], screen: Screen) -> None:
    """Make all parties, and fill them."""
    telling = asyncio.create_task(_tell(crew, plan, screen))
    try:
        video_id = (await crew.holders[0].ask("find_film"))["video_id"]
        hosted = [[party for party, members in share.items() if HOST in members] for share in held]
        made = await crew.ask("create", [{"parties": parties, "video_id": video_id} for parties in hosted])
        places = {int(number): place for one in made for number, place in one["parties"].items()}
        await crew.ask("fill", [{"seats": _seats(share, places)} for share in held])
    finally:
        telling.cancel()


def _seats(share: dict[int, list[int]], places: dict[int, Json]) -> list[Json]:
    return [
        {"party": party, "member": member, **places[party]}
        for party, members in share.items()
        for member in members
    ]


async def _tell(crew: Crew, plan: Plan, screen: Screen) -> None:
    while True:
        screen.show("joining", crew.open, plan.total)
        await asyncio.sleep(_LOOK_S)


async def _watch(
    crew: Crew, plan: Plan, report: Report, lost_after_s: float, screen: Screen, stop: asyncio.Event
) -> None:
    """Look on for as long as it is to last. Raises SimulationError when the service is lost."""
    begun_s = seen_s = monotonic_s()
    while (now_s := monotonic_s()) - begun_s < plan.seconds:
        if stop.is_set():
            report.seconds = round(now_s - begun_s, 1)
            raise SimulationError("Stopped.")
        report.held = crew.open
        report.held_least = min(report.held_least, report.held)
        seen_s = now_s if report.held else seen_s
        if now_s - seen_s >= lost_after_s:
            report.seconds = round(now_s - begun_s, 1)
            raise SimulationError(
                f"The service at {plan.url} was lost {seen_s - begun_s:.0f} s after the parties were full: "
                f"for {lost_after_s:.0f} s no member had a socket."
            )
        screen.show("watching", now_s - begun_s, plan.seconds)
        await asyncio.sleep(_LOOK_S)


async def _take_figures(crew: Crew, plan: Plan, report: Report) -> None:
    figures = Figures()
    for holder in crew.holders:
        try:
            async with asyncio.timeout(10.0):
                figures.add((await holder.ask("figures"))["figures"])
        except (SimulationError, TimeoutError) as error:
            report.stopped = report.stopped or str(error)
    take_figures(report, plan, figures)
