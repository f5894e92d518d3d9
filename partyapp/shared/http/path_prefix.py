"""A service below a path (`https://host/party`), whether a proxy passes the path on or takes it away.

Inside nothing knows of it: views see the same paths as at the top of a host. What leaves knows it by WSGI's
`SCRIPT_NAME` (PEP 3333).
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class PathPrefix:
    """The application below `prefix`, and at the top: for proxies that take the path away, and for probes."""

    def __init__(self, app: WsgiApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if path == self._prefix:
            # A page there would take its own relative addresses for the host's.
            target = f"{self._prefix}/"
            start_response("308 Permanent Redirect", [("Location", target), ("Content-Length", "0")])
            return []
        if path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :]
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)


def install_path_prefix(app: Flask, prefix: str) -> None:
    """Serve below `prefix`; an empty one changes nothing."""
    if not prefix:
        return
    app.wsgi_app = PathPrefix(app.wsgi_app, prefix)  # type: ignore[method-assign]

    @app.after_request
    def lead_below(response: Response) -> Response:
        """A `Location` on this service is below the path, too."""
        location = response.headers.get("Location", "")
        if location.startswith("/"):
            response.headers["Location"] = request.script_root + location
        return response


def below_the_path(page: str) -> str:
    """A page of ours whose addresses, written as at the top of a host, lead below the path."""
    return page.replace('="/', f'="{request.script_root}/') if request.script_root else page
