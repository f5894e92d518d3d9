"""The servers' keys that count now, as this process knows them: no request has to ask Postgres for its key.

All of them are read at once and held for `FRESH_S`; there are as many as an operator has made. So a key that
was revoked ends in all processes within that. One that was made counts at once: what no known key explains
has them read anew, unless that happened `UNKNOWN_READS` times in the last `UNKNOWN_S`.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
#: Whoever watches for ended keys, and whoever finds Postgres gone, asks it at most so often, in s.
WATCHED_S = 0.5
#: In so many s Postgres is asked so often at most, however many send keys that aren't known.
UNKNOWN_S, UNKNOWN_READS = 2.0, 4


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
        self._reads_for_unknown_s: deque[float] = deque(maxlen=UNKNOWN_READS)

    def verify(self, sent: str) -> Principal:
        """Whose key this is. Raises `Unauthenticated`, or `Unavailable` where that can't be told now."""
        found = read_sent_key(sent)
        if found is None:
            raise Unauthenticated()
        keys = self._known(FRESH_S)
        if found.id not in keys:
            keys = self._read_for_unknown()
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
        return frozenset(key.id for key in self._known(WATCHED_S).values() if key.state(now_ms) == "active")

    def signing_secrets(self, name: str) -> Iterator[SigningSecret]:
        """With which secrets a site of that name signs tokens now; the environment's first.

        Raises `Unavailable` where the others are asked for and can't be told.
        """
        yield from (SigningSecret(secret) for secret in self._set_keys.get(name, ()))
        known = self._known(FRESH_S)
        yield from self._signing(name, known.values())
        # Whoever asks on found none of these to be the signer: it may have been made since.
        anew = self._read_for_unknown()
        yield from self._signing(name, [key for key_id, key in anew.items() if key_id not in known])

    def _signing(self, name: str, keys: Iterable[ApiKey]) -> Iterator[SigningSecret]:
        now_ms = self._clock.now_ms()
        for key in keys:
            signs = key.name == name and Scope.TOKENS_SIGN in key.scopes and key.state(now_ms) == "active"
            if signs and key.signing_secret is not None:
                yield SigningSecret(key.signing_secret, key.id)

    def _known(self, fresh_s: float) -> dict[UUID, ApiKey]:
        """The keys as they were `fresh_s` ago at most, without Postgres `STALE_S`. Raises `Unavailable`."""
        if monotonic_s() - self._read_s < fresh_s:
            return self._keys
        with self._reading:
            # Whoever waited for the lock finds what was tried meanwhile.
            if monotonic_s() - self._tried_s >= min(fresh_s, WATCHED_S):
                self._read()
            return self._held()

    def _read_for_unknown(self) -> dict[UUID, ApiKey]:
        """The keys as they are now, or as they were where too many asked. Raises `Unavailable`."""
        with self._reading:
            reads, now_s = self._reads_for_unknown_s, monotonic_s()
            if len(reads) < UNKNOWN_READS or now_s - reads[0] >= UNKNOWN_S:
                reads.append(now_s)
                self._read()
            return self._held()

    def _held(self) -> dict[UUID, ApiKey]:
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
