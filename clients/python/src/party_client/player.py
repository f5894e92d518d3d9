"""What a follower needs of a player, and how a player that can't do everything says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from party_client.types import PlayerState


@dataclass(frozen=True, slots=True)
class Traits:
    """What a player can do.

    `rate`: it can play a little faster and slower. `seek_step_s`: it seeks to multiples of so many s only, 0
    for anywhere. `answer_ms`: what it says of its position is about so old. `tolerance_s`: an error below
    this, in s, is left alone where there is no `rate` to correct it by.
    """

    rate: bool = True
    seek_step_s: float = 0.0
    answer_ms: float = 0.0
    tolerance_s: float = 0.2


class Player(Protocol):
    """Any player. No method may block; one that takes time begins its work and returns."""

    @property
    def traits(self) -> Traits:
        """What it can do."""
        ...

    def position_s(self) -> float | None:
        """Where it is, in s; None while it isn't known, as before the film is loaded."""
        ...

    def state(self) -> PlayerState:
        """`playing`, `paused`, or `buffering` while it would play and can't."""
        ...

    def play(self) -> None:
        """Begin to play."""
        ...

    def pause(self) -> None:
        """Stand still."""
        ...

    def seek(self, position_s: float) -> None:
        """Go to this position, playing or not."""
        ...

    def set_rate(self, rate: float) -> None:
        """Play at this rate, 1 being the film's own; called only where the traits say so."""
        ...


def _nothing(_: float) -> None:
    pass


@dataclass(slots=True)
class CallbackPlayer:
    """A player made of functions, for what needs no class."""

    position_s: Callable[[], float | None]
    state: Callable[[], PlayerState]
    play: Callable[[], None]
    pause: Callable[[], None]
    seek: Callable[[float], None]
    set_rate: Callable[[float], None] = _nothing
    traits: Traits = field(default_factory=lambda: Traits(rate=False))
