"""Settings of the bureau (本局设定) that other stages ask this one for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_request_context

from app.accounts.domain import Actor
from app.accounts.entrance import is_enterprise_account
from app.kernel import clock
from app.kernel.database import Mode, db, mode
from app.kernel.entrance import UNNAMED, is_for_filers
from app.kernel.permissions import current_actor
from app.registry.queries import counties_of
from app.rulebook.queries import flag, setting

CONTACT = "filing.contact"


def main_door_is_closed() -> bool:
    """Whether enterprise accounts are let in by their own listener (企业申报入口) only."""
    return flag("filing.main_door_closed", clock.today())


def office_for_enterprises() -> str | None:
    """Whom the person of this request asks, if it is an enterprise's; else None.

    The offices that the counties of its plants have named; before the sign-in the city's.
    """
    if not has_request_context():
        return None
    with _beside():
        return _office_of(current_actor())


def _office_of(person: object) -> str | None:
    if isinstance(person, Actor) and is_enterprise_account(person.grants):
        return contact_of(sorted(counties_of(person.enterprise_ids))) or UNNAMED
    return (contact_of([]) or UNNAMED) if is_for_filers() else None


@contextmanager
def _beside() -> Iterator[None]:
    """Asked for a refusal, before anything was read: then it must not begin the writing."""
    if db.session().in_transaction():
        yield
        return
    with mode(Mode.READ):
        try:
            yield
        finally:
            db.session.rollback()


def contact_of(counties: list[str]) -> str:
    """The office with its telephone that takes the filings of these counties; empty: not set."""
    today = clock.today()
    named = [setting(CONTACT, today, county) for county in counties] or [setting(CONTACT, today)]
    lines = [line for it in named if isinstance(it, tuple) for line in it]
    return "；".join(dict.fromkeys(lines))
