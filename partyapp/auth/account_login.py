"""Signing in at an OpenID Connect provider: the authorization code flow with PKCE (Core 1.0 §3.1, RFC 7636).

A login begins here with what the browser alone keeps, goes on at the provider, and ends here with the code
that the provider gave. It ends once, in the browser in which it began, and within `LOGIN_TTL_S`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Literal, Protocol
from uuid import UUID

from partyapp.auth.application import Identity
from partyapp.auth.contract import SignedIn
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.display_name import GUEST, cleaned_display_name
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.kernel.ids import derived_id

#: How long somebody may take to sign in at the provider, in s.
LOGIN_TTL_S = 600

#: `expired`: it took too long. `unknown`: it wasn't begun in this browser. `used`: it has ended already.
#: `refused`: the provider takes the code for none. `untrusted`: what the provider says can't be verified.
Reason = Literal["expired", "unknown", "used", "refused", "untrusted"]

_DETAILS: Mapping[Reason, str] = {
    "expired": "Signing in took too long. Begin it anew.",
    "unknown": "This sign-in was not begun in this browser. Begin it anew.",
    "used": "This sign-in has been used already. Begin it anew.",
    "refused": "The provider did not confirm this sign-in. Begin it anew.",
    "untrusted": "What the provider said can't be verified. The operator's log says why.",
}


class LoginRefused(Unauthenticated):
    """A login that proves nobody."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_DETAILS[reason])
        self.reason = reason

    def problem(self) -> dict[str, Any]:
        """Says why to a program, too."""
        return {**super().problem(), "login": self.reason}


@dataclass(frozen=True, kw_only=True)
class PendingLogin:
    """A login that was begun, as its browser keeps it, sealed. `begun_at_ms` in Unix ms.

    `state` ties the provider's answer to it, `nonce` the ID token, `verifier` the code (RFC 7636 §4.1).
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    begun_at_ms: float


@dataclass(frozen=True, kw_only=True)
class LoginAnswer:
    """What the provider has sent the browser back with; `issuer` after RFC 9207, if it says it."""

    state: str
    code: str = field(repr=False)
    issuer: str | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom the provider vouches for: its `sub`, and what it says of the person."""

    subject: str
    claims: Mapping[str, Any]


class LoginProvider(Protocol):
    """The provider. All of it raises `Unavailable` while the provider can't be asked."""

    @property
    def issuer(self) -> str:
        """What its tokens call it."""
        ...

    def login_url(self, login: PendingLogin) -> str:
        """Where the browser goes to sign in."""
        ...

    def names_itself(self) -> bool:
        """Whether its answers always say whose they are (RFC 9207)."""
        ...

    def account(self, code: str, login: PendingLogin) -> Account:
        """Whose code it is. Raises `LoginRefused`."""
        ...

    def logout_url(self, back_to: str) -> str | None:
        """Where the browser ends its session at the provider; None where it can't."""
        ...


@dataclass(frozen=True, kw_only=True)
class AccountRules:
    """`name_claims`: the first that holds a name is the person's. `required`: what an account has to have."""

    name_claims: tuple[str, ...] = ("name", "preferred_username")
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def name_in(self, claims: Mapping[str, Any]) -> str:
        """The person's name, or that of a guest where none is said."""
        names = (cleaned_display_name(claims.get(claim)) for claim in self.name_claims)
        return next((name for name in names if name != GUEST), GUEST)

    def lets_in(self, claims: Mapping[str, Any]) -> bool:
        """Whether each required claim is one of its values, or a list with one of them."""
        return all(
            not values.isdisjoint(_texts(claims.get(claim))) for claim, values in self.required.items()
        )


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    # `true` is written so in JSON, and so in the setting.
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values if one is not None]


@dataclass(frozen=True, kw_only=True)
class AccountLogin:
    """Begins logins and ends them."""

    provider: LoginProvider
    identity: Identity
    rules: AccountRules
    clock: Clock

    def begin(self, redirect_uri: str, place: int = 0) -> tuple[PendingLogin, str]:
        """A new login, and where the browser goes with it. Raises `Unavailable`.

        `place` is where the browser keeps it; it begins the state, as in "2.…".
        """
        login = PendingLogin(
            state=f"{place}.{secrets.token_urlsafe(24)}",
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            begun_at_ms=self.clock.now_ms(),
        )
        return login, self.provider.login_url(login)

    def finish(self, login: PendingLogin | None, answer: LoginAnswer) -> SignedIn:
        """The person, in a new session. `login` is what the browser has kept, if anything.

        Raises `LoginRefused`; `Forbidden` for an account that isn't let in; `Unavailable`.
        """
        if login is None or not compare_digest(login.state.encode(), answer.state.encode()):
            raise LoginRefused("unknown")
        age_ms = self.clock.now_ms() - login.begun_at_ms
        if not -LOGIN_TTL_S * 1000 < age_ms < LOGIN_TTL_S * 1000:
            raise LoginRefused("expired")
        self._check_issuer(answer.issuer)
        account = self.provider.account(answer.code, login)
        if not self.rules.lets_in(account.claims):
            raise Forbidden("Your account is none of those that are let in here.")
        return self._signed_in(account, derived_id("account-login", login.state))

    def _check_issuer(self, said: str | None) -> None:
        """Another provider's answer is none of this one's (RFC 9207 §2.4)."""
        if said is None and not self.provider.names_itself():
            return
        if said != self.provider.issuer:
            raise LoginRefused("untrusted")

    def _signed_in(self, account: Account, session_id: UUID) -> SignedIn:
        name = self.rules.name_in(account.claims)
        found = self.identity.sign_in_account(self.provider.issuer, account.subject, name, session_id)
        if found is None:
            raise LoginRefused("used")
        return found
