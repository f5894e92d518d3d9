"""The entities of the chat. No foreign key leads to the party: its check would lock the party's row."""

from uuid import UUID

from sqlalchemy import BigInteger, Float, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base


class ChatCounterEntity(Base):
    """How far a party's chat has come. Who takes a message in locks this row until it is committed, so that
    messages become visible in the order of their numbers."""

    __tablename__ = "chat_counters"

    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    deletions: Mapped[int] = mapped_column(BigInteger)
    #: When the latest message was said, in ms of party time: the next is not said before it.
    last_at_ms: Mapped[float] = mapped_column(Float(53))
    #: How often somebody was muted, or was given back the word.
    mutes: Mapped[int] = mapped_column(BigInteger, server_default="0")


class ChatMessageEntity(Base):
    """A message. `deletion` is the number of its deletion among the party's; its text is gone then."""

    __tablename__ = "chat_messages"

    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID]
    user_id: Mapped[UUID]
    display_name: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[float] = mapped_column(Float(53))
    position_s: Mapped[float] = mapped_column(Float(53))
    video_id: Mapped[UUID]
    deletion: Mapped[int | None] = mapped_column(BigInteger)

    # The primary key alone begins with the party for every query: of two that do PostgreSQL may take the
    # other one, and look through all that was said in a party that its statistics don't know yet.
    __table_args__ = (
        Index("uq_chat_messages_own_id", "id", "party_id", unique=True),
        Index("ix_chat_messages_video", "video_id", "party_id", "position_s"),
        Index(
            "ix_chat_messages_deletion",
            "party_id",
            "deletion",
            postgresql_where=sql("deletion IS NOT NULL"),
        ),
    )


class ChatMuteEntity(Base):
    """Until when somebody may not write, in ms of party time."""

    __tablename__ = "chat_mutes"

    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    until_ms: Mapped[float] = mapped_column(Float(53))
