"""Invite codes as rooms, and names that are one's own."""

from __future__ import annotations

import pytest

from partyapp.gateways.syncplay.room_names import code_of, numbered, person_name, room_name


@pytest.mark.parametrize(
    ("room", "code"),
    [
        ("9f3kq", "9f3kq"),
        (" 9f3kq ", "9f3kq"),
        (room_name("9f3kq", controlled=True), "9f3kq"),
        ("https://party.example/p/0192f?invite=9f3kq&name=Ada", "9f3kq"),
        ("https://party.example/p/0192f#invite=9f3kq&name=Ada", "9f3kq"),
        ("", None),
        ("  ", None),
        ("Füße", None),
        ("a" * 129, None),
        ("a\nb", None),
        (7, None),
        (None, None),
    ],
)
def test_a_room_is_an_invite_code(room: object, code: str | None) -> None:
    assert code_of(room) == code


def test_a_controlled_room_has_the_form_by_which_clients_know_it() -> None:
    named = room_name("QAo4yABto6biP-8SwSz2_PBN6AttKs0I", controlled=True)
    code, _, mark = named.removeprefix("+").rpartition(":")
    assert code == "QAo4yABto6biP-8SwSz2_PBN6AttKs0I"
    assert len(mark) == 12
    assert set(mark) <= set("0123456789ABCDEF")
    assert len(named) <= 64
    assert room_name("9f3kq", controlled=False) == "9f3kq"


def test_names_are_as_the_sign_in_takes_them() -> None:
    assert person_name("  Ada ") == "Ada"
    assert person_name("\u200b") == "Guest"
    assert person_name("x" * 100) == "x" * 64
    assert person_name("x" * 1000) is None
    assert person_name({"name": "Ada"}) is None


def test_the_second_of_a_name_is_numbered_within_the_length_of_a_name() -> None:
    assert [numbered("Ada", number) for number in (1, 2, 3)] == ["Ada", "Ada (2)", "Ada (3)"]
    assert numbered("x" * 64, 2) == "x" * 60 + " (2)"
