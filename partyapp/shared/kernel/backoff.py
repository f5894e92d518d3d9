"""Pauses between the tries of what fails again and again."""


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
