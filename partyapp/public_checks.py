"""What the world sees of a deployment: its address and certificate, and the socket through the proxy."""

import base64
import http.client
import json
import os
import ssl
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from partyapp.bootstrap.resources import Resources
from partyapp.deployment_checks import Check, Fault, Outcome
from partyapp.shared.ops.public_url import origin_of, path_of

LIMIT_S = 5.0
_SEE = "see docs/operations.md, Behind a proxy"


def public_checks(url: str) -> dict[str, Check]:
    """The checks of the service at that address (as `read_public_url` gives it), in order."""
    return {
        "public address": lambda resources: _address(url, resources),
        "WebSocket": lambda _: _socket(url),
        "metrics": lambda _: _metrics(url),
    }


def _address(url: str, resources: Resources) -> str:
    status, body, sender = _ask(url, "/api/auth/me", {})
    if status != 401 or body.get("code") != "unauthenticated":
        raise Fault(f"{url} leads to something else than Party ({status})", f"lead it to web; {_SEE}")
    if sender and not resources.settings.trusted_hops:
        raise Fault(
            "has a proxy in front that nobody trusts: all people count as one address",
            "set PARTY_TRUSTED_HOPS to how many proxies of yours stand in front",
            Outcome.WARNING,
        )
    if urlsplit(url).scheme == "http":
        raise Fault(
            f"{url} is plain http: whoever is in between reads along",
            "end TLS at a proxy; at home it may be well so",
            Outcome.WARNING,
        )
    return url


def _socket(url: str) -> str:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Origin": origin_of(url),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "party.v1",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    # A ticket, however false, is looked at where a socket is asked for, and a token everywhere else.
    path = f"/api/parties/{uuid.uuid4()}/ws?ticket={uuid.uuid4()}"
    status, body, _ = _ask(url, path, headers)
    _, of_no_socket, _ = _ask(url, path, {})
    if status == 426 or (status == 401 and body.get("detail") == of_no_socket.get("detail")):
        raise Fault("is not passed on by the proxy", f"let it pass `Upgrade` and `Connection` on; {_SEE}")
    if status == 403:
        raise Fault(
            "is refused for the service's own page: the proxy passes another Host on",
            f"set PARTY_PUBLIC_URL, or let the proxy pass `Host` on; {_SEE}",
        )
    if status != 401 or body.get("code") != "unauthenticated":
        raise Fault(f"is answered with {status} by something in between", f"lead it to web; {_SEE}")
    return "passed on"


def _metrics(url: str) -> str:
    status, _, _ = _ask(url, "/metrics", {})
    if status == 200:
        raise Fault(
            "are shown to the world", f"hide /metrics at the proxy, or set PARTY_METRICS_TOKEN; {_SEE}"
        )
    return "hidden"


def _ask(url: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, object], str]:
    """Status, the JSON of the answer (empty for any other), and the name of a proxy that named itself."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=LIMIT_S)
    try:
        connection.request("GET", path_of(url) + path, headers=dict(headers))
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read(65536)
        server = answer.headers.get("Server", "")
        proxy = answer.headers.get("Via", "") or ("" if server.startswith("gunicorn") else server)
        return answer.status, _json(body), proxy
    except ssl.SSLCertVerificationError as error:
        raise Fault(
            f"has a certificate that is not trusted: {error.verify_message}",
            "use one that browsers trust, for this very name",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise Fault(f"{url} can't be reached from here: {why}", "see DNS, firewall and proxy") from None
    finally:
        connection.close()


def _json(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
