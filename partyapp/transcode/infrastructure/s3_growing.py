"""An upload as it grows in an S3 store: whole parts, and a tail that is no whole part yet."""

from dataclasses import dataclass
from typing import Any

from partyapp.transcode.infrastructure.s3_errors import refusals


@dataclass(frozen=True, kw_only=True)
class Tail:
    """What lies behind the whole parts. `multipart` is the multipart upload's id, None before its first part.

    `parts` whole parts hold the first `starts` bytes.
    """

    data: bytes = b""
    multipart: str | None = None
    parts: int = 0
    starts: int = 0

    @property
    def ends(self) -> int:
        """The size of the upload with this tail, in bytes."""
        return self.starts + len(self.data)

    @staticmethod
    def name(folder: str, ends: int) -> str:
        """The object's name: by it the tail of an offset is found."""
        return f"{folder}tail-{ends}"

    @property
    def metadata(self) -> dict[str, str]:
        """What the object says beside its bytes."""
        return {"multipart": self.multipart or "", "parts": str(self.parts), "starts": str(self.starts)}

    @classmethod
    def read(cls, metadata: dict[str, str], data: bytes) -> "Tail":
        """The tail of an object that was read."""
        # They are names of headers: some stores write them with capitals.
        kept = {name.lower(): value for name, value in metadata.items()}
        return cls(
            data=data,
            multipart=kept["multipart"] or None,
            parts=int(kept["parts"]),
            starts=int(kept["starts"]),
        )


class GrowingMultipart:
    """`GrowingObject` as a multipart upload. It holds one part in memory, and twice that while it is sent."""

    def __init__(
        self, *, client: Any, target: dict[str, str], tails: str, tail: Tail, part_bytes: int
    ) -> None:
        self._client, self._target, self._folder = client, target, tails
        self._part_bytes = part_bytes
        self._multipart, self._parts, self._starts = tail.multipart, tail.parts, tail.starts
        self._filling = bytearray(tail.data)
        #: The ends of tails that are in the store, oldest first.
        self._kept = [tail.ends] if tail.ends else []

    def write(self, data: bytes) -> None:
        """Add to the end, and send each part that is whole."""
        rest = memoryview(data)
        while rest:
            room = self._part_bytes - len(self._filling)
            self._filling += rest[:room]
            rest = rest[room:]
            if len(self._filling) >= self._part_bytes:
                self._send_part()

    def checkpoint(self) -> int:
        """The whole parts, or what was kept last: a tail is not sent for what is soon a part."""
        if self._starts > self._last:
            self._keep(Tail(multipart=self._multipart, parts=self._parts, starts=self._starts))
        return self._last

    def flush(self) -> int:
        """Send the tail as it is."""
        tail = Tail(
            data=bytes(self._filling), multipart=self._multipart, parts=self._parts, starts=self._starts
        )
        if tail.ends > self._last:
            self._keep(tail)
        return self._last

    def close(self) -> None:
        """Nothing is open. What is in the store already is found by the next who grows the upload."""

    @property
    def _last(self) -> int:
        return self._kept[-1] if self._kept else 0

    def _send_part(self) -> None:
        with refusals():
            if self._multipart is None:
                begun = self._client.create_multipart_upload(**self._target)
                self._multipart = begun["UploadId"]
            # A number that was sent before an interruption is sent again, and then the later one counts.
            self._client.upload_part(
                **self._target,
                UploadId=self._multipart,
                PartNumber=self._parts + 1,
                Body=bytes(self._filling),
            )
        self._parts += 1
        self._starts += len(self._filling)
        self._filling.clear()

    def _keep(self, tail: Tail) -> None:
        """Have the tail in the store. The one before stays: whoever counts may not know of the new one."""
        bucket = self._target["Bucket"]
        with refusals():
            self._client.put_object(
                Bucket=bucket, Key=Tail.name(self._folder, tail.ends), Body=tail.data, Metadata=tail.metadata
            )
            self._kept.append(tail.ends)
            while len(self._kept) > 2:
                self._client.delete_object(Bucket=bucket, Key=Tail.name(self._folder, self._kept.pop(0)))
