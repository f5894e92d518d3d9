"""What an S3 store answers when something is wrong, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from partyapp.shared.kernel.errors import Unavailable
from partyapp.transcode.application.film_store import NoSuchObject, StorageFull

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_FULL = frozenset({"XMinioStorageFull", "StorageFull", "QuotaExceeded", "InsufficientStorage", "507"})


@contextmanager
def refusals() -> Iterator[None]:
    """The store's errors in our words."""
    try:
        yield
    except ClientError as error:
        answer = error.response
        code = str(answer.get("Error", {}).get("Code", ""))
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _MISSING:
            raise NoSuchObject() from error
        if code in _FULL or status == 507:
            raise StorageFull() from error
        raise Unavailable("The place where films are kept can't be used. Try again shortly.") from error
    except (BotoCoreError, OSError) as error:
        raise Unavailable("The place where films are kept can't be reached. Try again shortly.") from error
