"""Which settings for a provider are taken."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.oidc_settings import OidcSettings, read_oidc

GIVEN = {"PARTY_OIDC_ISSUER": "https://login.example/realms/school", "PARTY_OIDC_CLIENT_ID": "party"}


def test_without_settings_there_is_no_provider() -> None:
    assert read_oidc({}, is_relaxed=False) is None
    assert read_oidc({"PARTY_OIDC_ISSUER": "", "PARTY_OIDC_LABEL": ""}, is_relaxed=False) is None


def test_issuer_and_client_are_enough() -> None:
    assert read_oidc(GIVEN, is_relaxed=False) == OidcSettings(
        issuer="https://login.example/realms/school", client_id="party"
    )


def test_all_of_it() -> None:
    more = {
        "PARTY_OIDC_CLIENT_SECRET": "s3cret",
        "PARTY_OIDC_SCOPES": "profile groups profile",
        "PARTY_OIDC_LABEL": " Sign in with the school ",
        "PARTY_OIDC_NAME_CLAIMS": "nickname name",
        "PARTY_OIDC_REQUIRE": "groups=school groups=staff hd=school.example",
    }
    found = read_oidc(GIVEN | more, is_relaxed=False)
    assert found is not None
    assert (found.client_secret, found.scopes) == ("s3cret", ("openid", "profile", "groups"))
    assert (found.label, found.name_claims) == ("Sign in with the school", ("nickname", "name"))
    assert found.required == {"groups": {"school", "staff"}, "hd": {"school.example"}}
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"PARTY_OIDC_CLIENT_ID": ""}, "PARTY_OIDC_CLIENT_ID must be set"),
        ({"PARTY_OIDC_ISSUER": "login.example"}, "must be an address"),
        ({"PARTY_OIDC_ISSUER": "https://"}, "must be an address"),
        ({"PARTY_OIDC_ISSUER": "https://a:b@login.example"}, "must be an address"),
        ({"PARTY_OIDC_ISSUER": "https://login.example/?realm=a"}, "must be an address"),
        ({"PARTY_OIDC_ISSUER": "http://login.example"}, "PARTY_OIDC_ALLOW_HTTP=1"),
        ({"PARTY_OIDC_SCOPES": 'open"id'}, "names with spaces"),
        ({"PARTY_OIDC_LABEL": "x" * 61}, "1 to 60 characters"),
        ({"PARTY_OIDC_LABEL": "Sign\nin"}, "on one line"),
        ({"PARTY_OIDC_REQUIRE": "school"}, "claim=value"),
    ],
)
def test_what_is_refused(changes: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_oidc(GIVEN | changes, is_relaxed=False)


def test_http_where_it_is_allowed() -> None:
    plain = GIVEN | {"PARTY_OIDC_ISSUER": "http://10.0.0.7:8080"}
    for found in (
        read_oidc(plain, is_relaxed=True),
        read_oidc(plain | {"PARTY_OIDC_ALLOW_HTTP": "1"}, is_relaxed=False),
    ):
        assert found is not None
        assert found.issuer == "http://10.0.0.7:8080"
