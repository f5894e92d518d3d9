"""Lets clients into parties: a guest for each, the same one when a client comes back, and a name of its own.

Who comes back is known by the invite code, the name and the address (RFC 6177: an IPv6 subscriber's /64). The
guest's sign-in carries a key made of these and of the deployment's secret, so that web gives the same guest
for a day, though the gateway was started anew and remembers nobody.
"""

import asyncio
import hmac
import logging
import math
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from partyapp.gateways.syncplay import notices
from partyapp.gateways.syncplay.membership import Membership, MembershipPorts
from partyapp.gateways.syncplay.room_names import numbered
from partyapp.gateways.syncplay.session import SILENT_MS, Session
from partyapp.gateways.syncplay.web_api import Guest, Invited, WebGone, WebRefused
from partyapp.shared.kernel.address_key import address_key

log = logging.getLogger(__name__)

#: So many people of one name at one address may be in a party.
MOST_NAMES = 50
#: A client that wasn't heard for so long, in ms, is the same that says hello once more.
STALE_MS = 3000.0
#: What web can't do just now it is asked for again after these times, in s, and so much (share) more or less:
#: clients that are hung up on come back at once, all of them, to a web that is busy already.
AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0)
AGAIN_SPREAD = 0.5
#: That web is busy is logged once in so many ms.
LOG_MS = 10_000.0

_LABEL = b"party: a syncplay guest"
_TEXTS = {
    "not_found": notices.NO_PARTY,
    "invalid_invite": notices.NO_PARTY,
    "banned": "You were banned from this party.",
    "party_full": "The party is full.",
    "party_ended": "The party has ended.",
}


class Web(Protocol):
    """What is asked of web; each raises `WebRefused` or `WebGone`."""

    async def sign_in(self, name: str, key: str, address: str) -> Guest: ...
    async def invited(self, token: str, code: str, name: str, address: str) -> Invited: ...
    async def join(self, token: str, party_id: str, code: str, address: str) -> None: ...
    async def leave(self, token: str, party_id: str, address: str) -> None: ...


class Admissions:
    """Who is a member through this gateway."""

    def __init__(
        self,
        web: Web,
        ports: MembershipPorts,
        secret: str,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._web = web
        self._pause = pause
        self._ports = ports
        self._key = hmac.digest(secret.encode(), _LABEL, "sha256")
        self._members: dict[str, Membership] = {}
        self._logged_ms = -math.inf

    def __len__(self) -> int:
        """How many memberships there are."""
        return len(self._members)

    async def admit(self, session: Session, name: str, code: str) -> None:
        """Make the client a member, and tell it so, or why not."""
        try:
            member = await self._patiently(session, name, code)
        except WebRefused as refused:
            text = _TEXTS.get(refused.code) or refused.detail or notices.NO_WAY
            self._not_admitted(session, None if refused.may_pass else text)
        except WebGone:
            self._not_admitted(session, None)
        except Exception as error:
            log.error("a client could not be let in: %s", type(error).__name__, exc_info=True)
            self._not_admitted(session, None)
        else:
            if session.is_over:
                # It hung up meanwhile, and may come again in a moment.
                member.unfollow(stays=True)
            else:
                session.admitted(member, code)

    def forget(self, member: Membership) -> None:
        """A membership is over."""
        if self._members.get(member.identity) is member:
            del self._members[member.identity]

    async def leave(self, member: Membership) -> None:
        """Have a member that is over leave its party. Best effort: a party puts out who stays away."""
        try:
            await self._web.leave(member.token, member.party_id, member.address)
        except (WebRefused, WebGone) as error:
            log.info("a desktop member's leave was not taken: %s", type(error).__name__)

    def _not_admitted(self, session: Session, text: str | None) -> None:
        now_ms = self._ports.mono_ms()
        if text is None and now_ms - self._logged_ms > LOG_MS:
            # They all come again, so not for each of them.
            self._logged_ms = now_ms
            log.warning("clients are not let in for now: web can't be reached, or is busy")
        session.not_admitted(text)

    async def _patiently(self, session: Session, name: str, code: str) -> Membership:
        """Ask again what may be granted a little later: a client waits better than it comes back."""
        for wait_s in AGAIN_S:
            try:
                return await self._admitted(session, name, code)
            except (WebRefused, WebGone) as error:
                may_pass = isinstance(error, WebGone) or error.may_pass
                if not may_pass or session.is_over:
                    raise
            await self._pause(wait_s * random.uniform(1 - AGAIN_SPREAD, 1 + AGAIN_SPREAD))
        return await self._admitted(session, name, code)

    async def _admitted(self, session: Session, wanted: str, code: str) -> Membership:
        address = session.address
        for number in range(1, MOST_NAMES + 1):
            name = numbered(wanted, number)
            identity = self._identity(code, name, address)
            known = self._members.get(identity)
            if known is not None and known.token:
                follower = known.follower
                if follower is not None and not _gives_way(follower, session):
                    continue
                return await self._again(known, code)
            if known is not None:
                continue
            member = Membership(self._ports, identity=identity, name=name, address=address)
            # From here on the name is taken, though web is still being asked.
            self._members[identity] = member
            try:
                if await self._joined(member, code):
                    return member
            finally:
                if not member.token:
                    self.forget(member)
        raise WebRefused(409, {"detail": "Too many people of this name are in the party."})

    async def _again(self, member: Membership, code: str) -> Membership:
        """A membership that has no client any more; it may have been ended elsewhere meanwhile."""
        member.keep()
        try:
            await self._web.join(member.token, member.party_id, code, member.address)
        except (WebRefused, WebGone):
            member.unfollow(stays=True)
            raise
        return member

    async def _joined(self, member: Membership, code: str) -> bool:
        """Sign in and join; False where somebody else in the party has the name."""
        guest = await self._web.sign_in(member.name, member.identity, member.address)
        found = await self._web.invited(guest.token, code, member.name, member.address)
        if found.name_taken:
            return False
        await self._web.join(guest.token, found.party_id, code, member.address)
        member.user_id, member.party_id, member.token = guest.user_id, found.party_id, guest.token
        return True

    def _identity(self, code: str, name: str, address: str) -> str:
        told = "\x1f".join((code, name, address_key(address)))
        return hmac.digest(self._key, told.encode(), "sha256").hex()


def _gives_way(follower: object, session: Session) -> bool:
    """Whether the client that has the membership is the same that says hello now, by a connection before."""
    if not isinstance(follower, Session) or follower is session:
        return False
    if follower.silent_ms() <= (STALE_MS if follower.is_told else SILENT_MS):
        return False
    follower.replaced()
    return True
