"""The entities of the party context. The event rows are audit log and outbox at once."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base


class SyncedPartySessionEntity(Base):
    """A party's row. Instants are ms of party time as doubles."""

    __tablename__ = "synced_party_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    video: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: What a video has besides, as the contract shows it; null in rows of the release before.
    video_details: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    video_duration_by: Mapped[str | None] = mapped_column(String(16))
    host_id: Mapped[UUID]
    visibility: Mapped[str] = mapped_column(String(16))
    control: Mapped[str] = mapped_column(String(16))
    max_members: Mapped[int] = mapped_column(Integer)
    invite_code: Mapped[str] = mapped_column(String(64))
    created_at_ms: Mapped[float] = mapped_column(Float(53))
    status: Mapped[str] = mapped_column(String(16))
    ended_at_ms: Mapped[float | None] = mapped_column(Float(53))
    revision: Mapped[int] = mapped_column(Integer)
    member_count: Mapped[int] = mapped_column(Integer)
    playback_state: Mapped[str] = mapped_column(String(16))
    playback_position_s: Mapped[float] = mapped_column(Float(53))
    playback_rate: Mapped[float] = mapped_column(Float(53))
    playback_at_ms: Mapped[float] = mapped_column(Float(53))
    playback_revision: Mapped[int] = mapped_column(Integer)
    playback_ends_at_ms: Mapped[float | None] = mapped_column(Float(53))
    lead_ms: Mapped[float] = mapped_column(Float(53))
    attended_until_ms: Mapped[float] = mapped_column(Float(53))
    empty_since_ms: Mapped[float | None] = mapped_column(Float(53))
    #: `[[user_id, at_ms], …]`; null in rows of the release before.
    replaced_hosts: Mapped[list[list[Any]] | None] = mapped_column(JSONB)
    #: Whether anybody was ever connected. The default is for processes of the release before.
    visited: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    #: A wait or the next film, with the revision of the playback that it belongs to; null without.
    playback_more: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: `[[user_id, since_ms, until_ms], …]`; null without.
    waits: Mapped[list[list[Any]] | None] = mapped_column(JSONB(none_as_null=True))
    #: What the host may set beside the columns above; null in rows of the release before.
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    starts_at_ms: Mapped[float | None] = mapped_column(Float(53))
    #: The site whose server may act in it.
    site: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        Index("ix_sessions_site", "site", "id", postgresql_where=text("site IS NOT NULL")),
        Index("ix_sessions_invite_code", "invite_code"),
        Index("ix_sessions_host", "host_id", postgresql_where=text("status = 'active'")),
        Index("ix_sessions_active", "id", postgresql_where=text("status = 'active'")),
        Index("ix_sessions_public", "id", postgresql_where=text("visibility = 'public'")),
        Index(
            "ix_sessions_public_active",
            "id",
            postgresql_where=text("visibility = 'public' AND status = 'active'"),
        ),
        Index(
            "ix_sessions_public_ended",
            "id",
            postgresql_where=text("visibility = 'public' AND status = 'ended'"),
        ),
        Index("ix_sessions_video", text("(video ->> 'id')"), postgresql_where=text("status = 'active'")),
        Index("ix_sessions_starting", "starts_at_ms", postgresql_where=text("status = 'active'")),
        Index("ix_sessions_ends", "playback_ends_at_ms", postgresql_where=text("status = 'active'")),
        Index("ix_sessions_ended", "ended_at_ms", postgresql_where=text("status = 'ended'")),
        Index("ix_sessions_unattended", "attended_until_ms", postgresql_where=text("status = 'active'")),
    )


class PartyMemberEntity(Base):
    """A membership's row; it stays after the person has left."""

    __tablename__ = "party_members"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("synced_party_sessions.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(String(64))
    joined_at_ms: Mapped[float] = mapped_column(Float(53))
    left_at_ms: Mapped[float | None] = mapped_column(Float(53))
    #: When the person was last known to be connected, to a minute or so; null when that was never written.
    last_seen_ms: Mapped[float | None] = mapped_column(Float(53))
    #: The names of the rights that the host gave; null: those that the party gives.
    grants: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        Index("ix_party_members_user", "user_id", "party_id", postgresql_where=text("left_at_ms IS NULL")),
        Index(
            "ix_party_members_joined",
            "party_id",
            "joined_at_ms",
            "user_id",
            postgresql_where=text("left_at_ms IS NULL"),
        ),
    )


class PartyEventEntity(Base):
    """An event's row. `relayed` is the outbox mark: the event was delivered to the other contexts."""

    __tablename__ = "party_events"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("synced_party_sessions.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(40))
    at_ms: Mapped[float] = mapped_column(Float(53))
    actor_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    command_id: Mapped[UUID | None]
    relayed: Mapped[bool] = mapped_column(Boolean, default=False)
    #: Neither read nor written by this program. The column stays for the processes of the release
    #: before, which do, and goes with the next release.
    recorded_at_ms: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    __table_args__ = (
        Index(
            "uq_party_events_command",
            "party_id",
            "actor_id",
            "command_id",
            unique=True,
            postgresql_where=text("command_id IS NOT NULL"),
        ),
        Index("ix_party_events_outbox", "id", postgresql_where=text("NOT relayed")),
        Index(
            "ix_party_events_by_invite",
            "party_id",
            text("(data ->> 'invite_id')"),
            "revision",
            postgresql_where=text("data ? 'invite_id'"),
        ),
    )


class TickSlotEntity(Base):
    """A tick that was claimed, so that two beats tick once."""

    __tablename__ = "tick_slots"

    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class WebSocketTicketEntity(Base):
    """A ticket for one WebSocket connection; only its hash is kept."""

    __tablename__ = "websocket_tickets"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[UUID]
    user_id: Mapped[UUID]
    display_name: Mapped[str] = mapped_column(String(64))
    token_expires_at_ms: Mapped[float] = mapped_column(Float(53))
    session_id: Mapped[UUID | None]
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
