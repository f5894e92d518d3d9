"""`party parties …`: what whoever runs the service can see and do, without a web process.

Invite codes are printed nowhere: who may read a terminal's history must not be able to come in.
"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.chat.application.ports import ChatSlice
from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.chat.live.chat_messages import message_json
from partyapp.cli_resources import as_json, json_line, opened_resources
from partyapp.party.application.views import ban_view, party_invite_view
from partyapp.party.contract import PARTY_SESSION_ENDED
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.admission_queries import AdmissionQueries
from partyapp.party.infrastructure.party_records import PartyRecords
from partyapp.queue.infrastructure import PostgresQueues

CHAT_PORTION = 100
PORTION = 500
#: How often a followed log is asked for what is new, in s.
FOLLOW_S = 0.5


@click.group()
def parties() -> None:
    """Look at parties, follow and export their logs, and end them."""


@parties.command("list")
@click.option("--state", type=click.Choice(["active", "ended", "all"]), default="active", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@as_json
def list_parties(state: str, limit: int, as_json: bool) -> None:
    """Print parties, newest first: id, state, members, when it was made, film and title."""
    with opened_resources() as resources:
        status = None if state == "all" else PartyStatus(state)
        for party in PartyRecords(resources.transactions, resources.queries).parties(status, limit):
            click.echo(json_line(party) if as_json else _party_line(party))


@parties.command("show")
@click.argument("party_id", type=click.UUID)
def show(party_id: UUID) -> None:
    """Print a party and who is or was a member, as JSON."""
    with opened_resources() as resources:
        records = PartyRecords(resources.transactions, resources.queries)
        party = records.party(party_id)
        whole = {**party, "memberships": list(records.memberships(party_id))}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))


@parties.command("events")
@click.argument("party_id", type=click.UUID)
@click.option("--after", type=click.IntRange(0), default=0, help="Only what came after this revision.")
@click.option("--follow", is_flag=True, help="Go on until the party ends, or Ctrl-C.")
@as_json
def events(party_id: UUID, after: int, follow: bool, as_json: bool) -> None:
    """Print a party's audit log, oldest first."""
    with opened_resources() as resources:
        records = PartyRecords(resources.transactions, resources.queries)
        records.party(party_id)
        pause = threading.Event()
        ended = False
        while not ended:
            for event in records.events(party_id, after):
                click.echo(json_line(event) if as_json else _event_line(event))
                after, ended = event["revision"], event["type"] == PARTY_SESSION_ENDED
            if not follow:
                return
            if not ended:
                pause.wait(FOLLOW_S)


@parties.command("end")
@click.argument("party_id", type=click.UUID)
def end(party_id: UUID) -> None:
    """End a party for everybody, whoever hosts it; its log says that the operator did."""
    with opened_resources() as resources:
        # An event's instant is in party time, which Redis keeps.
        resources.reference.start()
        BackgroundJobs(resources).close_party(party_id)
        click.echo(f"{party_id}  ended")


@parties.command("export")
@click.argument("party_id", type=click.UUID)
def export(party_id: UUID) -> None:
    """Print all that is kept of a party as lines of JSON, but for the codes of invites.

    Each line has `kind`: party, membership, invite, ban, event, queue_item, message or mute.
    """
    with opened_resources() as resources:
        records = PartyRecords(resources.transactions, resources.queries)
        chat = PostgresChat(resources.transactions)
        click.echo(json_line({"kind": "party", **records.party(party_id)}))
        for kind, rows in (
            ("membership", records.memberships(party_id)),
            ("invite", _invites(resources.admissions, party_id)),
            ("ban", _bans(resources.admissions, party_id)),
            ("event", records.events(party_id)),
            ("queue_item", _queue(PostgresQueues(resources.transactions), party_id)),
            ("message", _messages(chat, party_id)),
            ("mute", _mutes(chat, party_id)),
        ):
            for row in rows:
                click.echo(json_line({"kind": kind, **row}))


def _messages(chat: PostgresChat, party_id: UUID) -> Iterator[dict[str, Any]]:
    after = 0
    while found := chat.messages(party_id, ChatSlice(after=after, limit=CHAT_PORTION)):
        yield from map(message_json, found)
        after = found[-1].seq


def _invites(admissions: AdmissionQueries, party_id: UUID) -> Iterator[dict[str, Any]]:
    after = None
    while found := admissions.invites(party_id, after, PORTION):
        for invite in found:
            view = party_invite_view(invite, None)
            # By the log, where each joining names its invite.
            yield {name: view[name] for name in view if name not in ("code", "url", "used_by")}
        after = found[-1].id


def _bans(admissions: AdmissionQueries, party_id: UUID) -> Iterator[dict[str, Any]]:
    after = None
    while found := admissions.bans(party_id, after, PORTION):
        yield from map(ban_view, found)
        after = found[-1].user_id


def _queue(queues: PostgresQueues, party_id: UUID) -> Iterator[dict[str, Any]]:
    for item in queues.read(party_id).items:
        yield {
            "id": str(item.id),
            "video_id": str(item.video_id),
            "added_by": str(item.added_by),
            "added_at_ms": item.added_at_ms,
            "position": item.position,
            "voters": sorted(map(str, item.voters)),
        }


def _mutes(chat: PostgresChat, party_id: UUID) -> Iterator[dict[str, Any]]:
    for user_id, until_ms in chat.mutes(party_id).until_ms.items():
        yield {"user_id": str(user_id), "until_ms": until_ms}


def _at(ms: float) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")[:23]


def _shown(text: str) -> str:
    """A name as a terminal may print it: no control characters, which could write anywhere on it."""
    return "".join(mark if mark.isprintable() else "�" for mark in text)


def _party_line(party: dict[str, Any]) -> str:
    head = f"{party['id']}  {party['state']:<6}  {party['member_count']:>5}  {_at(party['created_at_ms'])}"
    return f"{head}  {_shown(party['video']['title'])}  {_shown(party['title'])}"


def _event_line(event: dict[str, Any]) -> str:
    facts = _shown(json_line(event["data"])) if event["data"] else ""
    who = event["actor_id"] or "-"
    return f"{event['revision']:>6}  {_at(event['at_ms'])}  {event['type']:<24}  {who:<36}  {facts}".rstrip()
