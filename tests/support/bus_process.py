"""The room bus in a process of its own, patched as a web process is; it says in JSON lines what it receives.

Run with `python -m tests.support.bus_process <redis url> <process id> <delay in s>`; each subscription over
a new connection takes that long. Commands come as lines on standard input: `subscribe <channel>`,
`unsubscribe <channel>`, `publish <channel> <text>`, `flood <channel> <count>`, `connected -`;
`crowd <channel> <count>` subscribes to `<channel>:0` and so on in one turn, leaves every other of them, and
comes back to every fourth.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.fileobject import FileObject  # noqa: E402
from redis.client import PubSub  # noqa: E402

from partyapp.realtime.pubsub import subscription  # noqa: E402
from partyapp.realtime.pubsub.sharded_pubsub import create_bus  # noqa: E402
from partyapp.shared.storage.live_redis import create_live_redis  # noqa: E402
from partyapp.shared.storage.redis_client import create_redis  # noqa: E402


def say(what: str, **facts: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps({"what": what, **facts}) + "\n")
    sys.stdout.flush()


class Printer:
    """A listener that prints."""

    def received(self, channel: str, payload: bytes) -> None:
        say("received", channel=channel, payload=payload.decode())

    def subscribed(self, channel: str) -> None:
        say("subscribed", channel=channel)


class SlowPubSub(PubSub):
    """A subscription connection that takes its time to be made."""

    delay_s = 0.0

    def subscribe(self, *channels: Any, **handlers: Any) -> Any:
        """Subscribe, after a while when this is the first time."""
        if self.connection is None:
            gevent.sleep(self.delay_s)
        return super().subscribe(*channels, **handlers)


def main(url: str, process_id: str, delay_s: float) -> None:
    """Serve until standard input ends."""
    SlowPubSub.delay_s = delay_s
    live = create_live_redis(url, main=create_redis("redis://localhost:1"), main_url="")
    vars(subscription)["PubSub"] = SlowPubSub
    bus = create_bus(live, process_id, Printer())
    bus.start()
    say("started", own=bus.own_channel)
    for line in FileObject(sys.stdin.buffer, "rb"):
        what, channel, *rest = line.decode().split(maxsplit=2)
        if what == "publish":
            bus.publish(channel, rest[0].strip().encode())
        elif what == "flood":
            for number in range(int(rest[0])):
                bus.publish(channel, str(number).encode())
        elif what == "crowd":
            names = [f"{channel}:{number}" for number in range(int(rest[0]))]
            for change, changed in (
                (bus.subscribe, names),
                (bus.unsubscribe, names[::2]),
                (bus.subscribe, names[::4]),
            ):
                for name in changed:
                    change(name)
        elif what == "connected":
            say("connected", yes=bus.connected)
        else:
            getattr(bus, what)(channel)
        gevent.sleep(0)
    bus.stop()
    say("stopped")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
