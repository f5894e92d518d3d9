"""What members have in common that come in at the beginning, stay, and are listened to until the end."""

from __future__ import annotations

import random

from bench.faults.workload.evening import Evening
from bench.faults.workload.users import PartyHandle, User


class PermanentMember:
    """A member with a listener; `requests` counts what it has asked for."""

    def __init__(self, user: User, party: PartyHandle, seed: int) -> None:
        self._user, self._party, self._rng = user, party, random.Random(seed)
        self.listener = user.listener(party, user.id)
        self.requests = 0
        self.party_id = party.id
        self._evening = Evening(user, party, self.listener, self._rng)

    async def read(self) -> None:
        """Have the Party shown over REST."""
        await self._evening.read()
