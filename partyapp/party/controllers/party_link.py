"""The link by which people come into a party."""

from uuid import UUID


def party_link(page_url: str, party_id: UUID | str, invite_code: str | None) -> str:
    """Of the page at `page_url`. The invite is in the fragment, which no server is sent (decision 0034)."""
    return f"{page_url}/p/{party_id}" + (f"#invite={invite_code}" if invite_code else "")
