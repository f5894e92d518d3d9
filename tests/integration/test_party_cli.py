"""What an operator sees and does with parties by `party`, beside a running service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.bootstrap.resources import build_resources
from partyapp.chat.infrastructure.entities import ChatMessageEntity
from partyapp.member_cli import members
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.party_cli import parties
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import INVITE, T0, created, film, host_of, joined


@pytest.fixture
def transactions(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Transactions]:
    """A database of its own, and the environment of an operator's terminal."""
    with fresh_database(database_url) as url:
        upgrade(url)
        for name, value in {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_REDIS_PREFIX": "party-cli-tests",
            "PARTY_SECRET_KEY": "k3y-" * 10,
            "PARTY_ENV": "test",
        }.items():
            monkeypatch.setenv(name, value)
        resources = build_resources(Settings.from_environment(), 2)
        yield resources.transactions
        resources.engine.dispose()


def keep(transactions: Transactions, **facts: object) -> SyncedPartySession:
    """A party of two that plays."""
    session = created(**facts)
    host = session.host_member("Ada")
    grace = joined(session)
    session.control(
        PlaybackAction.PLAY, host_of(session), at_ms=T0 + 2, lead_ms=0.0, position_s=1.0, rate=None,
        expected_revision=None,
    )  # fmt: skip
    with transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
        for member in (host, grace):
            PartyMemberService(transaction).add(member)
    return session


def run(*words: str) -> Result:
    return CliRunner().invoke(parties, list(words))


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_parties_are_listed_newest_first_by_their_state(transactions: Transactions) -> None:
    old, new = keep(transactions), keep(transactions, title="Kino \x1b[31m 🎬", video=film(title="Ein\nFilm"))
    shown = run("list").output.splitlines()
    assert [line.split()[0] for line in shown] == [str(new.state.id), str(old.state.id)]
    assert "\x1b" not in shown[0]
    assert shown[0].split()[1:3] == ["active", "2"]
    assert run("end", str(old.state.id)).output == f"{old.state.id}  ended\n"
    assert [one["id"] for one in lines(run("list", "--json"))] == [str(new.state.id)]
    assert [one["id"] for one in lines(run("list", "--json", "--state", "ended"))] == [str(old.state.id)]
    assert len(lines(run("list", "--json", "--state", "all", "--limit", "1"))) == 1
    assert INVITE not in run("list", "--json").output


def test_the_log_is_followed_until_the_operator_ends_the_party(transactions: Transactions) -> None:
    party_id = str(keep(transactions).state.id)
    head = lines(run("events", party_id, "--json"))
    assert [event["revision"] for event in head] == [1, 2, 3]
    # Without the command itself, which would take this one's output.
    resources = build_resources(Settings.from_environment(), 1)
    ending = threading.Timer(0.2, BackgroundJobs(resources).close_party, (UUID(party_id),))
    ending.start()
    followed = lines(run("events", party_id, "--json", "--after", "2", "--follow"))
    ending.join()
    resources.engine.dispose()
    assert [event["revision"] for event in followed] == [3, 4]
    assert (followed[-1]["data"], followed[-1]["actor_id"]) == ({"reason": "operator"}, None)
    again = run("end", party_id)
    assert (again.exit_code, len(lines(run("events", party_id, "--json")))) == (0, 4)
    assert "party_session_ended" in run("events", party_id).output.splitlines()[-1]


def test_all_that_is_kept_of_a_party_is_exported(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partyapp.party.infrastructure.party_records.PORTION", 2)
    monkeypatch.setattr("partyapp.party_cli.CHAT_PORTION", 2)
    session = keep(transactions)
    party_id = session.state.id
    with transactions.begin() as transaction:
        for seq in (1, 2, 3):
            said = {"display_name": "Ada", "text": f"Hello {seq}", "at_ms": T0, "position_s": 1.0}
            ids = {"id": new_id(), "user_id": session.state.host_id, "video_id": session.state.video.id}
            transaction.add(ChatMessageEntity(party_id=party_id, seq=seq, **ids, **said))
    found = lines(run("export", str(party_id)))
    kinds = [line["kind"] for line in found]
    assert kinds == ["party"] + ["membership"] * 2 + ["event"] * 3 + ["message"] * 3
    assert [line["text"] for line in found[-3:]] == ["Hello 1", "Hello 2", "Hello 3"]
    assert {line["display_name"] for line in found[1:3]} == {"Ada", "Grace"}
    assert INVITE not in json.dumps(found)
    shown = json.loads(run("show", str(party_id)).output)
    assert [member["display_name"] for member in shown["memberships"]] == [
        line["display_name"] for line in found[1:3]
    ]


def remove(*words: str) -> Result:
    return CliRunner().invoke(members, ["remove", *words])


def test_the_operator_puts_somebody_out_and_the_log_says_that_nobody_of_the_party_did(
    transactions: Transactions,
) -> None:
    session = keep(transactions)
    party_id, host = str(session.state.id), str(session.state.host_id)
    (grace,) = {one["user_id"] for one in json.loads(run("show", party_id).output)["memberships"]} - {host}
    removed = lines(remove(party_id, grace, "--json"))
    assert removed == [{"party_id": party_id, "user_id": grace, "removed": True, "banned": False}]
    event = lines(run("events", party_id, "--json", "--after", "3"))[0]
    assert (event["type"], event["actor_id"]) == ("member_removed", None)
    assert remove(party_id, grace).output == f"{grace}  had left already\n"
    assert remove(party_id, grace, "--ban").output == f"{grace}  had left already, banned\n"
    (ban,) = [line for line in lines(run("export", party_id)) if line["kind"] == "ban"]
    assert (ban["user_id"], ban["banned_by"]) == (grace, None)
    for user_id, said in ((host, "host"), (str(new_id()), "Nobody of this id")):
        refused = remove(party_id, user_id)
        assert (refused.exit_code, refused.output.count("\n")) == (1, 1), refused.output
        assert said in refused.output
    kinds = [event["type"] for event in lines(run("events", party_id, "--json"))]
    assert kinds[3:] == ["member_removed", "member_banned"], "what was refused has changed nothing"
    run("end", party_id)
    assert remove(party_id, grace).exit_code == 1
    assert remove(str(new_id()), grace).exit_code == 1


@pytest.mark.parametrize("command", ["show", "events", "end", "export"])
def test_a_party_that_is_not_there_is_one_line(command: str, transactions: Transactions) -> None:
    missing = run(command, str(new_id()))
    assert missing.exit_code == 1
    assert missing.output.startswith("Error: ")
    assert missing.output.count("\n") == 1
