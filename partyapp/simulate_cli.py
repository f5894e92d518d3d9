"""`party simulate`: parties full of simulated members against a deployment, and what it held."""

import asyncio
import importlib.util
import os
import resource
import signal
from contextlib import suppress

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from partyapp.cli_resources import as_json as json_option
from partyapp.cli_resources import json_line
from partyapp.shared.ops.public_url import read_public_url
from partyapp.simulation.plan import MOST_IN_PARTY, MOST_MEMBERS, MOST_PARTIES, Plan, processes_for
from partyapp.simulation.report import MOST_CORES, MOST_LAG_MS, Report

_NEEDS = (
    "`party simulate` needs the Python client, which its members are: in a checkout of Party, "
    "pip install ./clients/python"
)
#: Exit codes; 0 is that all members were held to the end.
NOT_HELD, SIMULATOR_WAS_LIMIT, STOPPED = 1, 3, 130


@click.command()
@click.option("--url", help="The deployment; PARTY_PUBLIC_URL, or http://localhost:PORT, unless given.")
@click.option("--parties", type=click.IntRange(1, MOST_PARTIES), default=2, show_default=True)
@click.option(
    "--members", type=click.IntRange(1, MOST_IN_PARTY), default=5, show_default=True, help="Of each."
)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="Once full.")
@click.option("--every", type=click.FloatRange(1, 600), default=20.0, show_default=True, help="Commands, s.")
@click.option(
    "--processes", type=click.IntRange(1, 64), help="Of the simulator; as many as help unless given."
)
@click.option("--lost-after", type=click.FloatRange(1, 600), default=15.0, show_default=True,
              help="Without any socket for so many seconds, the service is lost.")  # fmt: skip
@json_option
@click.pass_context
def simulate(
    context: click.Context,
    url: str | None,
    parties: int,
    members: int,
    seconds: float,
    every: float,
    processes: int | None,
    lost_after: float,
    as_json: bool,
) -> None:
    """Fill parties with simulated members, watch for a while, and say what the deployment held.

    Guests make the parties; members join over real sockets, and ping, play and report as a browser does. All
    parties are ended at the end, also after Ctrl-C. Exits with 0 if all members were held, 1 if not, 3 if
    the simulator itself was too slow for the figures to mean anything, 130 after Ctrl-C.
    """
    if parties * members > MOST_MEMBERS:
        raise click.UsageError(f"{parties} × {members} members are more than {MOST_MEMBERS:,}.")
    if any(importlib.util.find_spec(name) is None for name in ("party_client", "httpx", "websockets")):
        raise click.ClickException(_NEEDS)
    plan = Plan(_address(url), parties, members, seconds, every)
    _allow_files(plan.total)
    report = asyncio.run(_run(plan, processes or processes_for(plan, os.cpu_count() or 1), lost_after))
    if as_json:
        click.echo(json_line(report.as_json()))
    elif report.pong_ms.get("p50") is not None:
        _print(report)
    if not as_json and report.stopped:
        click.echo(report.stopped, err=True)
    context.exit(exit_code(report))


def exit_code(report: Report) -> int:
    """What the command exits with."""
    if report.stopped == "Stopped.":
        return STOPPED
    if report.stopped or report.held < report.members or report.parties_left:
        return NOT_HELD
    return SIMULATOR_WAS_LIMIT if report.simulator_was_limit else 0


def _address(url: str | None) -> str:
    given = url or os.environ.get("PARTY_PUBLIC_URL") or f"http://localhost:{os.environ.get('PORT', '8000')}"
    try:
        return read_public_url(given) or given
    except ValueError as error:
        raise click.UsageError(f"--url {error}") from None


def _allow_files(members: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = members + 256
    soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class _Screen:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("joining", total=1)

    def show(self, phase: str, done: float, total: float) -> None:
        self._progress.update(self._task, description=phase, completed=done, total=total)


async def _run(plan: Plan, processes: int, lost_after_s: float) -> Report:
    from partyapp.simulation.lead import simulate as lead

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        return await lead(plan, processes, lost_after_s, _Screen(progress), stop)


def _print(report: Report) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(report):
        table.add_row(name, text)
    Console(highlight=False).print(table)
    if report.simulator_was_limit:
        Console(highlight=False).print(
            f"The simulator itself was the limit (its loop was more than {MOST_LAG_MS:.0f} ms late, or one "
            f"of its processes took more than {MOST_CORES} of a core): these figures aren't the service's. "
            "Use fewer members, or another machine."
        )


def _rows(report: Report) -> list[tuple[str, str]]:
    in_sync = "unknown" if report.in_sync is None else f"{report.in_sync:.1%}"
    left = (
        f", {len(report.parties_left)} left: {' '.join(report.parties_left)}" if report.parties_left else ""
    )
    return [
        ("members held", f"{report.held} of {report.members} (at the least {report.held_least})"),
        ("sockets refused", _counted(report.refused)),
        ("sockets closed", _counted(report.closed)),
        ("requests put off", str(report.put_off)),
        ("commands", f"{report.commands}, failed: {_counted(report.failed_commands)}"),
        ("command → last member", f"{_times(report.last_member_ms)}, unheard by {report.unheard}"),
        ("pong", _times(report.pong_ms)),
        ("sync error", f"{_times(report.sync_error_ms)}, compared within ±{report.reference_bound_ms} ms"),
        ("members in sync", f"{in_sync} of all looks at them (at most {report.limit_ms:.0f} ms off)"),
        ("simulator", f"{report.simulator_processes} processes, {report.simulator_cores} cores, its loop "
                      f"{report.simulator_lag_p99_ms} ms late at p99"),
        ("parties ended", f"{report.parties_ended} of {report.parties}{left}"),
    ]  # fmt: skip


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in sorted(counts.items())) or "none"


def _times(shares: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {value if value is not None else '?'} ms" for name, value in shares.items())
