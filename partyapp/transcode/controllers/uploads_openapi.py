"""What uploads show, and take: the operations of tus. OPTIONS and HEAD are as tus has them."""

from partyapp.openapi.operation import Header, Operation
from partyapp.transcode.controllers.uploads import BYTES, ONE_PATH, PATH, VERSION, VIDEO_HEADER

_TUS = Header(name="Tus-Resumable", about=f"`{VERSION}`.", needed=True)
_CHECKSUM = Header(name="Upload-Checksum", about="An algorithm and the checksum of this body in base64.")
_OFFSET = Header(name="Upload-Offset", about="Where this part begins; HEAD says where that is.", needed=True)
_STANDS = {
    "Tus-Resumable": f"`{VERSION}`.",
    "Upload-Offset": "How many bytes have arrived for good.",
    "Upload-Expires": "When it is removed if nobody goes on with it.",
    VIDEO_HEADER: "The film that it became, once all of it has arrived.",
}
_REFUSED = ("bad_request", "tus_version", "unsupported_media_type", "payload_too_large", "storage_full")
_WRITING = (*_REFUSED, "upload_offset", "upload_locked", "checksum_mismatch")
_ONE = ONE_PATH.replace("<uuid:upload_id>", "{upload_id}")

#: The operations of uploads.
UPLOADS = (
    Operation(
        id="beginUpload",
        method="post",
        path=PATH,
        tag="Uploads",
        summary="Begin an upload",
        about="With a body, that is its first part. OPTIONS says what this server takes.",
        status=201,
        takes=(
            _TUS,
            Header(name="Upload-Length", about="The film's size in bytes.", needed=True),
            Header(name="Upload-Metadata", about="`filename` and `title`, their values in base64."),
            _CHECKSUM,
        ),
        headers={**_STANDS, "Location": "The upload."},
        problems=(*_REFUSED, "quota_exceeded", "upload_locked", "checksum_mismatch"),
        resumable=True,
        body_type=BYTES,
    ),
    Operation(
        id="writeUpload",
        method="patch",
        path=_ONE,
        tag="Uploads",
        summary="Send a part of a film",
        about="What has arrived is kept wherever the connection is cut. HEAD says how far it has come, and "
        "is answered 423 while that can't be told: ask again then.",
        status=204,
        takes=(_TUS, _OFFSET, _CHECKSUM),
        headers=_STANDS,
        problems=_WRITING,
        resumable=True,
        body_type=BYTES,
    ),
    Operation(
        id="removeUpload",
        method="delete",
        path=_ONE,
        tag="Uploads",
        summary="Give an upload up",
        about="What has arrived is removed. A film that it has become stays.",
        status=204,
        takes=(_TUS,),
        headers={"Tus-Resumable": f"`{VERSION}`."},
        problems=("tus_version", "upload_locked"),
        resumable=True,
    ),
    Operation(
        id="overrideUpload",
        method="post",
        path=_ONE,
        tag="Uploads",
        summary="Do one of the others by POST",
        about="For clients that can send no other method: it is named in a header.",
        status=204,
        takes=(
            _TUS,
            Header(name="X-HTTP-Method-Override", about="`PATCH`, `DELETE` or `HEAD`.", needed=True),
            Header(name="Upload-Offset", about="As with PATCH."),
            _CHECKSUM,
        ),
        headers={"Tus-Resumable": f"`{VERSION}`."},
        problems=(*_WRITING, "method_not_allowed"),
        resumable=True,
        body_type=BYTES,
    ),
)
