"""The tables of webhooks. Instants are ms of party time as doubles."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base


class WebhookEndpointEntity(Base):
    """A program that is told of events. Its secret is encrypted, since it must be at hand to sign."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[str] = mapped_column(Text)
    #: Names and ids as JSON lists; null for all.
    events: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    parties: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    owner: Mapped[str | None] = mapped_column(String(64))
    created_at_ms: Mapped[float] = mapped_column(Float(53))
    disabled: Mapped[str | None] = mapped_column(String(16))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    failing_since_ms: Mapped[float | None] = mapped_column(Float(53))
    not_before_ms: Mapped[float] = mapped_column(Float(53), default=0.0)
    last_error: Mapped[str | None] = mapped_column(String(64))
    delivered: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)


class WebhookStreamEntity(Base):
    """How far an endpoint has a party's events: up to `cursor_revision`, and it is to have `until_revision`.

    The events themselves are the party's rows. `replaying` says that dead letters are to be sent first.
    """

    __tablename__ = "webhook_streams"

    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), primary_key=True
    )
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    cursor_revision: Mapped[int] = mapped_column(Integer)
    until_revision: Mapped[int] = mapped_column(Integer)
    replaying: Mapped[bool] = mapped_column(Boolean, default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    failing_since_ms: Mapped[float | None] = mapped_column(Float(53))
    not_before_ms: Mapped[float] = mapped_column(Float(53), default=0.0)
    lease_until_ms: Mapped[float] = mapped_column(Float(53), default=0.0)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    touched_at_ms: Mapped[float] = mapped_column(Float(53))

    __table_args__ = (
        Index(
            "ix_webhook_streams_due",
            "endpoint_id",
            "not_before_ms",
            postgresql_where=text("cursor_revision < until_revision OR replaying"),
        ),
        Index("ix_webhook_streams_touched", "touched_at_ms"),
    )


class WebhookDeadLetterEntity(Base):
    """An event that was given up. While `replayed_at_ms` is set it is to be delivered once more."""

    __tablename__ = "webhook_dead_letters"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    party_id: Mapped[UUID]
    revision: Mapped[int] = mapped_column(Integer)
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(40))
    died_at_ms: Mapped[float] = mapped_column(Float(53))
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(String(64))
    replayed_at_ms: Mapped[float | None] = mapped_column(Float(53))

    __table_args__ = (
        Index("uq_webhook_dead_letters", "endpoint_id", "party_id", "revision", unique=True),
        Index("ix_webhook_dead_letters_died", "died_at_ms"),
    )


#: All of them, parents first.
WEBHOOK_ENTITIES: tuple[Any, ...] = (WebhookEndpointEntity, WebhookStreamEntity, WebhookDeadLetterEntity)
