"""Asks the running application whether it is ready, and says in words what is missing."""

import http.client
import json

PROBE_LIMIT_S = 3.0
MAX_BODY = 65_536


def missing_for_readiness(port: int) -> str | None:
    """None when `/readyz` on the loopback misses nothing, else what it misses, in a few words."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_LIMIT_S)
    try:
        connection.request("GET", "/readyz?strict=1", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read(MAX_BODY)
    except TimeoutError:
        return "/readyz does not answer in time"
    except (OSError, http.client.HTTPException):
        return f"nothing answers on port {port}"
    finally:
        connection.close()
    return None if answer.status == 200 else describe(answer.status, body)


def describe(status: int, body: bytes) -> str:
    """What a refusing `/readyz` says: the failed checks by name, or the problem's detail."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if isinstance(found, dict):
        checks = found.get("checks")
        if isinstance(checks, dict):
            failed = [str(name) for name, state in checks.items() if state not in (True, "ok", "up")]
            if failed:
                return f"/readyz misses {', '.join(failed)}"
        detail = found.get("detail")
        if isinstance(detail, str) and detail:
            return f"/readyz says: {detail[:200]}"
    return f"/readyz answers {status}"
