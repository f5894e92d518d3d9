"""Statements that say who is there: leases of hosts, first visits, when members were last seen."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, column, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY

from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import table_of
from partyapp.shared.storage.prepared_sql import PreparedSql

_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)

#: An array is one value, where a list of a thousand would be a thousand.
ONE_OF_THESE = _parties.c.id == any_(bindparam("party_ids", type_=ARRAY(Uuid)))
_UNTIL = bindparam("until_ms", type_=_parties.c.attended_until_ms.type)


def pairs(memberships: Collection[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    """The values of a statement on pairs of a party and a member."""
    return {
        "party_ids": [party_id for party_id, _ in memberships],
        "user_ids": [user_id for _, user_id in memberships],
    }


def _unlocked(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """One of the parties that meet these conditions, but for those that somebody has locked: one of them must
    not hold up what is written for all. A lease that is not renewed now is renewed in time."""
    rows = select(_parties.c.id).where(*conditions).with_for_update(skip_locked=True, key_share=True)
    return _parties.c.id.in_(rows)


RENEW_HOST_LEASE = PreparedSql(
    update(_parties)
    .where(_unlocked(ONE_OF_THESE, _parties.c.attended_until_ms < _UNTIL))
    .values(attended_until_ms=_UNTIL, empty_since_ms=None)
    .returning(_parties.c.id)
)
#: Parties and a member of each, as two arrays.
_PAIRS = (
    func.unnest(
        bindparam("party_ids", type_=ARRAY(Uuid)),
        bindparam("user_ids", type_=ARRAY(Uuid)),
    )
    .table_valued(column("party_id", Uuid), column("user_id", Uuid), name="pairs")
    .render_derived()
)
RENEW_LEASE_OF_HOSTS = PreparedSql(
    update(_parties)
    .where(
        _unlocked(
            tuple_(_parties.c.id, _parties.c.host_id).in_(select(_PAIRS.c.party_id, _PAIRS.c.user_id)),
            _parties.c.attended_until_ms < _UNTIL,
        )
    )
    .values(attended_until_ms=_UNTIL, empty_since_ms=None)
    .returning(_parties.c.id)
)
UNVISITED = PreparedSql(select(_parties.c.id).where(ONE_OF_THESE, ~_parties.c.visited))
MARK_VISITED = PreparedSql(
    update(_parties)
    .where(_unlocked(ONE_OF_THESE, ~_parties.c.visited))
    .values(visited=True, attended_until_ms=func.least(_parties.c.attended_until_ms, _UNTIL))
    .returning(_parties.c.id)
)
MARK_SEEN = PreparedSql(
    update(_members)
    .where(_members.c.party_id == _PAIRS.c.party_id, _members.c.user_id == _PAIRS.c.user_id)
    .values(last_seen_ms=bindparam("seen_ms", type_=_members.c.last_seen_ms.type))
    .returning(_members.c.user_id)
)
