"""Channels and what waits for them, put together for a test: real but for the clock."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine, select

from partyapp.channel.application.channels import Channels
from partyapp.channel.application.ports import ChannelPort, Claimed, DeliveryPort
from partyapp.channel.domain.channel import Channel
from partyapp.channel.infrastructure.entities import CHANNEL_ENTITIES, NotifyDeliveryEntity
from partyapp.channel.infrastructure.postgres_channels import PostgresChannels
from partyapp.channel.infrastructure.postgres_deliveries import (
    PostgresDeliveries,
    queue_deliveries,
)
from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import NotificationEntity, store
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_channel import InMemoryChannels
from tests.support.fresh_database import emptied

TABLES = (NotificationEntity, *CHANNEL_ENTITIES)
#: 16:33 in Berlin.
NOW_MS = 1_795_361_600_000.0
PER_HOUR = 10


class ChannelPlace(ChannelPort, Protocol):
    """Where channels are kept, with what the other contexts ask of it."""

    def remove_all(self, user_id: UUID) -> int: ...


class Env:
    """All of it, on a clock that is moved. `MemoryEnv` and `PostgresEnv` say where it is kept."""

    store: ChannelPlace
    waiting: DeliveryPort

    def _begin(self) -> None:
        self.clock = FixedClock(NOW_MS)
        self.vault = SealedAddresses("s" * 40)
        self.channels = Channels(
            channels=self.store,
            vault=self.vault,
            clock=self.clock,
            schemes={"ntfy", "mailto"},
        )

    def queue(self, news: Notification) -> None:
        """Have it wait, as what commits it does."""
        raise NotImplementedError

    def rows(self) -> int:
        """How many messages wait or are under way."""
        raise NotImplementedError

    def add(self, user_id: UUID, address: str = "ntfy://films", kinds: list[str] | None = None) -> Channel:
        return self.channels.add(new_id(), user_id, address, kinds)

    def active(self, user_id: UUID, address: str = "ntfy://films", kinds: list[str] | None = None) -> Channel:
        channel = self.add(user_id, address, kinds)
        for claimed in self.claim():
            self.waiting.delivered(claimed)
        return self.channels.verify(user_id, channel.id, self.vault.code(channel.id, 1))

    def happen(self, user_id: UUID, kind: str = "party_invitation", **data: object) -> Notification:
        event_id = new_id()
        made = Notification(
            id=new_id(),
            user_id=user_id,
            event_id=event_id,
            party_id=new_id(),
            type=kind,
            data={"party_title": "Film night", **data},
            created_at_ms=int(self.clock.time_ms),
        )
        self.queue(made)
        return made

    def claim(self, limit: int = 100) -> list[Claimed]:
        return self.waiting.claim(self.clock.time_ms, limit)

    def shown(self, user_id: UUID) -> tuple[str, str | None]:
        """The state of the person's only channel, and the reason for it."""
        (found,) = self.channels.overview(user_id)["items"]
        return found["state"], found["reason"]


class MemoryEnv(Env):
    """In this process."""

    def __init__(self) -> None:
        self.store = self.waiting = self._fake = InMemoryChannels(PER_HOUR)
        self._begin()

    def queue(self, news: Notification) -> None:
        self._fake.queue(news)

    def rows(self) -> int:
        return len(self._fake.waiting)


class PostgresEnv(Env):
    """In emptied tables."""

    store: PostgresChannels

    def __init__(self, engine: Engine) -> None:
        emptied(engine, TABLES)
        self.transactions = Transactions(engine)
        self.store = PostgresChannels(self.transactions, PER_HOUR)
        self.waiting = PostgresDeliveries(self.transactions, PER_HOUR)
        self._begin()

    def queue(self, news: Notification) -> None:
        with self.transactions.begin() as session:
            store(session, [news], queue_deliveries)

    def rows(self) -> int:
        with self.transactions() as session:
            return len(session.scalars(select(NotifyDeliveryEntity)).all())
