"""Rate limits over HTTP: a request beyond a limit is answered 429 before anything else is done."""

from collections.abc import Collection

from flask import Flask, g, request

from partyapp.shared.http.api_paths import is_api, is_upload
from partyapp.shared.kernel.address_key import address_key
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.rate_limits import RateLimits

#: The last part of the addresses whose POST a worker has to carry out; DELETE and PATCH always are one.
_LIFECYCLE = frozenset({"parties", "join", "leave", "transfer"})


def install_address_limits(
    app: Flask, limits: RateLimits, *, sign_in: Collection[str], device: str, socket: str
) -> None:
    """Count by address, before anybody is authenticated. `sign_in`, `device` and `socket` are endpoints."""

    @app.before_request
    def count_address() -> None:
        if not is_api(request.path):
            return
        if request.endpoint == socket:
            count_handshake(limits, request.remote_addr)
            return
        who = address_key(request.remote_addr)
        limits.hit("address", who)
        if request.endpoint in sign_in and request.method == "POST":
            limits.hit("sign_in", who)
        elif request.endpoint == device and request.method == "POST":
            limits.hit("device_code", who)


def install_user_limits(app: Flask, limits: RateLimits) -> None:
    """Count by person, or by the key of a server; to be installed after what authenticates."""

    @app.before_request
    def count_user() -> None:
        principal = g.get("principal")
        if not isinstance(principal, Principal) or _is_a_part_of_a_film():
            return
        count_person(limits, principal)
        if principal.key_id is None and _is_lifecycle():
            limits.hit("lifecycle", str(principal.user_id))


def count_handshake(limits: RateLimits, address: str | None) -> None:
    """Count a WebSocket's handshake by address. Raises `RateLimited`."""
    who = address_key(address)
    limits.hit("address", who)
    limits.hit("handshake", who)


def count_person(limits: RateLimits, principal: Principal) -> None:
    """Count a request by person, or by the key of a server. Raises `RateLimited`."""
    if principal.key_id is not None:
        # One server asks for many people.
        limits.hit("key", str(principal.key_id))
    else:
        limits.hit("user", str(principal.user_id))


def _is_a_part_of_a_film() -> bool:
    """How much a person may upload is bounded in bytes; in how many parts, a fast network decides."""
    return request.method == "PATCH" and is_upload(request.path)


def _is_lifecycle() -> bool:
    if is_upload(request.path):
        return False
    if request.method in ("DELETE", "PATCH"):
        return True
    return request.method == "POST" and request.path.rsplit("/", 1)[-1] in _LIFECYCLE
