"""What the server writes into the head of the page: where others reach it, and what a link preview shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

_END_OF_HEAD = "</head>"


@dataclass(frozen=True, kw_only=True)
class PublicUrl:
    """Where others reach this service, if not at the address at which the page was opened.

    `source` is `setting` for `PARTY_PUBLIC_URL`, and `network` for an address that only this network knows.
    """

    url: str
    source: str


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Who is let in, and how: `by_proxy`, a proxy in front says who somebody is; `guests`, by a name alone;
    `account`, at a provider, by a button of this label.
    """

    by_proxy: bool = False
    guests: bool = True
    account: str | None = None


def with_head(
    page: str,
    *,
    public: PublicUrl | None,
    is_invite: bool,
    title: str | None,
    embed_origins: Sequence[str] | None = None,
    syncplay_port: int | None = None,
    sign_in: SignIn | None = None,
) -> str:
    """The page with these facts in its head. Whatever they hold is escaped.

    `embed_origins`: whose pages may have it in a frame and talk with it; None where it is no page for frames.
    """
    head = render_template(
        "head.html",
        public=public,
        is_invite=is_invite,
        title=title,
        embed_origins=embed_origins,
        syncplay_port=syncplay_port,
        sign_in=sign_in or SignIn(),
    )
    return page.replace(_END_OF_HEAD, head + _END_OF_HEAD, 1)
