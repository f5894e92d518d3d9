"""Pauses between the tries of what fails again and again."""

#: More doublings than any schedule has; a float holds them.
_MOST_DOUBLINGS = 40


def equal_jitter(first: float, longest: float, failures: int, chance: float) -> float:
    """The pause after so many failures in a row, 1 or more, in the unit of `first` and `longest`.

    It doubles with each, and half of it is left to `chance`, drawn from 0 to 1, so that what failed together
    doesn't come together ("equal jitter", M. Brooker, Exponential Backoff And Jitter, 2015).
    """
    doubled = first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return float(min(longest, doubled) * (0.5 + chance / 2))


class Backoff:
    """A pause that doubles with each failure, from `first_s` up to `longest_s`, both in s."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._next_s = first_s

    def failed(self) -> float:
        """How long to wait after this failure, in s."""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s

    def worked(self) -> None:
        """Begin with the shortest pause again."""
        self._next_s = self._first_s
