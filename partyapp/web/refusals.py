"""Refusals in words for a browser. Programs get the same as problem+json, as before."""

from collections.abc import Mapping

from flask import Flask, Response, render_template, request

_PROBLEM = "application/problem+json"

#: code -> (title, text): where the problem's own sentences are meant for whoever writes a program.
_WORDS: Mapping[str, tuple[str, str]] = {
    "not_found": (
        "There is nothing here",
        "The address may have been cut off or changed on its way, or what was here is gone.",
    ),
    "method_not_allowed": ("This can't be opened", "This address is not meant for a browser's address bar."),
    "unauthenticated": (
        "This can't be opened",
        "This address is for programs, which sign in first. Parties are on the start page.",
    ),
    "upgrade_required": ("This can't be opened", "This address is for live connections of the page alone."),
    "internal": ("Something went wrong here", "It is our fault, and it was written down. Try again."),
}
_BROKEN_LINK = (
    "This link is not whole",
    "It leads to no party: a part of it was lost on its way. Ask whoever sent it for the link again, and "
    "copy all of it.",
)


def install_refusals(app: Flask) -> None:
    """Have refusals leave as pages where that is preferred.

    To be installed after whatever adds headers by the kind of an answer: Flask runs the latest first.
    """

    @app.after_request
    def say_it(response: Response) -> Response:
        if response.mimetype != _PROBLEM or not prefers_a_page():
            return response
        title, text = _words_of(response.get_json())
        response.set_data(render_template("refusal.html", title=title, text=text))
        response.mimetype = "text/html"
        response.vary.add("Accept")
        return response


def prefers_a_page() -> bool:
    """Whether the client asks for HTML rather than for JSON. `*/*` alone does not."""
    accept = request.accept_mimetypes
    return accept["text/html"] > max(accept["application/json"], accept[_PROBLEM])


def _words_of(problem: Mapping[str, str]) -> tuple[str, str]:
    if problem["code"] == "not_found" and f"{request.path}/".startswith("/p/"):
        return _BROKEN_LINK
    return _WORDS.get(problem["code"], (problem["title"], problem["detail"]))
