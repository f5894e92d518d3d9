"""Secrets as rows and cookies keep them: encrypted, so that who reads the database reads none.

The key is derived from the deployment's secret (HKDF, RFC 5869); the cipher is Fernet's (AES-128-CBC with
HMAC-SHA256).
"""

import base64
import hashlib
import hmac
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Sealer:
    """Encrypts JSON values for rows. Each `purpose` has keys of its own, derived from the same secret.

    What was sealed with the `previous` secret can be opened, too.
    """

    def __init__(
        self, secret: str, purpose: bytes = b"party sealed answers", *, previous: str | None = None
    ) -> None:
        keys = [_derived(one, purpose) for one in (secret, previous) if one is not None]
        self._cipher = MultiFernet([Fernet(base64.urlsafe_b64encode(key[:32])) for key in keys])
        self._mark_key = keys[0][32:]

    def seal(self, value: Any) -> str:
        """The value as text that tells nothing."""
        return self._cipher.encrypt(msgspec.json.encode(value)).decode()

    def opened(self, sealed: str) -> Any:
        """The value again; None when it was sealed with yet another secret."""
        try:
            return msgspec.json.decode(self._cipher.decrypt(sealed.encode()))
        except InvalidToken:
            return None

    def again(self, sealed: str) -> str | None:
        """The same value sealed under the present secret; None when it can't be opened."""
        value = self.opened(sealed)
        return None if value is None else self.seal(value)

    def mark(self, text: str) -> str:
        """What tells one text from another and can't be guessed back: 64 hexadecimal digits."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=64, salt=None, info=purpose).derive(secret.encode())
