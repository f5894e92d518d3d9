"""The headers of uploads, as the description has them: those of tus 1.0.0."""

from partyapp.openapi.operation import Header
from partyapp.transcode.controllers.upload_body import ALGORITHMS
from partyapp.transcode.controllers.uploads import VERSION

_BYTES = {"pattern": "^[0-9]{1,18}$"}
_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_PAIR = f"[!-+\\--~]+(?: {_BASE64})?"

TUS = Header(name="Tus-Resumable", about=f"`{VERSION}`.", needed=True, limits={"enum": [VERSION]})
LENGTH = Header(name="Upload-Length", about="The film's size in bytes.", needed=True, limits=_BYTES)
METADATA = Header(
    name="Upload-Metadata",
    about="`filename` and `title`, their values in base64; no key twice.",
    limits={"pattern": f"^(?:{_PAIR}(?:,{_PAIR})*)?$"},
)
CHECKSUM = Header(
    name="Upload-Checksum",
    about="An algorithm and the checksum of this body in base64.",
    limits={
        "pattern": f"^(?:{'|'.join(ALGORITHMS)}) {_BASE64}$",
        "examples": ["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="],
    },
)
OFFSET = Header(
    name="Upload-Offset",
    about="Where this part begins; HEAD says where that is.",
    needed=True,
    limits=_BYTES,
)
OVERRIDE = Header(
    name="X-HTTP-Method-Override",
    about="`PATCH`, `DELETE` or `HEAD`.",
    needed=True,
    limits={"enum": ["PATCH", "DELETE", "HEAD"]},
)
OVERRIDDEN_OFFSET = Header(name="Upload-Offset", about="As with PATCH.", limits=_BYTES)
