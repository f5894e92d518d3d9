"""The direct path of joins: the web process that is asked decides them, and commits them with their commands.

Who comes while a commit is under way is committed with the next one, together with all others that came:
people come in crowds. It takes what the fast path takes. Whatever else there is (a refusal, somebody who
comes back, an invite other than the party's own code, a key that is taken) is accepted for a worker.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from partyapp.commands.kinds import DirectEffect
from partyapp.commands.record import NewCommand
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.application.ports import SchedulePort
from partyapp.party.application.views import LISTED
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.direct_join_statement import (
    AskedJoin,
    DecidedJoin,
    DirectJoinStatement,
    JoinedParty,
    PartyToJoin,
)
from partyapp.party.infrastructure.join_fast_path import NeedsSlowPath, decided
from partyapp.party.infrastructure.join_statement import JoinFacts
from partyapp.party.infrastructure.queries import PartyReading
from partyapp.party.infrastructure.unit_of_work import Committed, EventAnnouncer
from partyapp.shared.kernel.clock import monotonic_s

#: So often those whose party has moved on meanwhile are decided on again; then they are left to a worker.
TRIES = 6
#: Nor later than so long after the first time, in s: others wait for their turn meanwhile.
TRY_S = 1.0

Join = tuple[JoinPartySessionCommand, NewCommand]
#: Runs several joins; what came of each, in their order.
RunAll = Callable[[Sequence[Join]], Sequence[DirectEffect | None]]
#: Makes of it what runs one, together with those that come at the same time.
Gather = Callable[[RunAll], Callable[[Join], DirectEffect | None]]


class JoinDirectPath:
    """Runs joins that are in no row yet, in two round trips: the `CommandDirectPath` of their kind."""

    def __init__(
        self,
        *,
        statement: DirectJoinStatement,
        schedule: SchedulePort,
        announcer: EventAnnouncer,
        gather: Gather,
    ) -> None:
        self._statement = statement
        self._schedule = schedule
        self._announcer = announcer
        self._run_gathered = gather(self.run_all)

    def try_run(self, command: JoinPartySessionCommand, new: NewCommand) -> DirectEffect | None:
        """The command's outcome, and of a small party a `PartyReading` by its new member.

        None when it is to be accepted for a worker; nothing has happened then. Raises `Unavailable` when
        Postgres is gone: then it may have happened all the same, and whoever asks again is a member already,
        or finds the outcome by the key.
        """
        return self._run_gathered((command, new))

    def run_all(self, asked: Sequence[Join]) -> Sequence[DirectEffect | None]:
        """The same of several, each by itself: what is left to a worker of one holds up no other."""
        effects: dict[UUID, DirectEffect] = {}
        left = _one_of_a_key(asked)
        until_s = monotonic_s() + TRY_S
        for _ in range(TRIES):
            left = self._attempt(left, effects)
            if not left or monotonic_s() >= until_s:
                break
        return [effects.get(new.id) for _, new in asked]

    def _attempt(self, asked: Sequence[Join], effects: dict[UUID, DirectEffect]) -> Sequence[Join]:
        """Put the effects of those that can be committed into `effects`; returns who is to be tried again."""
        found = self._statement.read(
            [AskedJoin(command.party_id, command.actor.user_id, new.key) for command, new in asked]
        )
        by_party: dict[UUID, list[Join]] = {}
        for join in asked:
            by_party.setdefault(join[0].party_id, []).append(join)
        decided_on = {id: self._decide(party, by_party[id]) for id, party in found.items()}
        wanted = {id: joined for id, joined in decided_on.items() if joined is not None}
        committed = self._statement.write(wanted.values()) if wanted else set()
        for party_id in committed:
            self._settle(found[party_id], wanted[party_id], effects)
        lost = wanted.keys() - committed
        again = {join.command.id for party_id in lost for join in wanted[party_id].joins}
        return [join for join in asked if join[1].id in again]

    def _decide(self, party: PartyToJoin, asked: Sequence[Join]) -> JoinedParty | None:
        """The party with all who can come into it, one after another; None where nobody can."""
        state, joins, known = party.state, list[DecidedJoin](), set(party.known)
        for command, new in asked:
            user_id = command.actor.user_id
            session = SyncedPartySession.reconstitute(state)
            facts = JoinFacts(session=session, member=None, is_named=user_id in known)
            try:
                session, event, member, outcome = decided(facts, command, self._schedule)
            except NeedsSlowPath:
                continue
            # The same person once more at the same time finds the first time done.
            known.add(user_id)
            state = session.state
            joins.append(DecidedJoin(new, outcome, event, member))
        return JoinedParty(state=state, decided_on=party.state.revision, joins=joins) if joins else None

    def _settle(self, before: PartyToJoin, party: JoinedParty, effects: dict[UUID, DirectEffect]) -> None:
        """Publish what was committed, and say what came of it."""
        session = SyncedPartySession.reconstitute(party.state)
        members = None
        if before.listed is not None and party.state.member_count <= LISTED:
            members = [*before.listed, *(join.member for join in party.joins)]
            members.sort(key=lambda one: (one.state.joined_at_ms, one.user_id))
        for join in party.joins:
            self._announcer.announce(
                Committed(session=session, events=[join.event], command_id=join.command.id)
            )
            seen = None
            if members is not None:
                seen = PartyReading(state=party.state, members=members, reader_id=join.member.user_id)
            effects[join.command.id] = DirectEffect(join.outcome, seen)


def _one_of_a_key(asked: Sequence[Join]) -> Sequence[Join]:
    """Of those with the same key the first: a key that is used twice would undo what all others want."""
    first: dict[object, Join] = {}
    for join in asked:
        new = join[1]
        first.setdefault(new.id if new.key is None else (new.user_id, new.key), join)
    return list(first.values())
