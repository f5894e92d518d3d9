"""Where others reach the service that a request came to."""

from flask import request

from partyapp.shared.ops.network_addresses import host_name, http_url, is_loopback, network_addresses
from partyapp.shared.ops.settings import RELAXED_ENVIRONMENTS, Settings
from partyapp.web.head import PublicUrl


def own_page_url(settings: Settings) -> str:
    """Where the page that a request came from is: by `PARTY_PUBLIC_URL`, or at the request's own host.

    A proxy in front may have spoken https with the browser, which a request from the page says in `Origin`,
    or the proxy. Who forges it changes their own way alone.
    """
    if settings.public_url is not None:
        return settings.public_url
    origin = request.headers.get("Origin", "")
    is_own = origin in (f"https://{request.host}", f"http://{request.host}")
    if is_own:
        return origin
    is_https = "https" in (request.scheme, request.headers.get("X-Forwarded-Proto", ""))
    return f"{'https' if is_https else 'http'}://{request.host}"


def public_url_of(settings: Settings, host: str) -> PublicUrl | None:
    """By `PARTY_PUBLIC_URL`, or by this machine's network where `host` (with its port) is a loopback name.

    None where others reach it as the request did, or not at all. In production a loopback name comes from a
    proxy that names itself, and what the network of its machine is concerns nobody.
    """
    if settings.public_url is not None:
        return PublicUrl(url=settings.public_url, source="setting")
    if not is_loopback(host_name(host)) or settings.environment not in RELAXED_ENVIRONMENTS:
        return None
    own = settings.host.strip("[]")
    if own in ("0.0.0.0", "::"):
        heard = (address for address in network_addresses() if own == "::" or ":" not in address)
        own = next(heard, "")
    if not own or is_loopback(own):
        return None
    return PublicUrl(url=http_url(own, settings.port), source="network")
