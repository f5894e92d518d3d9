"""Each request has an id, which its answer, its log lines and a problem of ours name."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.request_ids import HEADER, install_request_ids
from partyapp.shared.kernel.errors import NotFound, Unavailable
from partyapp.shared.ops.logs import configure_logs

GIVEN = {HEADER: "a-proxys.own_id-0001"}


def client(hops: int = 0) -> FlaskClient:
    app = Flask("test")
    install_request_ids(app, hops)
    install_problem_json(app)

    @app.get("/<what>")
    def answer(what: str) -> str:
        logging.getLogger("view").warning("at work")
        if what == "gone":
            raise Unavailable() from TimeoutError("a secret")
        if what == "missing":
            raise NotFound()
        return what

    return app.test_client()


@pytest.fixture
def _logging_of_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_of_before")
def test_the_answer_the_lines_and_the_problem_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("production")
    here = client()
    gone, missing, fine = (here.get(path) for path in ("/gone", "/missing", "/fine"))
    ids = [answer.headers[HEADER] for answer in (gone, missing, fine)]
    assert len(set(ids)) == 3
    assert (gone.get_json()["request_id"], "request_id" in missing.get_json()) == (ids[0], False)
    lines = capsys.readouterr().err.splitlines()
    assert [line.count(ids[0]) for line in lines] == [1, 1, 0, 0]
    assert "answered unavailable at /<what>, since TimeoutError" in lines[1]
    assert "a secret" not in "".join(lines)


@pytest.mark.parametrize(("hops", "given", "is_kept"), [(0, GIVEN, False), (1, GIVEN, True)])
def test_a_proxys_id_counts_where_the_proxy_does(hops: int, given: dict[str, str], is_kept: bool) -> None:
    assert (client(hops).get("/x", headers=given).headers[HEADER] == GIVEN[HEADER]) is is_kept


@pytest.mark.parametrize("bad", ["short", "x" * 65, "with a blank", 'quote"quote'])
def test_what_could_not_stand_in_a_log_is_no_id(bad: str) -> None:
    assert client(1).get("/x", headers={HEADER: bad}).headers[HEADER] != bad
