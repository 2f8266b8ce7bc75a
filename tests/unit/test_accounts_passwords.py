"""Which passwords are accepted, judged by an oracle of its own."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.accounts import passwords

NAMES = ("zhangwei", "张伟", "越城")
WEAK = (Path(__file__).parents[1] / "cases/weak_passwords.txt").read_text().split()


def refused_by_oracle(password: str) -> bool:
    kinds = [string.ascii_uppercase, string.ascii_lowercase, string.digits]
    used = sum(any(c in kind for c in password) for kind in kinds)
    used += any(not (c.isascii() and c.isalnum()) for c in password)
    lowered = password.lower()
    return not 10 <= len(password) <= 128 or used < 3 or any(name in lowered for name in NAMES)


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_.+越城张伟", max_size=140))
def test_length_kinds_and_names_are_judged_as_by_the_oracle(password: str) -> None:
    assume(not passwords.is_common(password))
    problem = passwords.why_not_password(password, names=NAMES)
    assert (problem is not None) == refused_by_oracle(password)


@given(st.sampled_from(NAMES), st.text(max_size=20), st.text(max_size=20))
def test_no_password_contains_a_name(name: str, before: str, after: str) -> None:
    assert passwords.why_not_password(before + name + after, names=NAMES) is not None


@pytest.mark.parametrize("password", WEAK)
def test_what_offices_use_everywhere_is_refused(password: str) -> None:
    assert passwords.why_not_password(password) is not None


def test_the_list_of_weak_passwords_is_long() -> None:
    assert len(set(WEAK)) >= 100


@pytest.mark.parametrize(
    "password", ["Huayan-87-weile", "三更有梦书当枕Ab1!", "kU7-vevo.Tzam", "Correct7horse!staple"]
)
def test_good_passwords_are_accepted(password: str) -> None:
    assert passwords.why_not_password(password, names=NAMES) is None


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("kU7-vevo.", False),
        ("kU7-vevo.T", True),
        ("kU7-" + "qz" * 62, True),
        ("kU7-" + "qz" * 63, False),
    ],
)
def test_ten_characters_are_enough_and_more_than_128_too_many(
    password: str, accepted: bool
) -> None:
    assert (passwords.why_not_password(password) is None) == accepted


def test_one_time_passwords_meet_the_rules_and_differ() -> None:
    made = [passwords.one_time_password() for _ in range(500)]
    assert len(set(made)) == 500
    assert all(passwords.why_not_password(password) is None for password in made)
    assert not set("".join(made)) & set("0O1lIoiSsZz25")


def test_a_password_is_due_after_ninety_days() -> None:
    changed = datetime(2025, 1, 1, tzinfo=UTC)
    edge = changed + timedelta(days=90)
    assert not passwords.is_expired(changed, edge - timedelta(seconds=1))
    assert passwords.is_expired(changed, edge)


def test_only_the_right_password_matches_and_nothing_matches_nobody() -> None:
    kept = passwords.hashed("Huayan-87-weile")
    assert kept.startswith("scrypt:")
    assert passwords.matches(kept, "Huayan-87-weile")
    assert not passwords.matches(kept, "Huayan-87-weilE")
    assert not passwords.matches(None, "Huayan-87-weile")


def test_an_endless_password_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "check_password_hash", None)
    assert not passwords.matches("scrypt:…", "x" * 10_000_000)
