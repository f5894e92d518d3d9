"""The list of parties: public ones and the reader's own, newest first, however many there have been.

Two index scans begin at the newest id, or behind the cursor, and each ends after a page: the public parties
in a partial index of their state, and the reader's memberships. What they find is merged, and of the page
alone are rows read. A membership doesn't hold its party's state; the index of active parties, which are few
beside those that have ended, answers for each.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Engine

from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql, typed_text

#: The longest page, and one more row to know whether it is the last. It is written into the statement: a
#: prepared one is planned for any value of a parameter, and then not for a short walk along an index.
MOST = 101

#: Behind every party: where the first page begins.
_NEWEST = UUID(int=2**128 - 1)

_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)


def _statement(public: str, own: str) -> PreparedSql:
    """The page where public parties and the reader's own meet these conditions, too.

    The conditions are those of partial indexes, which are found by their words.
    """
    return PreparedSql(
        typed_text(
            f"""
WITH found AS (
    (SELECT id FROM synced_party_sessions AS listed
     WHERE visibility = 'public' AND id < :after {public}
     ORDER BY id DESC LIMIT {MOST})
    UNION
    (SELECT own.party_id FROM party_members AS own
     WHERE own.user_id = :reader AND own.left_at_ms IS NULL AND own.party_id < :after {own}
     ORDER BY own.party_id DESC LIMIT {MOST})
), page AS (SELECT id FROM found ORDER BY id DESC LIMIT :most)
SELECT party.* FROM page JOIN synced_party_sessions AS party USING (id) ORDER BY id DESC
""",
            {"after": _parties.c.id, "reader": _members.c.user_id, "most": _parties.c.member_count},
        )
    )


_IS_ACTIVE = (
    "EXISTS (SELECT FROM synced_party_sessions AS live"
    " WHERE live.id = own.party_id AND live.status = 'active')"
)
# No membership older than the oldest active party needs a look.
_SINCE_OLDEST_ACTIVE = (
    "own.party_id >= (SELECT id FROM synced_party_sessions WHERE status = 'active' ORDER BY id LIMIT 1)"
)
# Who left is done with a party that is over, a public one too. It is asked as a value and not by NOT EXISTS,
# which the planner may answer for all memberships at once by reading the whole table.
_NOT_LEFT = (
    "(SELECT past.left_at_ms FROM party_members AS past WHERE past.party_id = listed.id"
    " AND past.user_id = :reader) IS NULL"
)
_STATEMENTS = {
    None: _statement(f"AND (status = 'active' OR {_NOT_LEFT})", ""),
    PartyStatus.ACTIVE: _statement("AND status = 'active'", f"AND {_SINCE_OLDEST_ACTIVE} AND {_IS_ACTIVE}"),
    PartyStatus.ENDED: _statement(f"AND status = 'ended' AND {_NOT_LEFT}", f"AND NOT {_IS_ACTIVE}"),
}


def newest_parties(
    engine: Engine, reader_id: UUID, status: PartyStatus | None, after: UUID | None, limit: int
) -> Sequence[SyncedPartySessionState]:
    """At most `limit` (up to `MOST`) parties behind the id `after`, newest first, of one state or any."""
    values = {"reader": reader_id, "after": after or _NEWEST, "most": min(limit, MOST)}
    with unavailable_when_gone():
        return [mapping.state_of(row) for row in _STATEMENTS[status](engine, values)]


def _of_site(condition: str) -> PreparedSql:
    return PreparedSql(
        typed_text(
            f"""
SELECT * FROM synced_party_sessions
WHERE site = :site AND id < :after {condition} ORDER BY id DESC LIMIT :most
""",
            {"after": _parties.c.id, "site": _parties.c.site, "most": _parties.c.member_count},
        )
    )


_OF_SITE = {
    None: _of_site(""),
    PartyStatus.ACTIVE: _of_site("AND status = 'active'"),
    PartyStatus.ENDED: _of_site("AND status = 'ended'"),
}


def newest_of_site(
    engine: Engine, site: str, status: PartyStatus | None, after: UUID | None, limit: int
) -> Sequence[SyncedPartySessionState]:
    """The same of a site's parties, public or not."""
    values = {"site": site, "after": after or _NEWEST, "most": min(limit, MOST)}
    with unavailable_when_gone():
        return [mapping.state_of(row) for row in _OF_SITE[status](engine, values)]
