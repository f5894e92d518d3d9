"""`Vault` by the deployment's own secret, under keys of its own."""

from uuid import UUID

from partyapp.channel.domain.channel import CODE_DIGITS
from partyapp.shared.kernel.sealing import Sealer

_PURPOSE = b"party notification channels"


class SealedAddresses:
    """Who reads the database, or a copy of it, reads no address and no code."""

    def __init__(self, secret_key: str, previous: str | None = None) -> None:
        self._sealer = Sealer(secret_key, _PURPOSE, previous=previous)

    def seal(self, value: str) -> str:
        """An address as rows keep it."""
        return self._sealer.seal(value)

    def opened(self, sealed: str) -> str | None:
        """The address again; None when PARTY_SECRET_KEY was yet another then."""
        found = self._sealer.opened(sealed) if sealed else None
        return found if isinstance(found, str) else None

    def again(self, sealed: str) -> str | None:
        """The same address sealed under the present key; None when it can't be read."""
        return self._sealer.again(sealed)

    def mark(self, value: str) -> str:
        """What tells one address from another and can't be guessed back."""
        return self._sealer.mark(f"address {value}")

    def code(self, channel_id: UUID, number: int) -> str:
        """The channel's code of that number: kept nowhere, and made again when it is needed."""
        found = int(self._sealer.mark(f"code {channel_id} {number}"), 16) % 10**CODE_DIGITS
        return f"{found:0{CODE_DIGITS}}"
