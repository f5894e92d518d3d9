"""The ports of auth in memory, and an `Identity` on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from partyapp.auth.application import Identity, PersonNames, SessionChange
from partyapp.auth.infrastructure import PartyTokens
from partyapp.auth.infrastructure.session_watcher import SessionWatcher
from partyapp.commands.controllers import IdempotentPost
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.principal import Principal

GRACE_S = 30 * 24 * 3600.0


class FakeSessions:
    """`Sessions` and `DeviceCodes`, which share rows as the real ones do."""

    def __init__(self) -> None:
        self.names: dict[UUID, tuple[UUID, str]] = {}
        self.vouched: dict[UUID, str] = {}
        self.changed: dict[UUID, SessionChange] = {}
        self.people: dict[UUID, float] = {}
        self.codes: dict[str, tuple[Principal, float, UUID | None]] = {}

    def keep(self, principal: Principal, *, now_ms: float, until_ms: float) -> str | None:
        session_id = _session_of(principal)
        change = self.changed.get(session_id)
        user_id, name = self.names.setdefault(session_id, (principal.user_id, principal.display_name))
        return None if user_id != principal.user_id or (change and change.revoked) else name

    def begin(self, principal: Principal, *, vouched_name: str, now_ms: float, until_ms: float) -> bool:
        made = principal.user_id, principal.display_name
        # One step, as the statement is: `setdefault` says whose entry it was.
        is_new = self.names.setdefault(_session_of(principal), made) is made
        if is_new:
            self.vouched[_session_of(principal)] = vouched_name
        return is_new

    def names_of(self, user_id: UUID) -> PersonNames | None:
        # Entries are in the order in which they were made.
        own = [session_id for session_id, (owner, _) in self.names.items() if owner == user_id]
        if not own:
            return None
        ended = {one: change.changed_at_ms for one, change in self.changed.items() if change.revoked}
        latest = max(own, key=lambda one: (ended.get(one, float("inf")), own.index(one)))
        vouched = [self.vouched[one] for one in own if one in self.vouched]
        return PersonNames(self.names[latest][1], vouched[-1] if vouched else None)

    def revoke(self, principal: Principal, *, everywhere: bool, now_ms: float) -> None:
        own = _session_of(principal)
        self.names.setdefault(own, (principal.user_id, principal.display_name))
        for session_id, (user_id, name) in self.names.items():
            known = self.changed.get(session_id)
            is_ended = known is not None and known.revoked
            if user_id == principal.user_id and (everywhere or session_id == own) and not is_ended:
                self._change(session_id, user_id, name, True, now_ms)
        for code, (giver, _, _) in list(self.codes.items()):
            if giver.user_id == principal.user_id and (everywhere or giver.session_id == own):
                del self.codes[code]

    def rename(self, user_id: UUID, display_name: str, now_ms: float) -> None:
        for session_id, (owner, _) in list(self.names.items()):
            known = self.changed.get(session_id)
            if owner == user_id and not (known and known.revoked):
                self.names[session_id] = user_id, display_name
                self._change(session_id, user_id, display_name, False, now_ms)

    def changes(self, since_ms: float) -> Sequence[SessionChange]:
        found = [change for change in self.changed.values() if change.changed_at_ms > since_ms]
        return sorted(found, key=lambda change: change.changed_at_ms)

    def revoke_person(self, user_id: UUID, now_ms: float) -> None:
        for session_id, (owner, name) in self.names.items():
            if owner == user_id:
                self._change(session_id, user_id, name, True, now_ms)
        for code, (giver, _, _) in list(self.codes.items()):
            if giver.user_id == user_id:
                del self.codes[code]
        self.people[user_id] = now_ms

    def revoked_people(self, since_ms: float) -> dict[UUID, float]:
        return {user_id: at_ms for user_id, at_ms in self.people.items() if at_ms > since_ms}

    def issue(self, principal: Principal, *, now_ms: float, until_ms: float) -> str:
        code = "BCDFGHJ" + "KLMNPQRSTVWXZ"[len(self.codes) % 13]
        for known, (giver, _, used) in list(self.codes.items()):
            if giver.user_id == principal.user_id:
                self.codes[known] = giver, 0.0, used
        self.codes[code] = principal, until_ms, None
        return code

    def redeem(self, code: str, *, session_id: UUID, now_ms: float) -> Principal | None:
        giver, until_ms, used = self.codes.get(code, (None, 0.0, None))
        if giver is None or until_ms <= now_ms or used not in (None, session_id):
            return None
        self.codes[code] = giver, until_ms, session_id
        return replace(giver, display_name=self.names[_session_of(giver)][1], session_id=None)

    def _change(self, session_id: UUID, user_id: UUID, name: str, revoked: bool, at_ms: float) -> None:
        self.changed[session_id] = SessionChange(
            session_id=session_id, user_id=user_id, display_name=name, revoked=revoked, changed_at_ms=at_ms
        )


def _session_of(principal: Principal) -> UUID:
    assert principal.session_id is not None
    return principal.session_id


class RenamedInParties:
    """Remembers who was renamed."""

    def __init__(self) -> None:
        self.renames: list[Principal] = []

    def renamed(self, principal: Principal) -> None:
        self.renames.append(principal)


class IdentityEnv:
    """An `Identity` whose parts a test can look at. `idempotent` is for requests without a key."""

    def __init__(self, tokens: PartyTokens, clock: Clock | None = None) -> None:
        self.sessions = FakeSessions()
        self.people = RenamedInParties()
        clock = clock or tokens.clock
        self.watcher = SessionWatcher(self.sessions, clock, token_ttl_s=tokens.ttl_s)
        no_rows: Any = None
        self.idempotent = IdempotentPost(no_rows)
        self.identity = Identity(
            tokens=tokens,
            sessions=self.sessions,
            codes=self.sessions,
            watch=self.watcher,
            people=self.people,
            clock=clock,
            grace_s=GRACE_S,
        )
