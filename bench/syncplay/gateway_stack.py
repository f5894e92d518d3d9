"""The whole service with its gateway for Syncplay's clients, as `make run` starts it, and parties to join."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.local_stack import Stack, free_port
from tests.support.party_client import Guest

#: As long as the recorded clients' film, in s.
DURATION_S = 3600.0
MAX_MEMBERS = 10_000
#: The film goes on for longer than any run.
POSITION_S = 300.0


class GatewayStack:
    """A stack in `folder`, and the host of all of its parties. Use it in a `with` block."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        extra = {"SYNCPLAY_ENABLED": "1", "SYNCPLAY_PORT": str(self.port)}
        self.stack = Stack(folder / "data", extra=extra)

    def __enter__(self) -> Self:
        self.stack.__enter__()
        self.host = Guest(self.stack.url, "Host")
        self._video_id = self.host.create_video(duration_s=DURATION_S)["id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.close()
        self.stack.__exit__(kind, error, trace)

    @property
    def gateway_pid(self) -> int:
        """The gateway's process."""
        return self.stack.pid_of("syncplay")

    def party(self, *, control: str = "everyone", plays: bool = True) -> dict[str, Any]:
        """A new party in mid-film, playing or paused."""
        party = self.host.create_party(self._video_id, control=control, max_members=MAX_MEMBERS)
        self.host.playback(party["id"], "play", position_s=POSITION_S)
        if not plays:
            self.host.playback(party["id"], "pause")
        return party

    def commands(self, party: dict[str, Any]) -> list[dict[str, Any]]:
        """The playback commands in a party's audit log that are not the host's."""
        return [
            event
            for event in self.host.events(party["id"])
            if event["type"].startswith("playback_") and event["actor_id"] != self.host.user_id
        ]
