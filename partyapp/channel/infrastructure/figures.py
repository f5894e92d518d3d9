"""How channels do, for whoever looks after the service."""

from dataclasses import dataclass

from sqlalchemy import func, select

from partyapp.channel.infrastructure.entities import REMOVED, NotifyChannelEntity, NotifyDeliveryEntity
from partyapp.shared.storage.database import Transactions, unavailable_when_gone


@dataclass(frozen=True, kw_only=True)
class ChannelFigures:
    """`channels` by state. `waiting` are messages; `oldest_due_ms` is since when the oldest is due."""

    channels: dict[str, int]
    waiting: int
    oldest_due_ms: float | None


def channel_figures(transactions: Transactions, most_rows: int) -> ChannelFigures:
    """The figures; of what waits no more than `most_rows` are counted. Raises `Unavailable`."""
    row, channel = NotifyDeliveryEntity, NotifyChannelEntity
    waiting = select(row.due_at_ms).order_by(row.due_at_ms).limit(most_rows).subquery()
    states = select(channel.state, func.count()).where(channel.state != REMOVED).group_by(channel.state)
    with unavailable_when_gone(), transactions() as session:
        count, oldest_ms = session.execute(
            select(func.count(), func.min(waiting.c.due_at_ms)).select_from(waiting)
        ).one()
        channels = {state: number for state, number in session.execute(states)}
    return ChannelFigures(channels=channels, waiting=count, oldest_due_ms=oldest_ms)
