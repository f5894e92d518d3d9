"""What is known of the request at hand, as others have left it on Flask's `g`."""

from flask import g

from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal


def set_answered() -> None:
    """The connection is another protocol's by now: no answer to this request will be sent."""
    g.answered = True


def is_answered() -> bool:
    """Whether that is so."""
    return "answered" in g


def set_principal(principal: Principal) -> None:
    """Keep the requester for the length of this request."""
    g.principal = principal


def principal() -> Principal:
    """The requester. Raises `Unauthenticated` without one."""
    found = g.get("principal")
    if not isinstance(found, Principal):
        raise Unauthenticated()
    return found
