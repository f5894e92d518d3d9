"""What auth shows: its operations and their objects."""

from partyapp.auth.controllers import DeviceCodeSchema, NameSchema, SignOutQuery
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
                "`Remote-Name`. The same `Remote-User` is the same person. 403 where no proxy may say so."
            ),
            body=Nothing,
            body_optional=True,
            status=201,
            answer=GuestSignedIn,
            key=True,
            public=True,
            problems=("unauthenticated", "forbidden", "internal", "unavailable"),
        ),
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
        "code": "The code, however it was typed.",
        "everywhere": "Whether to end all sessions of the person rather than this one.",
    },
)
