"""What a process knows of revoked and renamed sessions, so that no request has to ask Postgres for it.

A change is known at once in the process that made it, in the others as soon as the bus carries the hint to
look, and without the bus after `LOOK_S` and a query. Only what can still matter is kept: the changes of the
time in which a token from before them holds.
"""

import logging
import threading
from collections.abc import Callable, Set
from dataclasses import replace
from typing import Protocol
from uuid import UUID

import gevent
import msgspec

from partyapp.auth.application import SessionChange, Sessions, TokenVerifier
from partyapp.auth.domain import LEEWAY_S, REVOKED_DAYS, SignedOut
from partyapp.shared.kernel.clock import DAY_MS, Clock, monotonic_s
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

#: A change is looked for so often without a hint, in s.
LOOK_S = 3.0
#: Commits may become visible in another order than their stamps, and machines' clocks differ: so much of what
#: was read already is read again, in ms.
OVERLAP_MS = 60_000.0


class SessionsChanged(msgspec.Struct, frozen=True, kw_only=True, tag="auth_sessions_changed"):
    """The hint between processes: sessions were revoked or renamed, look which."""


class SessionWatcher:
    """Knows the changes. `token_ttl_s`: how long a token holds, in s.

    `publish` sends the hint to the other processes. `on_revoked` is told the ids of sessions that are found
    revoked, `on_people` those of people.
    """

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        *,
        token_ttl_s: float,
        publish: Callable[[SessionsChanged], None] = lambda _: None,
        on_revoked: Callable[[Set[UUID]], None] = lambda _: None,
        on_people: Callable[[Set[UUID]], None] = lambda _: None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._kept_ms = (token_ttl_s + LEEWAY_S) * 1000
        self._publish = publish
        self._on_revoked = on_revoked
        self._on_people = on_people
        self._people: dict[UUID, float] = {}
        self._revoked: dict[UUID, float] = {}
        self._names: dict[UUID, tuple[str, float]] = {}
        self._newest_ms = 0.0
        self._looked_s = float("-inf")
        self._looking = threading.Lock()

    def current(self, principal: Principal) -> Principal:
        """The principal under their present name. Raises `SignedOut`."""
        if principal.session_id in self._revoked or self._is_revoked(principal):
            raise SignedOut()
        known = self._names.get(principal.user_id)
        # A provider's token has no session of ours, and its name is the provider's.
        if known is None or principal.session_id is None or known[0] == principal.display_name:
            return principal
        return replace(principal, display_name=known[0])

    def _is_revoked(self, principal: Principal) -> bool:
        """Whether the person was revoked after their token was made, or so soon before that clocks differ."""
        revoked_at_ms = self._people.get(principal.user_id)
        return revoked_at_ms is not None and principal.issued_at_ms <= revoked_at_ms + LEEWAY_S * 1000

    def changed(self) -> None:
        """A change was made here: know it now, and tell the other processes."""
        self._look()
        self._publish(SessionsChanged())

    def receive(self, _: SessionsChanged) -> None:
        """Another process has changed something."""
        gevent.spawn(self._look_guarded)

    def each_second(self) -> None:
        """Look without a hint when it is time."""
        if monotonic_s() - self._looked_s >= LOOK_S and not self._looking.locked():
            gevent.spawn(self._look_guarded)

    def _look_guarded(self) -> None:
        try:
            self._look()
        except Refusal as refusal:
            log.warning("changes of sessions can't be read now: %s", refusal.code)

    def _look(self) -> None:
        """Read what is new. Raises `Unavailable`."""
        with self._looking:
            self._looked_s = monotonic_s()
            oldest_ms = self._clock.now_ms() - self._kept_ms
            found = self._sessions.changes(max(oldest_ms, self._newest_ms - OVERLAP_MS))
            revoked = {change.session_id for change in found if change.revoked} - self._revoked.keys()
            for change in found:
                self._learn(change)
            self._forget(oldest_ms)
            people = self._look_for_people()
        if revoked:
            self._on_revoked(revoked)
        if people:
            self._on_people(people)

    def _look_for_people(self) -> Set[UUID]:
        """Read who was revoked; returns whom that is news of."""
        oldest_ms = self._clock.now_ms() - REVOKED_DAYS * DAY_MS
        newest_ms = max(self._people.values(), default=0.0)
        found = self._sessions.revoked_people(max(oldest_ms, newest_ms - OVERLAP_MS))
        news = {user_id for user_id, at_ms in found.items() if self._people.get(user_id) != at_ms}
        self._people.update(found)
        for user_id in [key for key, at_ms in self._people.items() if at_ms < oldest_ms]:
            del self._people[user_id]
        return news

    def _learn(self, change: SessionChange) -> None:
        self._newest_ms = max(self._newest_ms, change.changed_at_ms)
        if change.revoked:
            self._revoked[change.session_id] = change.changed_at_ms
        else:
            self._names[change.user_id] = change.display_name, change.changed_at_ms

    def _forget(self, oldest_ms: float) -> None:
        for session_id in [key for key, at_ms in self._revoked.items() if at_ms < oldest_ms]:
            del self._revoked[session_id]
        for user_id in [key for key, (_, at_ms) in self._names.items() if at_ms < oldest_ms]:
            del self._names[user_id]


class PresentPrincipals(Protocol):
    """What is known of sessions in this process."""

    def current(self, principal: Principal) -> Principal: ...


class PresentTokens:
    """Verifies tokens, and says who they name now: renamed people by their new name, signed-out ones not."""

    def __init__(self, tokens: TokenVerifier, present: PresentPrincipals) -> None:
        self._tokens = tokens
        self._present = present

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated`, or `Unavailable` from a provider."""
        return self._present.current(self._tokens.verify(token))
