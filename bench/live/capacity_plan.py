"""What so many members need of each server, from what one member, command and join were measured to cost.

Pure arithmetic: costs add up, and a core is filled to `FILL` at most, so that a burst has room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

SERVERS = ("web", "worker", "redis", "postgres")
FILL = 0.6
MIB, GIB = 2**20, 2**30


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one of something costs: CPU in s by server, and bytes.

    `wal` is written to Postgres' log, `rows` stays in its tables, `redis` goes through Redis either way.
    """

    cpu: Mapping[str, float]
    wal: float = 0.0
    rows: float = 0.0
    redis: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What was measured. `member` is a second of one who watches, `memory` their bytes in web, `wire` what
    they hear in bytes a second."""

    member: Cost
    command: Cost
    join: Cost
    memory: float
    wire: float


@dataclass(frozen=True, kw_only=True)
class Evening:
    """What is assumed of the members: party size, commands of a party in an hour, within how many seconds
    all of them come, and for how many hours they stay."""

    members: int
    party: int = 5
    commands_an_hour: float = 30.0
    arrival_s: float = 900.0
    hours: float = 3.0

    @property
    def parties(self) -> float:
        """How many parties these members are in."""
        return self.members / self.party

    @property
    def commands_a_second(self) -> float:
        """By all of them together."""
        return self.parties * self.commands_an_hour / 3600.0

    @property
    def joins_a_second(self) -> float:
        """While they come."""
        return self.members / self.arrival_s


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What an evening needs at its busiest: while the last ones come and the others watch already.

    `cores` by server, before `FILL`; `web_processes` each of a core filled to `FILL`; memory in bytes, and
    what moves in bytes a second; `growth` of Postgres by the whole evening, in bytes.
    """

    cores: Mapping[str, float]
    web_processes: int
    web_memory: float
    wire: float
    redis: float
    wal: float
    commits: float
    growth: float


def needs_of(evening: Evening, costs: Costs) -> Needs:
    """What this evening needs, by these costs."""
    rates = (
        (costs.member, float(evening.members)),
        (costs.command, evening.commands_a_second),
        (costs.join, evening.joins_a_second),
    )
    cores = {name: sum(cost.cpu.get(name, 0.0) * rate for cost, rate in rates) for name in SERVERS}
    kept = costs.command.rows * evening.commands_a_second * evening.hours * 3600.0
    return Needs(
        cores=cores,
        web_processes=max(1, ceil(cores["web"] / FILL)),
        web_memory=costs.memory * evening.members,
        wire=costs.wire * evening.members,
        redis=sum(cost.redis * rate for cost, rate in rates),
        wal=sum(cost.wal * rate for cost, rate in rates),
        commits=evening.commands_a_second + evening.joins_a_second,
        growth=kept + costs.join.rows * evening.members,
    )
