"""`party demo`: fills a party with bots, to build against."""

import os
import random
import signal
from contextlib import suppress
from threading import Event
from typing import Any

import click

from partyapp.demo.bot import Behaviour, DemoBot
from partyapp.demo.bot_socket import BotSocket
from partyapp.demo.lines import name_of
from partyapp.demo.service import DemoError, DemoService
from partyapp.party.controllers.party_link import party_link
from partyapp.shared.kernel.clock import monotonic_ms

#: How long the bots have for their goodbye, s.
_GOODBYE_S = 5.0


@click.command()
@click.option("--url", help="Where the service is; http://localhost:PORT unless given.")
@click.option("--bots", type=click.IntRange(1, 200), default=5, show_default=True, help="How many.")
@click.option("--party", "party_id", type=click.UUID, help="A party to fill, instead of a new one.")
@click.option("--invite", help="The invite code of that party.")
@click.option("--film", help="The address of a film for a new party; the sample unless given.")
@click.option("--for", "seconds", type=click.FloatRange(0), help="End after so many seconds.")
@click.option("--chat-every", type=click.FloatRange(0), default=25.0, show_default=True, help="s, each bot.")
@click.option("--stall-every", type=click.FloatRange(0), default=90.0, show_default=True, help="s, each bot.")
@click.option("--steer/--no-steer", default=True, help="Whether one bot plays, pauses and seeks.")
@click.option("--seed", type=int, help="The same seed, the same behaviour.")
def demo(
    url: str | None,
    bots: int,
    party_id: Any,
    invite: str | None,
    film: str | None,
    seconds: float | None,
    chat_every: float,
    stall_every: float,
    steer: bool,
    seed: int | None,
) -> None:
    """Fill a party with bots that watch, chat and stall, until Ctrl-C.

    It prints the party's link. The bots are guests of the service, and leave when it ends; 0 for --chat-every
    or --stall-every means never.
    """
    stop = Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    service = DemoService(url or f"http://localhost:{os.environ.get('PORT', '8000')}", stop)
    rng = random.Random(seed)
    behaviours = [Behaviour(chat_every, stall_every, steers=steer and number == 0) for number in range(bots)]
    sockets: list[BotSocket] = []
    try:
        place = (str(party_id), invite) if party_id else None
        link = _add_bots(service, behaviours, place, film, rng, sockets)
        click.echo(f"{len(sockets)} bots are in the party: {link}")
        _wait(sockets, seconds, stop)
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    finally:
        stop.set()
        _leave(service, sockets)
    click.echo("The bots have left.")


def _add_bots(
    service: DemoService,
    behaviours: list[Behaviour],
    place: tuple[str, str | None] | None,
    film: str | None,
    rng: random.Random,
    sockets: list[BotSocket],
) -> str:
    """Sign the bots in and open their sockets, in a new party where `place` names none; the party's link."""
    for number, behaviour in enumerate(behaviours):
        token = service.guest(name_of(number))
        if place is None:
            video_id = service.add_video(token, film) if film else service.some_video(token)
            party = service.create_party(token, video_id)
            place = party["id"], party["invite_code"]
        else:
            service.join(token, *place)
        bot = DemoBot(behaviour, random.Random(rng.random()), monotonic_ms())
        sockets.append(BotSocket(bot, service.url, place[0], token, service.stop))
        sockets[-1].start()
    if place is None:
        raise DemoError("There are no bots.")
    return party_link(service.url, *place)


def _wait(sockets: list[BotSocket], seconds: float | None, stop: Event) -> None:
    ends_ms = None if seconds is None else monotonic_ms() + seconds * 1000
    while not stop.wait(0.2) and not all(socket.is_over for socket in sockets):
        if ends_ms is not None and monotonic_ms() >= ends_ms:
            return


def _leave(service: DemoService, sockets: list[BotSocket]) -> None:
    """Have each leave its party; one that can't has left by its closed socket."""
    for socket in sockets:
        socket.join(_GOODBYE_S)
    for socket in reversed(sockets):
        with suppress(DemoError):
            service.leave(socket.token, socket.party_id)
