"""A member that plays slower for a while, because it is told a room far behind it."""

from dataclasses import dataclass

from partyapp.gateways.syncplay.corrections import SLOW_DOWN

#: A client plays slower when it is told a room this far (s) behind it. That lies between where clients begin
#: to slow down (1.5 s, 1.3 s at least) and where they seek (4 s, 3 s at least).
SAID_BEHIND_S = 2.5
#: It plays at speed 1 again once it is less than 0.1 s ahead of what it is told: so it is told this much
#: more than the truth.
SAID_AHEAD_S = 0.3

#: Our own time comes back as a decimal fraction: equal within so many ms.
SAME_MS = 0.01


@dataclass(slots=True)
class SlowDown:
    """From the State of `sent_ms` on until `until_ms` of party time, to take `error_s` (s) back."""

    error_s: float
    sent_ms: float
    until_ms: float
    _begun: bool = False

    @classmethod
    def of(cls, error_s: float, now_ms: float) -> "SlowDown":
        """One that begins with the State of this instant. The way to the member counts at both ends."""
        return cls(error_s, now_ms, now_ms + error_s / SLOW_DOWN * 1000.0)

    @property
    def offset_s(self) -> float:
        """What is added to the party's position (s) in what the member is told meanwhile."""
        return self.error_s - SAID_BEHIND_S

    def begun(self, sent_ms: float, at_ms: float, delay_ms: float) -> None:
        """The member answered a State of ours at that instant; if it was the first, it began then.

        Its client may have been waiting for its player. The end is told `delay_ms` before it is to be heard.
        """
        if not self._begun and abs(sent_ms - self.sent_ms) < SAME_MS:
            self._begun = True
            self.until_ms = at_ms + self.error_s / SLOW_DOWN * 1000.0 - delay_ms
