"""Security headers of every answer."""

from collections.abc import Set

from flask import Flask, Response, request

from partyapp.shared.http import current
from partyapp.shared.http.api_paths import is_api
from partyapp.shared.ops.network_addresses import host_name, is_loopback

#: What the pages may load: scripts, styles and connections from here alone and nothing inline. A video may
#: come from anywhere, since anybody may register one; over http only where the page itself does. A film that
#: is still being prepared is fed by the page, which gives it an address of its own (blob).
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' https: http: blob:; connect-src 'self'; manifest-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)
#: An answer that is no page may load nothing, should a browser ever take it for one.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

#: Below it are the pages that others may have in a frame.
EMBED_PATH = "/embed/"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # An address may hold an invite.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

_OPENER_POLICY = "Cross-Origin-Opener-Policy"


def install_response_headers(
    app: Flask, always_https: bool, films_at: str | None = None, framed_by: Set[str] = frozenset()
) -> None:
    """Add them; what a view has set itself stays.

    `always_https`: browsers reach every page over https, whatever the proxy in front says of it. `films_at`
    is the origin of the store that sends films itself: a page reads the parts of one from there. `framed_by`:
    the origins whose pages may have those below `EMBED_PATH` in a frame.
    """
    page_policy = PAGE_POLICY
    if films_at is not None:
        page_policy = PAGE_POLICY.replace("connect-src 'self'", f"connect-src 'self' {films_at}")
    framed_policy = page_policy.replace(
        "frame-ancestors 'self'", " ".join(["frame-ancestors 'self'", *sorted(framed_by)])
    )

    @app.after_request
    def protect(response: Response) -> Response:
        if current.is_answered():
            return response
        headers = response.headers
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if always_https or _is_secure_context():
            headers.setdefault(_OPENER_POLICY, "same-origin")
        api = is_api(request.path)
        page = response.mimetype == "text/html" or not api
        if request.path.startswith(EMBED_PATH):
            # An older header knows no list of origins, and would keep all of them out.
            headers.setdefault("Content-Security-Policy", framed_policy)
        else:
            headers.setdefault("Content-Security-Policy", page_policy if page else DATA_POLICY)
            headers.setdefault("X-Frame-Options", "SAMEORIGIN" if page else "DENY")
        if api:
            # An answer is for one person, and for no cache on its way.
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _is_secure_context() -> bool:
    """Whether a browser takes the page's origin for trustworthy; elsewhere it ignores an opener policy and
    prints an error about it in every page's console.

    The proxy's header may be anybody's: who forges it changes the answer to themselves alone.
    """
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return scheme == "https" or is_loopback(host_name(request.host))
