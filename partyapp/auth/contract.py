"""What other contexts may know of signing in: the answer that a person gets."""

from dataclasses import dataclass
from typing import Any

from partyapp.shared.kernel.principal import Principal


def user_json(principal: Principal) -> dict[str, Any]:
    """The person as PROTOCOL shows a user."""
    return {"id": str(principal.user_id), "display_name": principal.display_name}


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person and the token that proves them. `expires_in_s` is how long it holds, in whole seconds."""

    principal: Principal
    access_token: str
    expires_in_s: int

    def to_json(self) -> dict[str, Any]:
        """The body of a sign-in's answer, named after RFC 6749 §5.1."""
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in_s,
            "user": user_json(self.principal),
        }
