"""How late the gateway's States are, from the times at which it made them."""

from collections.abc import Iterator, Sequence

from partyapp.gateways.syncplay.state_schedule import KEPT_WITHIN_MS, SETTLED_MS

#: From fewer States than this in a row it can't be told what their schedule was.
FEWEST = 4


def lateness_ms(stamps: Sequence[float], arrived: Sequence[float]) -> list[float]:
    """How much later (ms) each settled State came than its schedule has it; both in s.

    A settled member is told a State 950 and 1050 ms after the one before, in turn, by a schedule to which one
    that was late makes no difference: which of the two it was is found by that by which they are least late.
    The one that came soonest is taken for one in time, since the way is the same for all, on the whole. What
    a command, a correction or a slow answer brought in between begins a schedule anew.
    """
    found: list[float] = []
    for run in _runs(stamps):
        if len(run) >= FEWEST:
            found += min((_late([arrived[number] for number in run], turn) for turn in (0, 1)), key=sum)
    return found


def _runs(stamps: Sequence[float]) -> Iterator[range]:
    """Those that one schedule explains, whichever turn it began with."""
    began = 0
    for number in range(1, len(stamps)):
        off_ms = (stamps[number] - stamps[began]) * 1000.0 - sum(SETTLED_MS) / 2 * (number - began)
        if abs(off_ms) >= KEPT_WITHIN_MS:
            yield range(began, number)
            began = number
    yield range(began, len(stamps))


def _late(arrived: Sequence[float], turn: int) -> list[float]:
    due_s, late = 0.0, []
    for number, at in enumerate(arrived):
        late.append((at - arrived[0] - due_s) * 1000.0)
        due_s += SETTLED_MS[(turn + number) % 2] / 1000.0
    soonest = min(late)
    return [each - soonest for each in late]
