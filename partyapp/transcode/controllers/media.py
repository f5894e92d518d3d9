"""The files of films over HTTP: in parts, as players ask for them, to whoever brings a grant.

Bytes go through this process only where nobody else can send them. Then they are read in other threads, part
by part, and each part lets others in between; Flask's `send_file` lets nobody in while the system takes more.
"""

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.http import parse_if_range_header, parse_range_header

from partyapp.shared.http.response_headers import DATA_POLICY
from partyapp.shared.ops.film_settings import X_SENDFILE
from partyapp.transcode.application.media import Media, MediaFile
from partyapp.transcode.application.media_bytes import FoundFile, MediaBytes

#: An address that somebody else answers holds for so long, in s: longer than any film. Chromium and
#: Firefox never ask here again once they were sent there, and are dead when that ends in mid-film.
ELSEWHERE_S = 12 * 3600
#: How long a browser may keep a file's parts without asking, in s. A file never changes under its name.
_KEPT_S = 3600
#: What is small is sent from here in any case: a page may read it without asking another origin.
_SMALL = ("image/", "text/", "application/vnd.apple.mpegurl")


@dataclass(frozen=True, kw_only=True)
class Senders:
    """Who sends the files of a folder: see `FilmSettings.sendfile`. `films` is the folder of the store."""

    sendfile: str = ""
    films: str | None = None


class UnsatisfiableRange(Exception):
    """No byte of the file is in the range."""


@dataclass(frozen=True, kw_only=True)
class _MediaViews:
    media: Media
    content: MediaBytes
    senders: Senders

    def show(self, grant: str, video_id: UUID, name: str) -> Response:
        file = self.media.find(grant, video_id, name)
        response = self._by_another(file) or self._from_here(file)
        headers = response.headers
        headers["Content-Disposition"] = "inline"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = f"{DATA_POLICY}; sandbox"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    def _by_another(self, file: MediaFile) -> Response | None:
        """The answer that has a proxy or the store send the file, if one of them can."""
        if file.content_type.startswith(_SMALL):
            return None
        told = self._told_to_a_proxy(file)
        if told is not None:
            response = Response(status=200, content_type=file.content_type)
            response.headers.update({told[0]: told[1], "Cache-Control": f"private, max-age={_KEPT_S}"})
            return response
        # An address is signed for GET alone; and where a file is not there, this server says so.
        url = self.content.url(file, ELSEWHERE_S) if request.method == "GET" else None
        if url is None:
            return None
        self.content.look(file)
        response = Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
        return response

    def _told_to_a_proxy(self, file: MediaFile) -> tuple[str, str] | None:
        sendfile, films = self.senders.sendfile, self.senders.films
        if not sendfile or (file.path is None and films is None):
            return None
        self.content.look(file)
        if sendfile == X_SENDFILE:
            return "X-Sendfile", quote(f"{films}/{file.key}" if file.path is None else str(file.path))
        below = f"store/{file.key}" if file.path is None else f"library/{file.below}"
        return "X-Accel-Redirect", quote(f"{sendfile}/{below}")

    def _from_here(self, file: MediaFile) -> Response:
        found = self.content.look(file)
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": f'"{found.tag}"',
            "Cache-Control": "private, no-cache"
            if file.content_type.startswith(_SMALL[1:])
            else f"private, max-age={_KEPT_S}",
        }
        if request.if_none_match and request.if_none_match.contains_weak(found.tag):
            return Response(status=304, headers=headers)
        try:
            part = wanted_range(found)
        except UnsatisfiableRange:
            headers["Content-Range"] = f"bytes */{found.size}"
            return Response(status=416, headers=headers)
        start, end = part or (0, found.size)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        body = () if request.method == "HEAD" else self.content.read(file, start, end)
        response = Response(
            body, status=206 if part else 200, content_type=file.content_type, headers=headers
        )
        response.headers["Content-Length"] = str(end - start)
        return response


def wanted_range(found: FoundFile) -> tuple[int, int] | None:
    """The bytes that the request asks for, from the first to behind the last; None for all of them.

    Of several ranges, of what is none, and of a file that has changed since, all is sent (RFC 9110 §14.2).
    Raises `UnsatisfiableRange`.
    """
    if request.method != "GET":
        return None
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    unchanged = parse_if_range_header(request.headers.get("If-Range"))
    if unchanged.date is not None or (unchanged.etag is not None and unchanged.etag != found.tag):
        return None
    part = asked.range_for_length(found.size)
    if part is None:
        raise UnsatisfiableRange()
    return part


def media_blueprint(media: Media, content: MediaBytes, senders: Senders) -> Blueprint:
    """The addresses under /media/{grant}."""
    views = _MediaViews(media=media, content=content, senders=senders)
    blueprint = Blueprint("media", __name__)
    blueprint.add_url_rule("/media/<grant>/<uuid:video_id>/<path:name>", "show", views.show, methods=["GET"])
    return blueprint
