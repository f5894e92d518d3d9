"""What the members of a room say to their party and hear of it, over the networks of `bench.sync`."""

from collections import deque
from collections.abc import Sequence
from uuid import UUID

from bench.sync.lead_times import lead_of_room
from partyapp.party.infrastructure.playback.lead_time import DelayHistogram
from tests.support.clock_networks import room

#: As by the exchanges of their clients, in s.
MEASURED_EVERY_S = 1.0


class _Way:
    """One direction of a connection: nothing overtakes what was sent before, as in TCP."""

    def __init__(self) -> None:
        self._under_way: deque[tuple[float, float, bool]] = deque()
        self._last_s = 0.0

    def send(self, arrives_s: float, told: bool, due_s: float = 0.0) -> None:
        """Something that arrives then, and counts from `due_s` on if that is later."""
        self._last_s = max(self._last_s, arrives_s)
        self._under_way.append((max(self._last_s, due_s), self._last_s, told))

    def arrived(self, at_s: float) -> list[bool]:
        """What counts by now and did not before."""
        found = []
        while self._under_way and self._under_way[0][0] <= at_s:
            found.append(self._under_way.popleft()[2])
        return found


class Wires:
    """The connections of `users`, of whom there are as many as networks in a room: eight. All times in s."""

    def __init__(self, seed: int, users: Sequence[UUID]) -> None:
        self._paths = room(seed)
        self._users = users
        self._delays = [DelayHistogram() for _ in self._paths]
        self._measured_s = 0.0
        self._up, self._down = ([_Way() for _ in self._paths] for _ in range(2))
        self._stands = [False] * len(self._paths)
        self._loading: dict[UUID, float] = {}

    def lead_ms(self, at_s: float) -> float:
        """The lead of this room's scheduler by what was measured until then."""
        while self._measured_s <= at_s:
            for path, delays in zip(self._paths, self._delays, strict=True):
                delays.add(path.delay_down(self._measured_s * 1000.0))
            self._measured_s += MEASURED_EVERY_S
        return lead_of_room(self._delays)

    def say(self, number: int, at_s: float, loads: bool) -> None:
        """A member's player begins to load, or has enough."""
        self._up[number].send(at_s + self._paths[number].delay_up(at_s * 1000.0) / 1000.0, loads)

    def loading(self, at_s: float) -> dict[UUID, float]:
        """Whose players load, and since when, as far as the party has heard of it."""
        for user, way in zip(self._users, self._up, strict=True):
            for loads in way.arrived(at_s):
                self._loading.pop(user, None)
                if loads:
                    self._loading[user] = at_s
        return self._loading

    def tell(self, at_s: float, due_s: float, stands: bool) -> None:
        """All hear that they stand still, or go on, from `due_s` on."""
        for path, way in zip(self._paths, self._down, strict=True):
            way.send(at_s + path.delay_down(at_s * 1000.0) / 1000.0, stands, due_s)

    def stands(self, number: int, at_s: float) -> bool:
        """Whether this member's picture stands still by what it has heard."""
        for told in self._down[number].arrived(at_s):
            self._stands[number] = told
        return self._stands[number]
