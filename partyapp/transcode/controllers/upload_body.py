"""The body of an upload's request, as it comes."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from flask import Request

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import BadRequest, Unavailable
from partyapp.transcode.application.film_store import PART_BYTES
from partyapp.transcode.domain.upload import ChecksumMismatch, UploadTooLarge

#: What `Upload-Checksum` may name.
ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
_SMALLEST_READ = 8 * 1024
#: One read should take about so long, in s: a fast sender's is large, a slow one's tells that they live.
_READ_S = 0.25


class CutOff(Unavailable):
    """The client went away, or was silent for too long; what came before is kept."""

    detail = "The connection was cut. Go on from the offset that HEAD gives."


def body_parts(request: Request, missing: int) -> Iterator[bytes]:
    """The body in parts of at most `PART_BYTES`, as they come.

    Raises `UploadTooLarge` for more than `missing` bytes, before anything is read where that is known, and
    `CutOff` for fewer than the request has announced.
    """
    announced = request.content_length
    if announced is not None and announced > missing:
        raise UploadTooLarge("This part is longer than what is missing of the upload.")
    if announced is None and not request.environ.get("wsgi.input_terminated"):
        return
    # The server's own stream: Flask's has the limit of JSON bodies, and copies everything twice.
    stream, received, size = request.environ["wsgi.input"], 0, _SMALLEST_READ * 8
    while announced is None or received < announced:
        begun = monotonic_s()
        data = _read(stream.read, size if announced is None else min(size, announced - received))
        if not data:
            if announced is not None:
                raise CutOff()
            return
        received += len(data)
        if received > missing:
            raise UploadTooLarge("This part is longer than what is missing of the upload.")
        size = _next_size(size, monotonic_s() - begun)
        yield data


def _read(read: Callable[[int], bytes], size: int) -> bytes:
    try:
        return read(size)
    except OSError:
        raise CutOff() from None


def _next_size(size: int, took_s: float) -> int:
    """A server's stream gives what was asked for as a whole, however long that takes to come."""
    if took_s > _READ_S:
        return max(_SMALLEST_READ, size // 4)
    return min(PART_BYTES, size * 2)


class Checksum:
    """What the header `Upload-Checksum` says of a body. Raises `BadRequest` for what can't be understood."""

    def __init__(self, header: str) -> None:
        algorithm, _, expected = header.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise BadRequest(f"Upload-Checksum must be by one of {', '.join(ALGORITHMS)}.")
        try:
            self._expected = base64.b64decode(expected.strip(), validate=True)
        except binascii.Error:
            raise BadRequest("Upload-Checksum must be in base64.") from None
        self._hash: Any = hashlib.new(algorithm, usedforsecurity=False)

    def add(self, data: bytes) -> None:
        """Take more of the body in."""
        self._hash.update(data)

    def check(self) -> None:
        """Raise `ChecksumMismatch` unless the whole body was what it says."""
        if self._hash.digest() != self._expected:
            raise ChecksumMismatch()
