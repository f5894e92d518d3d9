"""Follows a party with a player that only prints, and says hello.

`python follow.py http://localhost:8000 PARTY INVITE`

Put your player in the place of `PrintedPlayer`. It ends when the party does, or after `--for` s.
"""

import argparse
import contextlib
import time

from party_client import ConnectionOverError, PartyApi, PartyConnection, Traits
from party_client.types import PlayerState


class PrintedPlayer:
    """Plays nothing, and says what it is told to do."""

    traits = Traits(rate=True)

    def __init__(self) -> None:
        self._at_s, self._since_s, self._rate, self._playing = 0.0, time.monotonic(), 1.0, False

    def position_s(self) -> float:
        """Where it is."""
        moved_s = time.monotonic() - self._since_s if self._playing else 0.0
        return self._at_s + moved_s * self._rate

    def state(self) -> PlayerState:
        """What it does."""
        return "playing" if self._playing else "paused"

    def play(self) -> None:
        """Begin."""
        self._told("play", playing=True)

    def pause(self) -> None:
        """Stand still."""
        self._told("pause", playing=False)

    def seek(self, position_s: float) -> None:
        """Go there."""
        self._told(f"seek to {position_s:.2f} s", at_s=position_s)

    def set_rate(self, rate: float) -> None:
        """Play so fast."""
        self._told(f"rate {rate:.3f}", rate=rate)

    def _told(
        self, what: str, at_s: float | None = None, playing: bool | None = None, rate: float | None = None
    ) -> None:
        print(what, flush=True)
        self._at_s, self._since_s = self.position_s() if at_s is None else at_s, time.monotonic()
        self._playing = self._playing if playing is None else playing
        self._rate = self._rate if rate is None else rate


def main() -> None:
    """Follow until the end."""
    options = argparse.ArgumentParser(description="Follow a party with a player that only prints.")
    options.add_argument("service")
    options.add_argument("party")
    options.add_argument("invite", nargs="?")
    options.add_argument("--name", default="Follower")
    options.add_argument("--for", dest="seconds", type=float, default=86_400.0)
    given = options.parse_args()
    with PartyApi(given.service) as api:
        api.guest(given.name)
        party = api.join(given.party, given.invite)["party"]
        with PartyConnection(api, party["id"]) as connection:
            connection.on(
                "chat", lambda said: print(f"{said['message']['display_name']}: {said['message']['text']}")
            )
            connection.follow(PrintedPlayer())
            connection.say("Hello!")
            with contextlib.suppress(ConnectionOverError, TimeoutError):
                connection.wait_until(lambda: False, given.seconds)
            print(f"over, in sync to {connection.clock.bound_ms():.1f} ms")


if __name__ == "__main__":
    main()
