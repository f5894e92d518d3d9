"""Reading who may come into a party: what an invite is to, all invites, and who is banned."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    desc,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from partyapp.party.application.inbound_ports import InvitedByCode
from partyapp.party.application.views import LISTED
from partyapp.party.domain.admission import USES_SHOWN, InviteUse, PartyBan, PartyInvite
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.state import SyncedPartySessionState, Visibility
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.admission_entities import (
    PartyBanEntity,
    PartyInviteEntity,
    ban_of,
    invite_of,
)
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.storage.database import (
    Transactions,
    single_statements_of,
    table_of,
    unavailable_when_gone,
)
from partyapp.shared.storage.prepared_sql import PreparedSql


class AdmissionQueries:
    """The reading side of invites and bans, on Postgres. Every method raises `Unavailable` without it."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = single_statements_of(transactions)
        self._engine = transactions.engine
        self._clock = clock

    def preview(self, party_id: UUID, invite_code: str | None) -> tuple[SyncedPartySessionState, str]:
        """A public party, or the one that this code opens, and its host's name; reads no other member.

        Raises `PartyNotFound` for all others alike.
        """
        state, host_name, invites = self._read(party_id, invite_code, None)
        # Nobody has said yet who they are: the code of somebody's own invite shows what it is to.
        invited = any(self._is_open(invite) and invite.has_code(invite_code) for invite in invites)
        if state is None or not (
            state.visibility is Visibility.PUBLIC or state.opened_by(invite_code) or invited
        ):
            raise PartyNotFound()
        return state, host_name

    def invited(
        self, party_id: UUID, invite_code: str | None, user_id: UUID, site: str | None = None
    ) -> SyncedPartySessionState:
        """The party into which this person is invited, by the code, by name or by its `site`.

        Raises `PartyNotFound`.
        """
        state, _, invites = self._read(party_id, invite_code, user_id)
        invited = any(self._is_open(invite) and invite.is_for(user_id, invite_code) for invite in invites)
        if state is not None and site is not None and state.site == site:
            return state
        if state is None or not (state.opened_by(invite_code) or invited):
            raise PartyNotFound()
        return state

    def by_code(self, code: str, user_id: UUID, display_name: str) -> InvitedByCode:
        """The party that this code opens to this person, or is of one that they are in.

        Raises `PartyNotFound` for all other codes alike.
        """
        asked = {"code": code, "user_id": user_id, "display_name": display_name}
        with unavailable_when_gone():
            rows = _BY_CODE(self._engine, asked)
        if not rows:
            raise PartyNotFound()
        state, host_name, invites = self._read(rows[0].id, code, None)
        open_to = [invite for invite in invites if self._is_open(invite) and invite.is_for(user_id, code)]
        if state is None or not (rows[0].is_member or state.opened_by(code) or open_to):
            raise PartyNotFound()
        return InvitedByCode(state=state, host_name=host_name, name_taken=bool(rows[0].name_taken))

    def invites(self, party_id: UUID, after: UUID | None, limit: int) -> Sequence[PartyInvite]:
        """At most `limit` of the party's invites, newest first, from behind `after` on."""
        row = PartyInviteEntity
        statement = select(row).where(row.party_id == party_id).order_by(desc(row.id)).limit(limit)
        if after is not None:
            statement = statement.where(row.id < after)
        return [invite_of(found) for found in self._all(statement)]

    def uses(self, party_id: UUID, invite_ids: Collection[UUID]) -> Mapping[UUID, Sequence[InviteUse]]:
        """Who joined by each of these invites, the first `USES_SHOWN` of them in order."""
        found: dict[UUID, list[InviteUse]] = {invite_id: [] for invite_id in invite_ids}
        if not found:
            return found
        asked = func.unnest(bindparam("ids", list(found), ARRAY(Uuid))).table_valued("id").render_derived()
        row = PartyEventEntity
        joins = (
            select(row.revision, row.at_ms, row.data)
            .where(
                row.party_id == party_id,
                row.data.has_key("invite_id"),
                row.data["invite_id"].astext == cast(asked.c.id, Text),
            )
            .order_by(row.revision)
            .limit(USES_SHOWN)
            .lateral()
        )
        statement = select(asked.c.id, joins.c.at_ms, joins.c.data).order_by(joins.c.revision)
        with unavailable_when_gone(), self._transactions() as session:
            for invite_id, at_ms, data in session.execute(statement.join_from(asked, joins, true())):
                found[invite_id].append(
                    InviteUse(user_id=UUID(data["user_id"]), display_name=data["display_name"], at_ms=at_ms)
                )
        return found

    def bans(self, party_id: UUID, after: UUID | None, limit: int) -> Sequence[PartyBan]:
        """At most `limit` of the party's bans, by user id, from behind `after` on."""
        row = PartyBanEntity
        statement = select(row).where(row.party_id == party_id).order_by(row.user_id).limit(limit)
        if after is not None:
            statement = statement.where(row.user_id > after)
        return [ban_of(found) for found in self._all(statement)]

    def _read(
        self, party_id: UUID, invite_code: str | None, user_id: UUID | None
    ) -> tuple[SyncedPartySessionState | None, str, Sequence[PartyInvite]]:
        """The party, its host's name, and the invites with this code or for this person, open or not.

        It takes as long for a party that doesn't exist.
        """
        with unavailable_when_gone():
            rows = _PREVIEW(self._engine, {"party_id": party_id})
        row = PartyInviteEntity
        meant = [row.code == invite_code]
        if user_id is not None:
            meant.append(row.user_id == user_id)
        invites = self._all(select(row).where(row.party_id == party_id, or_(*meant)))
        state = mapping.state_of(rows[0]) if rows else None
        host_name = rows[0].host_name if rows else None
        return state, host_name or "", [invite_of(found) for found in invites]

    def _is_open(self, invite: PartyInvite) -> bool:
        return invite.closed_because(self._clock.now_ms()) is None

    def _all(self, statement: Any) -> Sequence[Any]:
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalars(statement).all()


_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)
_HOST_NAME = (
    select(_members.c.display_name)
    .where(_members.c.party_id == _parties.c.id, _members.c.user_id == _parties.c.host_id)
    .scalar_subquery()
)
_invites = table_of(PartyInviteEntity)
_found = union_all(
    select(_parties.c.id).where(_parties.c.invite_code == bindparam("code")),
    select(_invites.c.party_id).where(_invites.c.code == bindparam("code")),
).subquery()


def _some_member(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    here = (_members.c.party_id == _parties.c.id, _members.c.left_at_ms.is_(None))
    return select(_members.c.user_id).where(*here, *conditions).exists()


_NAMESAKE = _some_member(
    func.lower(_members.c.display_name) == func.lower(bindparam("display_name", type_=String)),
    _members.c.user_id != bindparam("user_id"),
)
#: In a large party nobody is known by the name alone, and it would take long to look.
_BY_CODE = PreparedSql(
    select(
        _parties.c.id,
        _some_member(_members.c.user_id == bindparam("user_id")).label("is_member"),
        case((_parties.c.member_count <= LISTED, _NAMESAKE), else_=false()).label("name_taken"),
    )
    .where(_parties.c.id.in_(select(_found.c.id)))
    .limit(1)
)
_PREVIEW = PreparedSql(
    select(_parties, _HOST_NAME.label("host_name")).where(_parties.c.id == bindparam("party_id"))
)
