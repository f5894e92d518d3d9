"""What becomes of a message, on a store and senders in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from uuid import UUID

import pytest

from partyapp.channel.application.deliveries import LOOK_S, ChannelDeliveries
from partyapp.channel.application.ports import Claimed, Sender
from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.domain.retries import Retries
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.channel_env import MemoryEnv
from tests.support.waiting import RECOVERY_S

ADDRESS = "ntfy://films"


@dataclass
class Store:
    """One message, as `DeliveryPort` would keep it."""

    clock: FixedClock
    waiting: Claimed | None
    due_at_ms: float = 0.0
    dues: list[float] = field(default_factory=list)
    shown: list[Failure] = field(default_factory=list)
    reason: Failure | None = None

    def claim(self, now_ms: float, limit: int) -> list[Claimed]:
        if self.waiting is None or self.due_at_ms > now_ms:
            return []
        self.due_at_ms = now_ms + 1e9
        self.waiting = replace(self.waiting, tries=self.waiting.tries + 1)
        return [self.waiting]

    def delivered(self, claimed: Claimed) -> None:
        self.waiting = None

    def failed(self, claimed: Claimed, due_at_ms: float, failure: Failure) -> None:
        self.due_at_ms = due_at_ms
        self.dues.append(due_at_ms)
        self.shown.append(failure)

    def given_up(self, claimed: Claimed, failure: Failure) -> None:
        self.waiting, self.reason = None, failure

    def dropped(self, claimed: Claimed) -> None:
        self.waiting = None


class Vault:
    """Seals nothing."""

    def seal(self, value: str) -> str:
        return value

    def opened(self, sealed: str) -> str | None:
        return sealed or None

    def mark(self, value: str) -> str:
        return value

    def code(self, channel_id: UUID, number: int) -> str:
        return f"{number:06}"


@dataclass
class Line:
    """Fails as it is told to, and then no more."""

    failures: list[Failure | Outage | Exception] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)

    def send(self, address: str, message: Message) -> Failure | Outage | None:
        assert address == ADDRESS
        self.sent.append(message)
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, Exception):
            raise failure
        return failure

    def end_idle(self) -> None:
        """Nothing is kept."""


def claimed(kind: str | None = "party_invitation", sealed: str = ADDRESS) -> Claimed:
    return Claimed(
        channel_id=new_id(),
        subject_id=new_id(),
        user_id=new_id(),
        scheme="ntfy",
        sealed=sealed,
        tries=0,
        first_try_ms=0.0,
        lease_until_ms=0.0,
        kind=kind,
        data={"party_title": "Film night"},
        party_id=new_id(),
        codes=7,
    )


def run(waiting: Claimed, line: Line, *, mail: bool = True) -> Store:
    """Deliver until nothing waits, the clock going on to what is due."""
    clock = FixedClock(0.0)
    store = Store(clock, waiting)
    retries = Retries(first_ms=1000, longest_ms=30_000, for_ms=100_000)

    def sender_of(_: str) -> Sender | None:
        return line if mail else None

    deliveries = ChannelDeliveries(
        store,
        Vault(),
        clock,
        retries,
        lambda: 1.0,
        lambda party_id: f"https://party.example/p/{party_id}",
        sender_of,
        width=2,
    )

    def pause(_: float) -> None:
        clock.time_ms = (
            store.due_at_ms if store.waiting is not None and store.due_at_ms < 1e9 else clock.now_ms()
        )

    deliveries.run(30.0, lambda: store.waiting is None, pause)
    return store


def test_what_fails_is_tried_again_with_the_same_message_until_it_arrives() -> None:
    line = Line([Failure.NOT_ACCEPTED, Failure.TIMEOUT, RuntimeError("a bug")])
    store = run(claimed(), line)
    assert len(line.sent) == 4
    assert len(set(line.sent)) == 1
    assert store.dues == [1000.0, 3000.0, 7000.0]
    assert store.reason is None


def test_what_fails_for_too_long_sets_its_channel_aside() -> None:
    line = Line([Failure.TIMEOUT] * 99)
    store = run(claimed(), line)
    assert store.reason is Failure.TIMEOUT
    assert len(line.sent) < 12
    assert all(0 < later - former <= 30_000 for former, later in pairwise(store.dues))


def test_what_the_operator_has_to_mend_is_logged_once_and_sets_no_channel_aside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    line = Line([Outage.MAIL_LOGIN] * 3)
    assert run(claimed(), line).shown == [Failure.NOT_SENT] * 3
    logged = [(one.levelname, "mail_login" in one.getMessage()) for one in caplog.records]
    assert logged == [("ERROR", True), ("WARNING", False)]
    line = Line([*[Outage.NO_PROCESS] * 4, *[RuntimeError("a bug")] * 99])
    store = run(claimed(), line)
    assert (store.waiting, store.reason) == (None, None)
    assert 5 <= len(line.sent) < 12, "it is not kept for ever"
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize("failure", [one for one in Failure if one.is_final])
def test_what_is_no_use_is_not_tried_again(failure: Failure) -> None:
    line = Line([failure])
    assert run(claimed(), line).reason is failure
    assert len(line.sent) == 1


def test_an_address_that_cant_be_read_is_logged_once_and_sets_no_channel_aside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = Line()
    store = run(claimed(sealed=""), line)
    assert (store.waiting, store.reason, line.sent) == (None, None, [])
    assert set(store.shown) == {Failure.UNREADABLE}
    assert [one.getMessage().count("PARTY_SECRET_KEY_PREVIOUS") for one in caplog.records] == [1]


@pytest.mark.parametrize("is_code", [False, True])
def test_a_channel_works_again_once_there_is_a_mail_server_again(
    is_code: bool, caplog: pytest.LogCaptureFixture
) -> None:
    env, ada, line, mail = MemoryEnv(), new_id(), Line(), list[Line]()

    def run_for(seconds: float) -> None:
        until_ms = env.clock.time_ms + seconds * 1000

        def pause(pause_s: float) -> None:
            # While something is under way time stands still.
            env.clock.advance(10_000 if pause_s == LOOK_S else 0)

        deliveries.run(RECOVERY_S, lambda: env.clock.time_ms >= until_ms, pause)

    deliveries = ChannelDeliveries(
        env.waiting,
        env.vault,
        env.clock,
        Retries(first_ms=1000, longest_ms=30_000, for_ms=20_000),
        lambda: 1.0,
        lambda _: None,
        lambda _: mail[0] if mail else None,
        width=2,
    )
    channel = env.add(ada, ADDRESS) if is_code else env.active(ada, ADDRESS)
    if not is_code:
        env.happen(ada)
    run_for(1000)
    assert env.rows() == 0, "it is not kept for ever"
    assert env.shown(ada) == (("unverified", "no_mail") if is_code else ("active", None))
    assert [one.getMessage() for one in caplog.records].count(
        "no messages to channels are sent by services: no_mail_server"
    ) == 1
    mail.append(line)
    if is_code:
        env.channels.new_code(ada, channel.id)
    else:
        env.happen(ada)
    run_for(100)
    assert len(line.sent) == 1
    if is_code:
        env.channels.verify(ada, channel.id, env.vault.code(channel.id, 2))
    assert env.shown(ada) == ("active", None)


def test_a_code_is_that_of_its_number() -> None:
    line = Line()
    run(claimed(kind=None), line)
    assert "000007" in line.sent[0].title
