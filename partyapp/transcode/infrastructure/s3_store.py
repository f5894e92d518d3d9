"""Films in a bucket of any store that speaks S3.

An upload grows as a multipart upload of the object that it becomes, so finishing copies nothing. S3 takes
parts of 5 MiB or more (the last one alone may be smaller), while an upload may be cut anywhere. So what
doesn't fill a part yet is an object of its own, the tail. It lies in the same store, and in neither Redis nor
Postgres: Redis may forget, Postgres would write megabytes for each interruption, and bytes in two places are
lost or kept apart from each other.

A tail is named by the offset at which it ends, and is there before anybody may go on from that offset. So
each offset that was ever acknowledged leads to exactly the state that it was acknowledged in.
"""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import boto3
from botocore.config import Config

from partyapp.transcode.application.film_store import (
    PART_BYTES,
    GrowingObject,
    NoSuchObject,
    StoredObject,
    checked_key,
)
from partyapp.transcode.infrastructure.s3_errors import refusals
from partyapp.transcode.infrastructure.s3_growing import GrowingMultipart, Tail

#: S3 takes at most so many parts.
MAX_PARTS = 10_000
#: Of this size, so that a film of 78 GiB fits, while an upload holds no more than this in memory.
MULTIPART_BYTES = 8 * 1024 * 1024


def s3_client(endpoint: str | None) -> Any:
    """A client with AWS's own settings from the environment. Waits have limits: 5 s to connect, 30 s to read.

    Checksums that AWS's newest clients add by themselves are left out: many other stores don't know them.
    """
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 4, "mode": "standard"},
            max_pool_connections=50,
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"payload_signing_enabled": False, "addressing_style": "path" if endpoint else "auto"},
        ),
    )


class S3Store:
    """`FilmStore` in a bucket, below `prefix` (empty, or with a slash at its end).

    `public` is the client of the address at which browsers reach it, None where that is the same. It signs
    alone, and nothing is asked there.
    """

    blocks: ClassVar[bool] = False

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str = "",
        *,
        multipart_bytes: int = MULTIPART_BYTES,
        public: Any = None,
    ) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._multipart_bytes = multipart_bytes
        self._public = public or client

    def grow(self, key: str, offset: int, becomes: str) -> GrowingObject:
        """Open the upload to write on at `offset`, with the tail that ends there."""
        with refusals():
            tail = self._tail(key, offset) if offset else Tail()
        return GrowingMultipart(
            client=self._client,
            target={"Bucket": self._bucket, "Key": self._name(becomes)},
            tails=f"{self._name(key)}/",
            tail=tail,
            part_bytes=self._multipart_bytes,
        )

    def finish(self, key: str, becomes: str, size: int) -> None:
        """Put the parts together, or put the tail where nothing else was needed."""
        with refusals():
            if self.size(becomes) != size:
                try:
                    self._put_together(key, becomes, size)
                except NoSuchObject:
                    # Another process may do the same at once, and be the first.
                    if self.size(becomes) != size:
                        raise
            # A crash may have left a multipart upload that nobody went on with.
            self._abort(self._name(becomes))
            self.delete(key)

    def _put_together(self, key: str, becomes: str, size: int) -> None:
        tail = self._tail(key, size) if size else Tail()
        target = {"Bucket": self._bucket, "Key": self._name(becomes)}
        if tail.multipart is None:
            self._client.put_object(**target, Body=tail.data)
        else:
            self._complete(target, tail)

    def _complete(self, target: dict[str, str], tail: Tail) -> None:
        whole = target | {"UploadId": tail.multipart}
        count = tail.parts
        if tail.data:
            count += 1
            self._client.upload_part(**whole, PartNumber=count, Body=tail.data)
        pages = self._client.get_paginator("list_parts").paginate(**whole)
        parts = [
            {"PartNumber": part["PartNumber"], "ETag": part["ETag"]}
            for page in pages
            for part in page.get("Parts", ())
            if part["PartNumber"] <= count
        ]
        if len(parts) != count:
            raise NoSuchObject()
        self._client.complete_multipart_upload(**whole, MultipartUpload={"Parts": parts})

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        """Send the file, in parts where it is large. What S3 has taken lasts."""
        with refusals():
            self._client.upload_file(str(path), self._bucket, self._name(key))

    def settle(self, key: str) -> None:
        """Nothing: it lasts, or is not there."""
        if self.size(key) is None:
            raise NoSuchObject()

    def put_bytes(self, key: str, data: bytes) -> None:
        """Send the bytes."""
        with refusals():
            self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=data)

    def size(self, key: str) -> int | None:
        """The object's size in bytes."""
        name = self._name(key)
        try:
            with refusals():
                head = self._client.head_object(Bucket=self._bucket, Key=name)
        except NoSuchObject:
            return None
        return int(head["ContentLength"])

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (excluded)."""
        size = self.size(key)
        if size is None:
            raise NoSuchObject()
        last = size if end is None else min(end, size)
        if start >= last:
            return iter(())
        with refusals():
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._name(key), Range=f"bytes={start}-{last - 1}"
            )
        return _parts(answer["Body"])

    def bring(self, key: str, into: Path) -> Path:
        """A copy in the folder `into`, or the one that is there from before."""
        name, path = self._name(key), into / key.replace("/", "-")
        if path.exists() and path.stat().st_size == self.size(key):
            return path
        with refusals(), tempfile.NamedTemporaryFile(dir=into, prefix="film-", delete=False) as file:
            try:
                self._client.download_fileobj(self._bucket, name, file)
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(path)
        return path

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The object `prefix` and all below it."""
        size = self.size(prefix)
        if size is not None:
            yield StoredObject(key=prefix, size=size)
        with refusals():
            for found in self._below(prefix):
                yield StoredObject(key=found["Key"].removeprefix(self._prefix), size=found["Size"])

    def delete(self, prefix: str) -> None:
        """Remove the object, all below it, and multipart uploads of either."""
        name = self._name(prefix)
        with refusals():
            self._abort(name)
            # Stores that keep objects in folders answer 500 where the name is a folder's.
            if self.size(prefix) is not None:
                self._client.delete_object(Bucket=self._bucket, Key=name)
            names = [{"Key": found["Key"]} for found in self._below(prefix)]
            for first in range(0, len(names), 1000):
                batch = {"Objects": names[first : first + 1000], "Quiet": True}
                self._client.delete_objects(Bucket=self._bucket, Delete=batch)

    def free_bytes(self) -> int | None:
        """A bucket doesn't say."""
        return None

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        """A presigned address; nothing is asked of the store for it."""
        asked = {
            "Bucket": self._bucket,
            "Key": self._name(key),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": "inline",
        }
        with refusals():
            return str(self._public.generate_presigned_url("get_object", asked, ExpiresIn=expires_s))

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _below(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._name(prefix)}/"):
            yield from page.get("Contents", ())

    def _abort(self, name: str) -> None:
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket, Prefix=name):
            for upload in page.get("Uploads", ()):
                if upload["Key"] == name or upload["Key"].startswith(f"{name}/"):
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def _tail(self, key: str, offset: int) -> Tail:
        name = Tail.name(f"{self._name(key)}/", offset)
        answer = self._client.get_object(Bucket=self._bucket, Key=name)
        return Tail.read(answer["Metadata"], answer["Body"].read())


def multipart_bytes(largest: int) -> int:
    """The size of a part, in bytes, so that an upload of `largest` bytes has no more parts than S3 takes."""
    return max(MULTIPART_BYTES, math.ceil(largest / MAX_PARTS))


def _parts(body: Any) -> Iterator[bytes]:
    """The body of an answer; its connection is let go of at the end."""
    try:
        with refusals():
            while data := body.read(PART_BYTES):
                yield data
    finally:
        body.close()
