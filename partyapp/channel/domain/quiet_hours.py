"""The hours in which a person doesn't want to be disturbed, by the clock on their wall."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: A zone's name as IANA has it is no longer.
MAX_ZONE = 64


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """From `begin` until `end`, in minutes since midnight in `zone`; over midnight where it begins later."""

    zone: str
    begin: int
    end: int

    def over_at_ms(self, now_ms: float) -> float | None:
        """When the quiet hours that are now are over, in ms since the Unix epoch; None outside of them.

        Where this machine knows no such zone (another one did), nobody knows when they would be: never.
        """
        try:
            zone = zone_of(self.zone)
        except ValueError:
            return None
        here = datetime.fromtimestamp(now_ms / 1000, zone)
        minute = here.hour * 60 + here.minute
        is_over_midnight = self.begin > self.end
        if is_over_midnight:
            is_quiet = minute >= self.begin or minute < self.end
        else:
            is_quiet = self.begin <= minute < self.end
        if not is_quiet:
            return None
        day = here + timedelta(days=1) if is_over_midnight and minute >= self.begin else here
        # The wall's time of that day: where the clocks are changed meanwhile, the night is longer or shorter.
        over = day.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0, fold=0)
        return max(over.timestamp() * 1000, now_ms + 1)


@lru_cache(maxsize=600)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"There is no time zone {name}.") from error
