"""A bot's socket, in a thread of its own, which comes back after a pause."""

import json
import logging
import random
from threading import Event, Thread
from typing import Any

import simple_websocket

from partyapp.demo.bot import DemoBot
from partyapp.realtime.websocket.frames import FINAL_CODES
from partyapp.shared.kernel.clock import monotonic_ms

log = logging.getLogger(__name__)

#: How often a bot looks at what is due, s; and the longest pause before it comes back.
_LOOK_S, _PAUSE_S = 0.1, 15.0
_MOST_BYTES = 1 << 20


class BotSocket:
    """One bot, from `start` until `stop` is set or the party is over for it."""

    def __init__(self, bot: DemoBot, url: str, party_id: str, token: str, stop: Event) -> None:
        self.token, self.party_id = token, party_id
        self.is_over = False
        self._bot = bot
        self._address = f"{url.replace('http', 'ws', 1)}/api/parties/{party_id}/ws"
        self._stop = stop
        self._thread = Thread(target=self._run, name="demo-bot", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, limit_s: float) -> None:
        """Wait until it has ended."""
        self._thread.join(limit_s)

    def _run(self) -> None:
        attempt = 0
        while not self._stop.is_set():
            code = self._watch()
            if code in FINAL_CODES:
                break
            attempt += 1
            self._stop.wait(random.uniform(0.0, min(_PAUSE_S, 0.5 * 2 ** min(attempt, 6))))
        self.is_over = True

    def _watch(self) -> int:
        """One socket, to its end; its close code, 1006 where there was none."""
        socket: Any = None
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            socket = simple_websocket.Client.connect(
                self._address, subprotocols=["party.v1"], headers=headers, max_message_size=_MOST_BYTES
            )
            self._bot.connected(monotonic_ms())
            while not self._stop.is_set():
                text = socket.receive(timeout=_LOOK_S)
                received_ms = monotonic_ms()
                if isinstance(text, str):
                    self._bot.take(json.loads(text), received_ms)
                for message in self._bot.wants_to_say(monotonic_ms()):
                    socket.send(json.dumps(message))
            socket.close()
            return 1000
        except simple_websocket.ConnectionClosed as closed:
            return int(closed.reason)
        except (simple_websocket.ConnectionError, OSError) as error:
            log.debug("a bot's socket is gone: %s", type(error).__name__)
            return 1006
