"""Thousands of members of a party, who have joined without the service's help."""

from __future__ import annotations

from uuid import UUID

import psycopg
from sqlalchemy import make_url


def user(number: int) -> str:
    """The id of the member who joined as number so and so, and is called `Member` and that number."""
    return str(UUID(f"00000000-0000-7000-8000-{number:012x}"))


def fill_party(database_url: str, party_id: str, count: int) -> None:
    """Members 1 to `count` join the party. No process may hold it."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO party_members
               SELECT %(party)s, CAST('00000000000070008000' || lpad(to_hex(n), 12, '0') AS uuid),
                      'Member ' || n, 1700000000000 + n, NULL
               FROM generate_series(1, %(count)s) AS n""",
            {"party": party_id, "count": count},
        )
        connection.execute(
            """UPDATE synced_party_sessions SET member_count = member_count + %s, max_members = 20000
               WHERE id = %s""",
            (count, party_id),
        )
