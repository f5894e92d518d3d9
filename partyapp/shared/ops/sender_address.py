"""On whose behalf a gateway of this deployment asks: an address, signed by the secret that all of it share.

A gateway is the sender of all that its clients ask of web. Without their addresses they would share one rate
limit; and an address that anybody could claim would be none.
"""

import hashlib
import hmac
from ipaddress import ip_address

HEADER = "Party-Sender"
#: So far the clocks of the gateway and of web may differ, and so long a signature may be on its way, in s.
FRESH_S = 120.0
_LABEL = b"party: the address of a gateway's client"


class SenderAddress:
    """Signs addresses, and reads what was signed with the same secret, or the `previous` one."""

    def __init__(self, secret: str, previous: str | None = None) -> None:
        secrets = (secret,) if previous is None else (secret, previous)
        self._keys = [hmac.digest(one.encode(), _LABEL, "sha256") for one in secrets]

    def signed(self, address: str, now_s: float) -> str:
        """The header's value for this IP address; `now_s` in s since the Unix epoch."""
        told = f"{address};{now_s:.0f}"
        return f"{told};{_mark(self._keys[0], told)}"

    def read(self, header: str, now_s: float) -> str | None:
        """The address, None unless it was signed with this secret, lately, and is one."""
        told, _, mark = header.rpartition(";")
        if not any(hmac.compare_digest(mark.encode(), _mark(key, told).encode()) for key in self._keys):
            return None
        address, _, at_s = told.partition(";")
        try:
            is_fresh = abs(now_s - float(at_s)) <= FRESH_S
            return str(ip_address(address)) if is_fresh else None
        except ValueError:
            return None


def _mark(key: bytes, told: str) -> str:
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
