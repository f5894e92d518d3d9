"""Grants: what lets who has one read the files of one film."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from partyapp.shared.kernel.clock import Clock

#: A person's grant is the same for so long, and good for twice that, in ms.
TURN_MS = 6 * 3_600_000
#: No grant is as long, in characters.
_LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class OpenedGrant:
    """A grant that holds: for a person, or for a party as long as that goes on."""

    user_id: UUID | None = None
    party_id: UUID | None = None


class SignedGrants:
    """Makes and reads grants. Signed with the deployment's secret; nothing of them is kept anywhere.

    Those that were signed with the `previous` secret are read, too.

    `base` is what the addresses of files begin with: where people outside reach the service, if known.
    """

    def __init__(self, secret_key: str, clock: Clock, base: str = "", previous: str | None = None) -> None:
        self.base = base
        self._signer = URLSafeSerializer(
            # The last one signs.
            [one for one in (previous, secret_key) if one is not None],
            salt="partyapp.media",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._clock = clock

    def for_person(self, video_id: UUID, user_id: UUID) -> str:
        """For one person, for 6 to 12 h; asked again soon after, the same."""
        turn = int(self._clock.now_ms() // TURN_MS)
        return self._sign(["u", video_id.hex, user_id.hex, turn])

    def for_party(self, video_id: UUID, party_id: UUID) -> str:
        """For the members of one party, until it ends."""
        return self._sign(["p", video_id.hex, party_id.hex])

    def _sign(self, what: list[object]) -> str:
        signed = self._signer.dumps(what)
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, grant: str) -> list[object] | None:
        """What was signed; None for what was not made here."""
        try:
            found = self._signer.loads(grant)
        except BadData:
            return None
        return found if isinstance(found, list) else None

    def opened(self, grant: str, video_id: UUID) -> OpenedGrant | None:
        """The grant, if it was made here, for this film, and a person's has not ended yet."""
        if len(grant) > _LONGEST:
            return None
        match self.read(grant):
            case ["u", video, user, int(turn)] if video == video_id.hex:
                turns_since = int(self._clock.now_ms() // TURN_MS) - turn
                return OpenedGrant(user_id=UUID(str(user))) if turns_since in (0, 1) else None
            case ["p", video, party] if video == video_id.hex:
                return OpenedGrant(party_id=UUID(str(party)))
        return None
