"""The page's addresses, and the files beside it.

An invite link that was mangled on its way is led to what can still be read in it, by a redirect that names no
host. A link preview gets the party's title, if somebody gave it one, where the link opens the party: whoever
sees the preview was sent the link, and sees the title by opening it. Film, host and number of people stay out
of it, since chat programs keep previews for longer than a party lasts; and so does `og:url`, which some of
them open instead of the link. A private party without its code looks like one that doesn't exist.
"""

from collections.abc import Callable, Sequence, Set
from pathlib import Path
from uuid import UUID

from flask import Flask, Response, redirect, request, send_from_directory
from werkzeug.exceptions import NotFound as NoSuchAddress
from werkzeug.wrappers import Response as AnyResponse

from partyapp.shared.http.path_prefix import below_the_path
from partyapp.shared.http.problem_json import problem_of_http, refusal_response
from partyapp.shared.http.response_headers import EMBED_PATH
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.errors import NotFound, Refusal, Unavailable
from partyapp.web.head import PublicUrl, SignIn, with_head
from partyapp.web.invite_links import InviteLink, is_whole, read_link

ROOT = Path(__file__).parent
STATIC = ROOT / "static"
#: Where a provider sends people back to who have signed in there.
LOGIN_PATH = "/login"
#: After Postgres was asked for a title in vain, the page does without for so long, in s.
_PAUSE_S = 2.0
#: Where nobody looks for a party's link.
_ELSEWHERE = ("/api/", "/static/", "/media/")

#: The title of the party that a code opens, if it does, and of a public one. Raises `Refusal`.
TitleOf = Callable[[UUID, str | None], str | None]
#: Where others reach the service that this request came to; None: there as well.
PublicUrlOf = Callable[[str], PublicUrl | None]


def install_pages(
    app: Flask,
    title_of: TitleOf,
    public_url_of: PublicUrlOf,
    *,
    embed_origins: Set[str] = frozenset(),
    syncplay_port: int | None = None,
    sign_in: SignIn | None = None,
) -> None:
    """Add the pages' routes.

    `embed_origins`: whose pages may have a party in a frame, beside our own. `syncplay_port`: Syncplay's.
    """
    title = _patient(title_of)
    _install_embed_page(app, public_url_of, embed_origins)

    def page(title: str | None, *, is_invite: bool) -> Response:
        public = public_url_of(request.host)
        return _page(public, is_invite=is_invite, title=title, syncplay_port=syncplay_port, sign_in=sign_in)

    @app.get("/")
    @app.get(LOGIN_PATH)
    def start() -> Response:
        return page(None, is_invite=False)

    @app.get("/p", defaults={"rest": ""}, strict_slashes=False)
    @app.get("/p/<path:rest>", strict_slashes=False)
    def party(rest: str) -> AnyResponse:
        path, query = request.path, request.query_string.decode("utf-8", "replace")
        link = read_link(path, query)
        if link is None:
            raise NotFound()
        if not is_whole(path, query, link):
            return _led_to(link)
        return page(title(UUID(link.party_id), link.invite_code), is_invite=True)

    @app.errorhandler(NoSuchAddress)
    def perhaps_a_link(error: NoSuchAddress) -> AnyResponse:
        if request.method in ("GET", "HEAD") and not request.path.startswith(_ELSEWHERE):
            link = read_link(request.path, request.query_string.decode("utf-8", "replace"))
            if link is not None:
                return _led_to(link)
        return refusal_response(problem_of_http(error))

    _add_files(app)


def _add_files(app: Flask) -> None:
    @app.get("/media/<path:name>")
    def media(name: str) -> Response:
        return send_from_directory(ROOT / "media", name, conditional=True, max_age=86400)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return send_from_directory(STATIC, "icon.svg")


def _install_embed_page(app: Flask, public_url_of: PublicUrlOf, origins: Set[str]) -> None:
    """The picture and its controls alone, for frames of other sites; the invite is in the fragment."""

    @app.get(f"{EMBED_PATH}<uuid:party_id>")
    def embed(party_id: UUID) -> Response:
        public = public_url_of(request.host)
        return _page(public, is_invite=True, title=None, embed_origins=sorted(origins))


def _patient(title_of: TitleOf) -> TitleOf:
    """The same without failures: the page opens whatever is gone, and doesn't wait for it twice."""
    circuit = Circuit(_PAUSE_S)

    def found(party_id: UUID, invite_code: str | None) -> str | None:
        if not circuit.lets_through():
            return None
        try:
            title = title_of(party_id, invite_code)
        except Unavailable:
            circuit.failed()
            return None
        except Refusal:
            title = None
        circuit.worked()
        return title

    return found


def _led_to(link: InviteLink) -> AnyResponse:
    response = redirect(link.address, 302)
    # Mended today, it may be mended better tomorrow; and the address holds an invite.
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    public: PublicUrl | None,
    *,
    is_invite: bool,
    title: str | None,
    embed_origins: Sequence[str] | None = None,
    syncplay_port: int | None = None,
    sign_in: SignIn | None = None,
) -> Response:
    page = below_the_path((STATIC / "index.html").read_text(encoding="utf-8"))
    head = with_head(
        page,
        public=public,
        is_invite=is_invite,
        title=title,
        embed_origins=embed_origins,
        syncplay_port=syncplay_port,
        sign_in=sign_in,
    )
    response = Response(
        head,
        mimetype="text/html",
    )
    # It is asked for anew each time, and costs no body while it is the same. What it says of a party depends
    # on who holds the link, so no cache on the way may keep it.
    response.headers["Cache-Control"] = "private, no-cache" if is_invite else "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
