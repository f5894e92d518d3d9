"""Who somebody is by the headers of a proxy that has signed them in: `Remote-User` and `Remote-Name`."""

import unicodedata

from flask import request

from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.ops.login_proxies import LoginProxies

_LONGEST = 255


class ProxyLogin:
    """Reads the headers, where they count."""

    def __init__(self, proxies: LoginProxies) -> None:
        self._proxies = proxies

    def person(self) -> tuple[str, str]:
        """Whom the request's proxies name: their id, and what others call them.

        Raises `Forbidden` where it did not come through proxies that may, `Unauthenticated` where they name
        nobody.
        """
        # Werkzeug's ProxyFix keeps what it has replaced.
        peer = request.environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or ""
        if not self._proxies.vouch_for(peer, request.headers.get("X-Forwarded-For", "")):
            raise Forbidden("Nobody is signed in here by what a proxy says.")
        user = _text("Remote-User")
        # Two values in one header are what a client and a proxy have sent.
        if not 0 < len(user) <= _LONGEST or "," in user:
            raise Unauthenticated("The proxy in front did not say who you are.")
        return user, _text("Remote-Name") or user


def _text(header: str) -> str:
    """The header as UTF-8, or empty where that is not what it is.

    Only what HTTP has around a value is taken off: with any other space at its end it is another person.
    """
    try:
        text = request.headers.get(header, "").encode("latin-1").decode("utf-8").strip(" \t")
    except UnicodeError:
        return ""
    return "" if any(unicodedata.category(character) == "Cc" for character in text) else text
