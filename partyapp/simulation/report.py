"""From what all processes measured to what a person reads."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from partyapp.party.live.member_sync import LIMIT_MS
from partyapp.shared.kernel.quantile import quantile
from partyapp.simulation.plan import Plan
from partyapp.simulation.samples import Figures

#: Beyond these the simulator, not the service, may be what is measured: its loop's lag at p99, ms, and cores.
MOST_LAG_MS, MOST_CORES = 20.0, 0.9


@dataclass
class Report:
    """Times in ms; None where nothing was measured. `members`: of all parties; `held`: in their party at the
    end, and at the least."""

    parties: int
    members: int
    seconds: float
    held: int = 0
    held_least: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    put_off: int = 0
    commands: int = 0
    failed_commands: dict[str, int] = field(default_factory=dict)
    #: Members that a command did not reach as itself: they were connecting, or gone.
    unheard: int = 0
    last_member_ms: dict[str, float | None] = field(default_factory=dict)
    pong_ms: dict[str, float | None] = field(default_factory=dict)
    sync_error_ms: dict[str, float | None] = field(default_factory=dict)
    #: Of each member, what 95 % of its errors don't exceed.
    member_errors_ms: list[float] = field(default_factory=list)
    #: Of all looks at connected members of playing parties, the share with an error of at most `limit_ms`.
    in_sync: float | None = None
    limit_ms: float = LIMIT_MS
    reference_bound_ms: float = 0.0
    simulator_processes: int = 0
    simulator_lag_p99_ms: float | None = None
    simulator_cores: float = 0.0
    #: Whether the simulator itself was too slow for these figures to be the service's.
    simulator_was_limit: bool = False
    parties_ended: int = 0
    parties_left: list[str] = field(default_factory=list)
    #: Why it ended before its time: one sentence, empty where it did not.
    stopped: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return asdict(self)


def take_figures(report: Report, plan: Plan, figures: Figures) -> None:
    """Put into the report what was measured."""
    report.refused, report.closed = dict(figures.refused), dict(figures.closed)
    report.put_off, report.failed_commands = figures.put_off, dict(figures.failed_commands)
    report.commands = len(figures.commands)
    last = []
    for what, given_ms in figures.commands.items():
        heard_ms, members = figures.heard.get(what, (math.nan, 0))
        report.unheard += max(0, plan.members - members)
        if members:
            last.append(heard_ms - given_ms)
    report.last_member_ms = _shares(last)
    report.pong_ms = _shares(figures.pongs_ms)
    report.sync_error_ms = _shares(figures.errors_ms)
    report.member_errors_ms = sorted(figures.member_errors_ms)
    if figures.looks:
        report.in_sync = round(figures.in_sync / figures.looks, 4)
    report.reference_bound_ms = round(figures.reference_bound_ms, 2)
    report.simulator_processes = len(figures.cores)
    report.simulator_lag_p99_ms = _shares(figures.lag_ms)["p99"]
    report.simulator_cores = round(sum(figures.cores), 2)
    most_lag_ms = report.simulator_lag_p99_ms or 0.0
    report.simulator_was_limit = most_lag_ms > MOST_LAG_MS or max(figures.cores, default=0.0) > MOST_CORES


def _shares(values: list[float]) -> dict[str, float | None]:
    ordered = sorted(values)
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(quantile(ordered, share), 2) if ordered else None for name, share in shares.items()}
