"""`SecretVault` by the deployment's own secret, encrypted as sealed answers are, under a key of its own."""

from functools import lru_cache

from partyapp.shared.kernel.sealing import Sealer

_PURPOSE = b"party webhook secrets"


class SealedSecrets:
    """Who reads the database, or a copy of it, can sign nothing."""

    def __init__(self, secret_key: str, previous: str | None = None) -> None:
        self._sealer = Sealer(secret_key, _PURPOSE, previous=previous)
        # Each turn of each stream asks for its endpoint's.
        self._opened = lru_cache(maxsize=1000)(self._sealer.opened)

    def seal(self, value: str) -> str:
        """The secret as rows keep it."""
        return self._sealer.seal(value)

    def opened(self, sealed: str) -> str | None:
        """The secret again; None when PARTY_SECRET_KEY was yet another then."""
        found = self._opened(sealed)
        return found if isinstance(found, str) else None

    def again(self, sealed: str) -> str | None:
        """The same secret sealed under the present key; None when it can't be read."""
        return self._sealer.again(sealed)
