"""The person behind the request at hand, as authentication left them on Flask's `g`."""

from flask import g

from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal


def set_principal(principal: Principal) -> None:
    """Keep the requester for the length of this request."""
    g.principal = principal


def principal() -> Principal:
    """The requester. Raises `Unauthenticated` without one."""
    found = g.get("principal")
    if not isinstance(found, Principal):
        raise Unauthenticated()
    return found
