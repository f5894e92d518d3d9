"""What auth shows: its operations and their objects."""

from partyapp.auth.controllers import DeviceCodeSchema, NameSchema, SignOutQuery
from partyapp.auth.controllers.account_login import LoginAnswerSchema
from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, ident, nested, text, whole, word
from partyapp.openapi.operation import Operation
from partyapp.shared.http.schemas import Nothing

_OF_NAMES = (
    "The name is trimmed, and what nobody can see is taken out of it. It is refused when nothing is left, "
    "when it holds control characters, and when it turns the direction of writing round."
)


class User(Answer):
    """A person."""

    id = ident("The user's id.")
    display_name = text("The name that others see.")


class GuestSignedIn(Answer):
    """A person and the token that proves them."""

    access_token = text("Send it as `Authorization: Bearer …`.")
    token_type = word("Always `Bearer`.", "Bearer")
    expires_in = whole("How long the token holds, in s.", 1)
    user = nested(User, "Who it is.")


class Renamed(GuestSignedIn, User):
    """The person under their new name, and a token that says so."""


class LoginBegun(Answer):
    """Where to sign in."""

    url = text("Where the browser goes. The provider sends it back to `/login`.")
    expires_in = whole("How long one may take, in s.", 1)


class ProviderLogout(Answer):
    """Where the session at the provider ends."""

    url = text("Where the browser goes; null where the provider has no such place.", null=True)


#: Signing in at a provider.
ACCOUNT_LOGIN = (
    Operation(
        id="beginAccountLogin",
        method="post",
        path="/api/auth/oidc/begin",
        tag="Sign-in",
        summary="Begin to sign in at the operator's provider",
        about=(
            "The authorization code flow of OpenID Connect with PKCE. A cookie, sealed and for these "
            "addresses alone, ties the provider's answer to this browser, for 10 minutes. 403 where no "
            "provider is set."
        ),
        body=Nothing,
        body_optional=True,
        status=201,
        answer=LoginBegun,
        key=True,
        public=True,
        problems=("forbidden", "internal", "unavailable"),
    ),
    Operation(
        id="signInAccount",
        method="post",
        path="/api/auth/oidc",
        tag="Sign-in",
        summary="Sign in with what the provider has answered",
        about=(
            "Once, in the browser in which it was begun: 401 for anything else, and `login` says why. The "
            "same `sub` of the provider is the same person, as in its own tokens. 403 for an account that "
            "isn't let in."
        ),
        body=LoginAnswerSchema,
        status=201,
        answer=GuestSignedIn,
        key=True,
        public=True,
        problems=("unauthenticated", "forbidden", "internal", "unavailable"),
    ),
    Operation(
        id="showProviderLogout",
        method="get",
        path="/api/auth/oidc/logout",
        tag="Sign-in",
        summary="Show where the session at the provider ends",
        about="After `DELETE /api/auth/session`, for whoever wants to be signed out there as well.",
        answer=ProviderLogout,
        public=True,
        problems=("forbidden", "internal", "unavailable"),
    ),
)


class DeviceCode(Answer):
    """A code that signs the same person in on another device, once."""

    code = text("As it is shown. Capital letters, hyphens and spaces make no difference.")
    url = text("Opens the page with the code. The code is in the fragment, which no request carries.")
    expires_in = whole("How long the code holds, in s.", 1)


AUTH = ContextDescription(
    tags={"Sign-in": "A guest needs no account: a name gives a token."},
    operations=(
        Operation(
            id="signInGuest",
            method="post",
            path="/api/auth/guest",
            tag="Sign-in",
            summary="Sign in as a guest",
            about=_OF_NAMES,
            body=NameSchema,
            status=201,
            answer=GuestSignedIn,
            key=True,
            public=True,
            problems=("internal", "unavailable"),
        ),
        Operation(
            id="signInProxied",
            method="post",
            path="/api/auth/proxy",
            tag="Sign-in",
            summary="Sign in as whom the proxy in front names",
            about=(
                "Where a proxy of the operator's has signed the person in, and says so by `Remote-User` and "
                "`Remote-Name`. The same `Remote-User` is the same person; a name that they have chosen here "
                "counts until `Remote-Name` changes. 403 where no proxy may say so."
            ),
            body=Nothing,
            body_optional=True,
            status=201,
            answer=GuestSignedIn,
            key=True,
            public=True,
            problems=("unauthenticated", "forbidden", "internal", "unavailable"),
        ),
        *ACCOUNT_LOGIN,
        Operation(
            id="renewToken",
            method="post",
            path="/api/auth/renew",
            tag="Sign-in",
            summary="Get a fresh token for the same session",
            about="The token may have ended, by 30 days unless configured. Each renewal keeps the session.",
            body=Nothing,
            body_optional=True,
            answer=GuestSignedIn,
            key=True,
            problems=("forbidden",),
        ),
        Operation(
            id="renameMe",
            method="patch",
            path="/api/auth/me",
            tag="Sign-in",
            summary="Change one's name everywhere",
            about=(
                "In the token, on other devices, and in the active parties that one is a member of, whose "
                "members hear `member_renamed`. " + _OF_NAMES
            ),
            body=NameSchema,
            answer=Renamed,
            key=True,
            problems=("forbidden",),
        ),
        Operation(
            id="signOut",
            method="delete",
            path="/api/auth/session",
            tag="Sign-in",
            summary="Sign out",
            about=(
                "The session's tokens, tickets and sockets end: at once in the process that is asked, in the "
                "others when the bus tells them, and without it within about 3 s."
            ),
            query=SignOutQuery,
            key=True,
            status=204,
            problems=("forbidden",),
        ),
        Operation(
            id="makeDeviceCode",
            method="post",
            path="/api/auth/device-code",
            tag="Sign-in",
            summary="Get a code that signs the same person in on another device",
            about="Good once, for 5 minutes. A new one takes the place of the one before.",
            body=Nothing,
            body_optional=True,
            status=201,
            answer=DeviceCode,
            key=True,
            problems=("forbidden",),
        ),
        Operation(
            id="signInDevice",
            method="post",
            path="/api/auth/device",
            tag="Sign-in",
            summary="Sign in with a code from another device",
            body=DeviceCodeSchema,
            status=201,
            answer=GuestSignedIn,
            key=True,
            public=True,
            problems=("internal", "unavailable"),
        ),
        Operation(
            id="showMe",
            method="get",
            path="/api/auth/me",
            tag="Sign-in",
            summary="Show who is signed in",
            answer=User,
        ),
    ),
    words={
        "display_name": "The name that others see.",
        "code": "What signs in: a code from another device, however it was typed, or the provider's.",
        "state": "The provider's `state`, as it sent it.",
        "iss": "The provider's `iss`, where it sent one.",
        "everywhere": "Whether to end all sessions of the person rather than this one.",
    },
)
