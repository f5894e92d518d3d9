"""What auth shows: its operations and their objects."""

from partyapp.auth.controllers import GuestSchema
from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, ident, nested, text, whole, word
from partyapp.openapi.operation import Operation


class User(Answer):
    """A person."""

    id = ident("The user's id.")
    display_name = text("The name that others see.")


class GuestSignedIn(Answer):
    """A new guest and the token that proves them."""

    access_token = text("Send it as `Authorization: Bearer …`.")
    token_type = word("Always `Bearer`.", "Bearer")
    expires_in = whole("How long the token holds, in s.", 1)
    user = nested(User, "The guest.")


AUTH = ContextDescription(
    tags={"Sign-in": "A guest needs no account: a name gives a token."},
    operations=(
        Operation(
            id="signInGuest",
            method="post",
            path="/api/auth/guest",
            tag="Sign-in",
            summary="Sign in as a guest",
            about="The name is trimmed and holds no control characters.",
            body=GuestSchema,
            status=201,
            answer=GuestSignedIn,
            public=True,
            problems=("internal",),
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
    words={"display_name": "The name that others see."},
)
