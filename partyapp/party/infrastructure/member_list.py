"""A party's members, page by page: the host first, then by the time at which they joined; and as a part of a
statement about the party."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from partyapp.party.application.inbound_ports import MembersQuery
from partyapp.party.application.views import LISTED
from partyapp.party.domain.member import PartyMember
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import one_of, table_of, unavailable_when_gone

_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)

#: Who is present in the party of the row around it, as one JSON: one snapshot, one round trip. Tables instead
#: of entities, since this is read for every join and every socket. Its rows are for `mapping.member_listed`.
PRESENT = select(
    func.json_agg(
        aggregate_order_by(
            func.json_build_array(*(_members.c[name] for name in mapping.LISTED_COLUMNS)),
            _members.c.joined_at_ms,
            _members.c.user_id,
        )
    )
).where(_members.c.party_id == _parties.c.id, _members.c.left_at_ms.is_(None))
#: All of a small party. Whether it is one is known before the first member is looked for.
ALL_OF_SMALL = PRESENT.where(_parties.c.member_count <= LISTED).scalar_subquery()


def read_members(
    engine: Engine, party_id: UUID, host_id: UUID, query: MembersQuery, limit: int
) -> Sequence[PartyMember]:
    """At most `limit` present members; the host is on the first page alone. Upper case is lower case here."""
    present = _matching(query).where(_members.c.party_id == party_id)
    host = present.where(_members.c.user_id == host_id)
    others = (
        _behind(present, party_id, None if query.after == host_id else query.after)
        .where(_members.c.user_id != host_id)
        .order_by(_members.c.joined_at_ms, _members.c.user_id)
        .limit(limit)
    )
    with unavailable_when_gone(), engine.connect() as connection:
        first = [] if query.after is not None else list(connection.execute(host))
        rows = [*first, *connection.execute(others)]
    return [mapping.member_of(row) for row in rows[:limit]]


def names_of(engine: Engine, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What these people are called who are or were members."""
    asked = select(_members.c.user_id, _members.c.display_name).where(
        _members.c.party_id == party_id, _members.c.user_id == one_of(user_ids)
    )
    with unavailable_when_gone(), engine.connect() as connection:
        return {row.user_id: row.display_name for row in connection.execute(asked)}


def _matching(query: MembersQuery) -> Select[Any]:
    found: Select[Any] = select(_members).where(_members.c.left_at_ms.is_(None))
    if query.prefix:
        name = func.lower(_members.c.display_name)
        found = found.where(func.starts_with(name, func.lower(query.prefix)))
    if query.online is not None:
        found = found.where(_members.c.user_id == one_of(query.online))
    return found


def _behind(found: Select[Any], party_id: UUID, after: UUID | None) -> Select[Any]:
    """Those behind that member, who may have left since. The first condition is what the index is read by."""
    if after is None:
        return found
    cursor = _members.alias("cursor")
    last = select(cursor.c.joined_at_ms).where(cursor.c.party_id == party_id, cursor.c.user_id == after)
    at_ms = last.scalar_subquery()
    return found.where(
        _members.c.joined_at_ms >= at_ms, or_(_members.c.joined_at_ms > at_ms, _members.c.user_id > after)
    )
