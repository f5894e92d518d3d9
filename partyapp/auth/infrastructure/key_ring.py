"""The servers' keys that count now, as this process knows them: no request has to ask Postgres for its key.

All of them are read at once and held for `FRESH_S`; there are as many as an operator has made. So a key that
was revoked ends in all processes within that; one that was made counts within `UNKNOWN_S`.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from partyapp.auth.domain import ApiKey
from partyapp.auth.infrastructure.api_keys import read_sent_key
from partyapp.auth.infrastructure.key_tokens import SigningSecret
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.scopes import Scope

log = logging.getLogger(__name__)

#: What was read counts for so long, in s.
FRESH_S = 2.0
#: The same while Postgres can't be asked, in s. Then no key counts any more.
STALE_S = 10.0
#: Postgres is asked at most so often, in s, however many send keys that aren't known.
UNKNOWN_S = 0.5


class KeyRing:
    """Knows the keys. `standing` reads those that were not revoked; `set_keys` are the environment's."""

    def __init__(
        self,
        standing: Callable[[], Sequence[ApiKey]],
        clock: Clock,
        set_keys: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._standing = standing
        self._clock = clock
        self._set_keys = set_keys or {}
        self._keys: dict[UUID, ApiKey] = {}
        self._read_s = self._tried_s = float("-inf")
        self._reading = threading.Lock()

    def verify(self, sent: str) -> Principal:
        """Whose key this is. Raises `Unauthenticated`, or `Unavailable` where that can't be told now."""
        found = read_sent_key(sent)
        if found is None:
            raise Unauthenticated()
        keys = self._known(FRESH_S)
        if found.id not in keys:
            keys = self._known(UNKNOWN_S)
        key = keys.get(found.id)
        if key is None or not found.proves(key) or key.state(self._clock.now_ms()) != "active":
            raise Unauthenticated("The key is wrong, has expired, or was revoked.")
        return Principal(
            user_id=key.id,
            display_name=key.name,
            expires_at_ms=key.expires_at_ms or 0.0,
            key_id=key.id,
            site=key.name,
            scopes=frozenset(key.scopes),
        )

    def counting(self) -> frozenset[UUID]:
        """The keys that count now. Raises `Unavailable`."""
        now_ms = self._clock.now_ms()
        return frozenset(key.id for key in self._known(UNKNOWN_S).values() if key.state(now_ms) == "active")

    def signing_secrets(self, name: str) -> Iterator[SigningSecret]:
        """With which secrets a site of that name signs tokens now; the environment's first.

        Raises `Unavailable` where the others are asked for and can't be told.
        """
        yield from (SigningSecret(secret) for secret in self._set_keys.get(name, ()))
        now_ms = self._clock.now_ms()
        for key in self._known(FRESH_S).values():
            signs = key.name == name and Scope.TOKENS_SIGN in key.scopes and key.state(now_ms) == "active"
            if signs and key.signing_secret is not None:
                yield SigningSecret(key.signing_secret, key.id)

    def _known(self, fresh_s: float) -> dict[UUID, ApiKey]:
        """The keys as they were `fresh_s` ago at most, without Postgres `STALE_S`. Raises `Unavailable`."""
        if monotonic_s() - self._read_s < fresh_s:
            return self._keys
        with self._reading:
            # Whoever waited for the lock finds what was tried meanwhile.
            if monotonic_s() - self._tried_s >= min(fresh_s, UNKNOWN_S):
                self._read()
            if monotonic_s() - self._read_s >= STALE_S:
                raise Unavailable()
            return self._keys

    def _read(self) -> None:
        self._tried_s = monotonic_s()
        try:
            self._keys = {key.id: key for key in self._standing()}
        except Unavailable:
            log.warning("servers' keys can't be read now")
        else:
            self._read_s = self._tried_s
