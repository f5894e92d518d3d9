"""Security headers of every answer."""

from flask import Flask, Response, request

from partyapp.shared.http.api_paths import is_api

#: What the pages may load: scripts, styles and connections from here alone and nothing inline. A video may
#: come from anywhere, since anybody may register one; over http only where the page itself does.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' https: http:; connect-src 'self'; manifest-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)
#: An answer that is no page may load nothing, should a browser ever take it for one.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # An address may hold an invite.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def install_response_headers(app: Flask) -> None:
    """Add them; what a view has set itself stays."""

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        api = is_api(request.path)
        page = response.mimetype == "text/html" or not api
        headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else DATA_POLICY)
        headers.setdefault("X-Frame-Options", "SAMEORIGIN" if page else "DENY")
        if api:
            # An answer is for one person, and for no cache on its way.
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
