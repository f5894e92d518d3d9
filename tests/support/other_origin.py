"""A site of somebody else's: a real server of pages at an origin of its own on this machine."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class OtherSite:
    """Serves the pages that are put into `pages`, by their paths, at `origin`; and so at `alias`."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = site.pages.get(self.path.partition("?")[0])
                body = (page or "").encode()
                # Browsers ask each site for an icon, and complain of a 404.
                is_icon = self.path == "/favicon.ico"
                self.send_response(200 if page is not None else 204 if is_icon else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self._server.server_port
        self.origin = f"http://127.0.0.1:{port}"
        #: The same pages, at an origin that is another one to a browser.
        self.alias = f"http://localhost:{port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
