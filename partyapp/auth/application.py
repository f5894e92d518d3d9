"""Who somebody is, from sign-in to sign-out: sessions, their tokens, a person's name and their devices.

A session is one sign-in on one device. Its tokens end soon and are renewed; the session slides on with each
renewal and ends by itself when nobody renews it, or at once when it is revoked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from partyapp.auth.contract import SignedIn
from partyapp.auth.domain import DEVICE_CODE_TTL_S, SignedOut, normalized_code, provider_user_id
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.display_name import cleaned_display_name
from partyapp.shared.kernel.errors import Forbidden, ValidationFailed
from partyapp.shared.kernel.ids import derived_id
from partyapp.shared.kernel.principal import Principal


class TokenIssuer(Protocol):
    """Makes tokens of our own."""

    @property
    def ttl_s(self) -> int:
        """How long a new token holds, in s."""
        ...

    def issue(self, principal: Principal) -> str:
        """A token that names `principal` and ends after `ttl_s`."""
        ...


class TokenVerifier(Protocol):
    """Reads a bearer token."""

    def verify(self, token: str) -> Principal:
        """Who the token names.

        Raises `Unauthenticated` for a token that proves nobody, `Unavailable` when that can't be told now.
        """
        ...


class RenewableVerifier(TokenVerifier, Protocol):
    """Reads tokens that have ended, too."""

    def renewable(self, token: str, grace_s: float) -> Principal:
        """Whose session a token renews that has ended up to `grace_s` ago, in s."""
        ...


@dataclass(frozen=True, kw_only=True)
class SessionChange:
    """A session that was revoked, or whose person has another name since `changed_at_ms` (Unix ms)."""

    session_id: UUID
    user_id: UUID
    display_name: str
    revoked: bool
    changed_at_ms: float


@dataclass(frozen=True)
class PersonNames:
    """What a person is called here, and what who vouches for them called them last, if anybody did."""

    display_name: str
    vouched_name: str | None


class Sessions(Protocol):
    """Keeps sessions."""

    def keep(self, principal: Principal, *, now_ms: float, until_ms: float) -> str | None:
        """Keep the principal's session until then, made where there is none yet.

        The person's name as it is now; None when the session was revoked.
        """
        ...

    def begin(self, principal: Principal, *, vouched_name: str, now_ms: float, until_ms: float) -> bool:
        """Make the principal's session; False, and nothing is changed, where there was one of that id.

        `vouched_name` is what who vouches for them calls them.
        """
        ...

    def names_of(self, user_id: UUID) -> PersonNames | None:
        """A person's names, by their sessions that are kept, also ended ones; None where there is none."""
        ...

    def revoke(self, principal: Principal, *, everywhere: bool, now_ms: float) -> None:
        """End the principal's session, or all of the person's, and the device codes that they gave."""
        ...

    def rename(self, user_id: UUID, display_name: str, now_ms: float) -> None:
        """Give all sessions of the person another name."""
        ...

    def changes(self, since_ms: float) -> Sequence[SessionChange]:
        """What was revoked or renamed after `since_ms`."""
        ...

    def revoke_person(self, user_id: UUID, now_ms: float) -> None:
        """End all of a person's sessions, codes and tokens, also of those that others have issued so far."""
        ...

    def revoked_people(self, since_ms: float) -> Mapping[UUID, float]:
        """Who was revoked after `since_ms`, and when."""
        ...


class DeviceCodes(Protocol):
    """Keeps the codes that sign a person in on another device."""

    def issue(self, principal: Principal, *, now_ms: float, until_ms: float) -> str:
        """A new code, in place of one that the person was given before."""
        ...

    def redeem(self, code: str, *, session_id: UUID, now_ms: float) -> Principal | None:
        """Whose code it is, once; for the same `session_id` again. None for a code that opens nothing."""
        ...


class SessionWatch(Protocol):
    """Tells this process and the others that sessions have changed."""

    def changed(self) -> None:
        """Have it known everywhere, here before this returns."""
        ...


class RenamedPeople(Protocol):
    """Others who keep people's names."""

    def renamed(self, principal: Principal) -> None:
        """The person is called so from now on. Raises `Unavailable`; it is called again then."""
        ...


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Sign-in, renewal, rename, other devices, sign-out. A session outlives its token by `grace_s` s.

    `guests`: whether anybody may sign in by a name alone.
    """

    tokens: TokenIssuer
    sessions: Sessions
    codes: DeviceCodes
    watch: SessionWatch
    people: RenamedPeople
    clock: Clock
    grace_s: float
    guests: bool = True

    def sign_in_guest(self, display_name: str, user_id: UUID) -> SignedIn:
        """A new guest. The same `user_id` is the same guest, in the same session. Raises `Forbidden`."""
        if not self.guests:
            raise Forbidden("Nobody comes in here by a name alone: sign in where you were sent from.")
        guest = Principal(
            user_id=user_id, display_name=display_name, session_id=derived_id("session", user_id)
        )
        return self._signed_in(guest)

    def sign_in_proxied(self, user: str, display_name: str, request_id: UUID) -> SignedIn:
        """Whom a proxy of the operator's names, in a new session. The same `user` is the same person."""
        person = Principal(
            user_id=derived_id("proxy-login", user),
            display_name=cleaned_display_name(display_name),
            session_id=derived_id("session", request_id),
        )
        self._begin(person)
        return self._signed_in(person)

    def sign_in_account(
        self, issuer: str, subject: str, display_name: str, session_id: UUID
    ) -> SignedIn | None:
        """Whom a provider vouches for, in this new session; None where the session isn't new.

        The person is the same as the provider's own tokens name.
        """
        person = Principal(
            user_id=provider_user_id(issuer, subject), display_name=display_name, session_id=session_id
        )
        return self._signed_in(person) if self._begin(person) else None

    def _begin(self, person: Principal) -> bool:
        """Make the session of somebody whom others vouch for; False where it isn't new.

        A name that the person has chosen here counts until who vouches for them calls them otherwise than
        before; then that is their name everywhere. So all of their devices show the same one.
        """
        vouched_name, known = person.display_name, self.sessions.names_of(person.user_id)
        if known is not None and known.vouched_name in (None, vouched_name):
            person = replace(person, display_name=known.display_name)
        elif known is not None:
            self._rename(person)
        now_ms = self.clock.now_ms()
        until_ms = self._until_ms(now_ms)
        return self.sessions.begin(person, vouched_name=vouched_name, now_ms=now_ms, until_ms=until_ms)

    def renew(self, principal: Principal) -> SignedIn:
        """A fresh token of the same session. Raises `SignedOut` when it was revoked."""
        _must_be_ours(principal)
        return self._signed_in(principal)

    def rename(self, principal: Principal, display_name: str) -> SignedIn:
        """Give the person another name everywhere, and a token that says so."""
        _must_be_ours(principal)
        self._kept(principal)
        renamed = replace(principal, display_name=display_name)
        self._rename(renamed)
        return self._signed_in(renamed)

    def _rename(self, person: Principal) -> None:
        """Give all that the person has here the name that they come with."""
        self.sessions.rename(person.user_id, person.display_name, self.clock.now_ms())
        self.watch.changed()
        self.people.renamed(person)

    def sign_out(self, principal: Principal, *, everywhere: bool) -> None:
        """End the session, or all of the person's. What is ended already stays so."""
        _must_be_ours(principal)
        self.sessions.revoke(principal, everywhere=everywhere, now_ms=self.clock.now_ms())
        self.watch.changed()

    def device_code(self, principal: Principal) -> str:
        """A code that signs the same person in on another device, once and within `DEVICE_CODE_TTL_S`."""
        _must_be_ours(principal)
        self._kept(principal)
        now_ms = self.clock.now_ms()
        return self.codes.issue(principal, now_ms=now_ms, until_ms=now_ms + DEVICE_CODE_TTL_S * 1000)

    def sign_in_device(self, code: str, request_id: UUID) -> SignedIn:
        """The person who gave the code, in a session of their own on this device.

        Raises `ValidationFailed` for a code that is wrong, used, or too old.
        """
        session_id = derived_id("session", request_id)
        owner = self.codes.redeem(normalized_code(code), session_id=session_id, now_ms=self.clock.now_ms())
        if owner is None:
            raise ValidationFailed(
                errors={"code": ["The code is wrong, was used already, or is older than five minutes."]}
            )
        return self._signed_in(replace(owner, session_id=session_id))

    def _signed_in(self, principal: Principal) -> SignedIn:
        kept = self._kept(principal)
        return SignedIn(principal=kept, access_token=self.tokens.issue(kept), expires_in_s=self.tokens.ttl_s)

    def _kept(self, principal: Principal) -> Principal:
        """The principal under their present name, their session kept. Raises `SignedOut`."""
        now_ms = self.clock.now_ms()
        name = self.sessions.keep(principal, now_ms=now_ms, until_ms=self._until_ms(now_ms))
        if name is None:
            raise SignedOut()
        return replace(principal, display_name=name)

    def _until_ms(self, now_ms: float) -> float:
        return now_ms + (self.tokens.ttl_s + self.grace_s) * 1000


def _must_be_ours(principal: Principal) -> None:
    if principal.session_id is None:
        raise Forbidden("Your identity provider keeps your account: change it, or sign out, there.")
