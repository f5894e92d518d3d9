"""The tables of channels. Instants are ms of party time as doubles."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base

#: The state of a row that is kept for a day for its `mark` alone; nobody is shown it.
REMOVED = "removed"


class NotifyChannelEntity(Base):
    """A channel. Its address is encrypted, since it lets anybody write there; `mark` tells the place."""

    __tablename__ = "notify_channels"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    scheme: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(String(64))
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    created_at_ms: Mapped[float] = mapped_column(Float(53))
    verified_at_ms: Mapped[float | None] = mapped_column(Float(53))
    #: How many codes there were, and how many since there was none for a day; when the last one was made,
    #: and how often it was tried.
    codes: Mapped[int] = mapped_column(Integer)
    recent_codes: Mapped[int] = mapped_column(Integer)
    code_at_ms: Mapped[float] = mapped_column(Float(53))
    code_tries: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        Index("ix_notify_channels_user", "user_id"),
        Index("ix_notify_channels_mark", "mark", "code_at_ms"),
    )


class NotifyPersonEntity(Base):
    """How a person wants their channels to be used, and what they may be sent still (see `Allowance`)."""

    __tablename__ = "notify_people"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    zone: Mapped[str | None] = mapped_column(String(64))
    quiet_begin: Mapped[int | None] = mapped_column(Integer)
    quiet_end: Mapped[int | None] = mapped_column(Integer)
    left: Mapped[float] = mapped_column(Float(53))
    left_at_ms: Mapped[float] = mapped_column(Float(53))


class NotifyDeliveryEntity(Base):
    """What waits to be sent to a channel: a notification, or its code, whose subject is the channel."""

    __tablename__ = "notify_deliveries"

    channel_id: Mapped[UUID] = mapped_column(
        ForeignKey("notify_channels.id", ondelete="CASCADE"), primary_key=True
    )
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at_ms: Mapped[float] = mapped_column(Float(53))
    lease_until_ms: Mapped[float] = mapped_column(Float(53), default=0.0)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    first_try_ms: Mapped[float | None] = mapped_column(Float(53))

    __table_args__ = (Index("ix_notify_deliveries_due", "due_at_ms"),)


#: All of them, parents first.
CHANNEL_ENTITIES: tuple[Any, ...] = (NotifyChannelEntity, NotifyPersonEntity, NotifyDeliveryEntity)
