"""What a process of the simulator measures, in bounded memory, and as it is told to the one that leads."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: So many values of a kind are kept; beyond that each has the same chance to be among them.
MOST_KEPT = 20_000


class Samples:
    """Values in ms, of which a fair sample is kept."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.kept: list[float] = []
        self._most = most
        self._seen = 0

    def clear(self) -> None:
        """Forget all."""
        self.kept.clear()
        self._seen = 0

    def add(self, value_ms: float) -> None:
        """Take one in."""
        self._seen += 1
        if len(self.kept) < self._most:
            self.kept.append(round(value_ms, 2))
            return
        place = random.randrange(self._seen)
        if place < self._most:
            self.kept[place] = round(value_ms, 2)


@dataclass
class Figures:
    """Of one process, or of all together; times in ms of the machine's monotonic clock."""

    pongs_ms: list[float] = field(default_factory=list)
    #: How far players were from their party, and the 95th percentile of that for each member.
    errors_ms: list[float] = field(default_factory=list)
    member_errors_ms: list[float] = field(default_factory=list)
    #: How often players were looked at, and how often they were in sync.
    looks: int = 0
    in_sync: int = 0
    #: How exactly party time was known that they were compared with, at worst.
    reference_bound_ms: float = 0.0
    #: Commands by party and revision: when they were given. What went wrong, by the problem's code.
    commands: dict[str, float] = field(default_factory=dict)
    failed_commands: Counter[str] = field(default_factory=Counter)
    #: By party and revision: when the last member heard of it, and how many did.
    heard: dict[str, tuple[float, int]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    #: Requests that a rate limit, or an overloaded service, has put off.
    put_off: int = 0
    lag_ms: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)

    def add(self, told: dict[str, Any]) -> None:
        """Add those of another process, the `vars` of which came as JSON."""
        for name in ("pongs_ms", "errors_ms", "member_errors_ms", "lag_ms", "cores"):
            getattr(self, name).extend(told[name])
        for name in ("failed_commands", "refused", "closed"):
            getattr(self, name).update(told[name])
        self.commands.update(told["commands"])
        for name in ("put_off", "looks", "in_sync"):
            setattr(self, name, getattr(self, name) + told[name])
        self.reference_bound_ms = max(self.reference_bound_ms, told["reference_bound_ms"])
        for what, (at_ms, members) in told["heard"].items():
            last_ms, count = self.heard.get(what, (at_ms, 0))
            self.heard[what] = max(last_ms, at_ms), count + members
