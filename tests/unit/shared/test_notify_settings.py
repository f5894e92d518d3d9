"""What an operator may set about channels."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.notify_settings import DEFAULT_SCHEMES, FORBIDDEN_SCHEMES, NotifySettings

MAIL = {"PARTY_SMTP_URL": "smtp://ada:p%40ss@mail.example", "PARTY_MAIL_FROM": "Party <party@mail.example>"}


def test_without_any_setting_there_is_no_mail_and_nothing_private() -> None:
    settings = NotifySettings.from_environment({})
    assert not settings.allow_private
    assert settings.offered == DEFAULT_SCHEMES - {"mailto"}
    assert not DEFAULT_SCHEMES & FORBIDDEN_SCHEMES


def test_mail_goes_by_the_operators_server() -> None:
    mail = NotifySettings.from_environment(MAIL).mail
    assert mail is not None
    assert (mail.host, mail.port, mail.user, mail.password, mail.is_tls) == (
        "mail.example",
        587,
        "ada",
        "p@ss",
        False,
    )
    assert "p@ss" not in repr(mail)
    tls = NotifySettings.from_environment({**MAIL, "PARTY_SMTP_URL": "smtps://mail.example"}).mail
    assert tls is not None
    assert (tls.port, tls.is_tls, tls.user) == (465, True, None)


def test_schemes_are_named() -> None:
    assert NotifySettings.from_environment({"PARTY_NOTIFY_SCHEMES": "ntfy, json"}).schemes == {"ntfy", "json"}
    assert NotifySettings.from_environment({"PARTY_NOTIFY_SCHEMES": ""}).schemes == frozenset()


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PARTY_NOTIFY_SCHEMES": "ntfy,syslog"}, "can't hold syslog"),
        ({"PARTY_NOTIFY_SCHEMES": "ntfy://"}, "no scheme"),
        ({"PARTY_SMTP_URL": "smtp://mail.example"}, "PARTY_MAIL_FROM"),
        ({**MAIL, "PARTY_SMTP_URL": "mail.example"}, "PARTY_SMTP_URL"),
        ({**MAIL, "PARTY_SMTP_URL": "smtp://mail.example:port"}, "PARTY_SMTP_URL"),
        ({**MAIL, "PARTY_MAIL_FROM": "party@mail.example\r\nBcc: eve@mail.example"}, "PARTY_MAIL_FROM"),
    ],
)
def test_what_cant_be_used_is_said_in_one_line(env: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        NotifySettings.from_environment(env)
    assert "\n" not in str(refused.value)
