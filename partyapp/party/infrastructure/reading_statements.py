"""The statements that read a party, its members with it or not, and what other contexts have beside it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Uuid, any_, bindparam, case, func, null, select
from sqlalchemy.dialects.postgresql import ARRAY

from partyapp.party.application.views import LISTED
from partyapp.party.infrastructure.attendance_statements import ONE_OF_THESE
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.party.infrastructure.member_list import ALL_OF_SMALL, PRESENT
from partyapp.shared.storage.database import table_of
from partyapp.shared.storage.prepared_sql import PreparedSql, hidden_array

#: By their names, what other contexts read with a party for who connects: an expression by the party's id.
Marks = Mapping[str, Callable[[ColumnElement[UUID]], ColumnElement[Any]]]

_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)

#: Of a party of so many members the host is read too: of any, and of none.
ANY_PARTY, NO_PARTY = 0, 2**31 - 1
#: Those asked for of a larger one, each by its key. An array with a NULL in it has nobody more in it.
#:
#: It stands on a column in any case. An array that the planner can work out has so few elements that a plan
#: for these values looks cheaper than one for all, and then Postgres plans anew each time.
_WANTED = func.array_append(
    bindparam("user_ids", type_=ARRAY(Uuid)),
    case(
        (_parties.c.member_count >= bindparam("host_from", type_=Integer), _parties.c.host_id), else_=null()
    ),
    type_=ARRAY(Uuid),
)
_CHOSEN = PRESENT.where(
    _parties.c.member_count > LISTED, _members.c.user_id == any_(_WANTED)
).scalar_subquery()
OWN = PreparedSql(
    select(_parties, _members)
    .outerjoin(
        _members,
        (_members.c.party_id == _parties.c.id)
        & (_members.c.user_id == bindparam("reader_id"))
        & _members.c.left_at_ms.is_(None),
    )
    .where(_parties.c.id == bindparam("party_id"))
)
ALONE = PreparedSql(select(_parties).where(_parties.c.id == bindparam("party_id")))
REVISIONS = PreparedSql(select(_parties.c.id, _parties.c.revision).where(ONE_OF_THESE))

#: How many parties are asked for is hidden from the planner, too, by a selection that it can't work out.
_ASKED = hidden_array("party_ids")


def reading_with(marks: Marks) -> PreparedSql:
    """Parties with their members, and these marks in columns `mark_NAME`."""
    marked = (made(_parties.c.id).label(f"mark_{name}") for name, made in marks.items())
    return PreparedSql(
        select(_parties, ALL_OF_SMALL.label("members"), _CHOSEN.label("chosen"), *marked).where(
            _parties.c.id == any_(_ASKED)
        )
    )


READING = reading_with({})
