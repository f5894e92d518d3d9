"""Uploads in memory behind HTTP, for tests of their rules."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.schemas import MAX_BODY_BYTES
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.transcode.application.upload_ports import UploadLimits
from partyapp.transcode.application.uploads import Uploads
from partyapp.transcode.controllers.uploads import BYTES, uploads_blueprint
from tests.support.fakes_films import InMemoryFilmStore
from tests.support.fakes_uploads import InMemoryFinishedUploads, InMemoryUploads


def refused(answer: Any, status: int, code: str) -> None:
    """Fail unless it is this problem, said by tus."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    if answer.data:
        assert answer.get_json()["code"] == code


ADA = Principal(user_id=new_id(), display_name="Ada")
EVE = Principal(user_id=new_id(), display_name="Eve")
TUS = {"Tus-Resumable": "1.0.0"}
TTL_MS = 60_000


class UploadEnv:
    """Everything in memory. `who` asks; `refusal` is raised before a request is looked at, as limits are."""

    def __init__(self, room: int | None = None) -> None:
        self.rows, self.films = InMemoryUploads(), InMemoryFinishedUploads()
        self.store, self.clock = InMemoryFilmStore(room), FixedClock()
        self.who, self.refusal = ADA, None
        self.uploads = Uploads(
            uploads=self.rows,
            store=self.store,
            films=self.films,
            clock=self.clock,
            limits=UploadLimits(max_bytes=1_000_000, quota_bytes=3_000_000, ttl_ms=TTL_MS, max_unfinished=5),
        )
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
        install_problem_json(app)
        app.before_request(self._before)
        app.register_blueprint(uploads_blueprint(self.uploads, 1_000_000))
        self.client: FlaskClient = app.test_client()

    refusal: Refusal | None

    def _before(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        current.set_principal(self.who)

    def ask(self, method: str, path: str, data: bytes = b"", **headers: Any) -> Any:
        """A request with these headers, `_` for `-`."""
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        return self.client.open(path, method=method, data=data, headers={**TUS, **named})

    def begin(self, length: int, **metadata: str) -> str:
        """The address of a new upload."""
        said = ",".join(
            f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in metadata.items()
        )
        more: dict[str, Any] = {"Upload_Metadata": said} if said else {}
        answer = self.ask("POST", "/api/uploads", Upload_Length=length, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    def patch(self, path: str, offset: int, data: bytes, **headers: Any) -> Any:
        """A part."""
        return self.ask("PATCH", path, data, Upload_Offset=offset, Content_Type=BYTES, **headers)

    def offset(self, path: str) -> int:
        """Where it stands."""
        answer = self.ask("HEAD", path)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def film(self, video_id: str) -> bytes:
        """The bytes of a film."""
        return b"".join(self.store.read(f"films/{UUID(video_id)}/source"))
