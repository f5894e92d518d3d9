"""Sends what is due, in some threads, until the turn is over."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from uuid import UUID

from partyapp.channel.application.ports import Claimed, DeliveryPort, Sender, Vault
from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message, code_message, message_of
from partyapp.channel.domain.retries import Retries
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.notify_settings import MAIL

log = logging.getLogger(__name__)

#: Between two looks at what is due, in s; the second while something is under way.
LOOK_S, BUSY_LOOK_S = 0.5, 0.05


class ChannelDeliveries:
    """Delivers at least once: what was sent when its process died is sent again, with the same id."""

    def __init__(
        self,
        deliveries: DeliveryPort,
        vault: Vault,
        clock: Clock,
        retries: Retries,
        chance: Callable[[], float],
        link_of: Callable[[UUID], str | None],
        sender_of: Callable[[str], Sender | None],
        *,
        width: int,
    ) -> None:
        self._deliveries, self._vault, self._clock = deliveries, vault, clock
        self._retries, self._chance = retries, chance
        self._link_of, self._sender_of, self._width = link_of, sender_of, width
        #: What was logged last, by what sends.
        self._outages: dict[str, Outage | None] = {}
        self._unreadable_logged = False
        self._lock = Lock()

    def run(self, for_s: float, is_ending: Callable[[], bool], pause: Callable[[float], object]) -> int:
        """Send what becomes due within `for_s`; returns how many arrived. Raises `Unavailable`."""
        until_s, running, arrived = monotonic_s() + for_s, set[Future[bool]](), 0
        with ThreadPoolExecutor(self._width, thread_name_prefix="channels") as threads:
            while running or (monotonic_s() < until_s and not is_ending()):
                is_over = monotonic_s() >= until_s or is_ending()
                # No more than can be begun at once: a lease runs from here on.
                free = 0 if is_over else self._width - len(running)
                claimed = self._deliveries.claim(self._clock.now_ms(), free) if free else []
                running |= {threads.submit(self._deliver, one) for one in claimed}
                if not claimed:
                    pause(BUSY_LOOK_S if running else LOOK_S)
                done = {result for result in running if result.done()}
                running -= done
                arrived += sum(result.result() for result in done)
        return arrived

    def _deliver(self, claimed: Claimed) -> bool:
        failure: Failure | Outage | None
        try:
            failure = self._send(claimed)
        except Unavailable:
            raise
        except Exception as error:
            # Its text may hold an address.
            log.error("a message to a channel was not sent: %s", type(error).__name__)
            failure = Outage.ERROR
        self._settle(claimed, failure)
        return failure is None

    def _send(self, claimed: Claimed) -> Failure | Outage | None:
        address = self._vault.opened(claimed.sealed)
        if address is None:
            self._log_unreadable()
            return Outage.UNREADABLE
        sender = self._sender_of(claimed.scheme)
        outcome = Outage.NO_MAIL if sender is None else sender.send(address, self._message(claimed))
        self._log_change(
            "mail" if claimed.scheme == MAIL else "services", outcome if isinstance(outcome, Outage) else None
        )
        return outcome

    def _log_unreadable(self) -> None:
        """Tell the operator once: other addresses, which were sealed later, may well be readable."""
        with self._lock:
            is_known, self._unreadable_logged = self._unreadable_logged, True
        if not is_known:
            log.error(
                "addresses of channels can't be read: they were sealed under another PARTY_SECRET_KEY; "
                "set it as PARTY_SECRET_KEY_PREVIOUS"
            )

    def _log_change(self, way: str, outage: Outage | None) -> None:
        """Tell the operator once that nothing is sent in this way, and once that it is again."""
        with self._lock:
            former, self._outages[way] = self._outages.get(way), outage
        if outage is former:
            return
        if outage is None:
            log.warning("messages to channels are sent again by %s", way)
        else:
            log.error("no messages to channels are sent by %s: %s", way, outage.value)

    def _message(self, claimed: Claimed) -> Message:
        if claimed.kind is None:
            message_id = f"{claimed.channel_id}.{claimed.codes}"
            return code_message(message_id, self._vault.code(claimed.channel_id, claimed.codes))
        link = None if claimed.party_id is None else self._link_of(claimed.party_id)
        return message_of(f"{claimed.subject_id}.{claimed.channel_id}", claimed.kind, claimed.data, link)

    def _settle(self, claimed: Claimed, failure: Failure | Outage | None) -> None:
        if failure is None:
            self._deliveries.delivered(claimed)
            return
        now_ms = self._clock.now_ms()
        is_over = self._retries.are_over(claimed.tries, claimed.first_try_ms, now_ms)
        if isinstance(failure, Failure) and (failure.is_final or is_over):
            self._deliveries.given_up(claimed, failure)
        elif is_over:
            # No fault of the channel.
            self._deliveries.dropped(claimed)
        else:
            due_at_ms = now_ms + self._retries.wait_ms(claimed.tries, self._chance())
            shown = failure if isinstance(failure, Failure) else failure.shown
            self._deliveries.failed(claimed, due_at_ms, shown)
