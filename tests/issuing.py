"""What the tests of issued lists share: three people, and the way from draft to signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask

from app.accounts.domain import Actor, Role
from app.accounts.models import UserAccount
from app.accounts.queries.people import actor_of
from app.issuing import services
from app.issuing.models import IssuedList
from app.issuing.queries import ListView, as_view
from app.issuing.services import Signature
from app.kernel import jobs
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import close, writing
from tests.people import opened

DAY = date(2025, 6, 30)


@dataclass(frozen=True, slots=True)
class People:
    """Who drafts, who checks, who signs; each for the whole city."""

    maker: Actor
    checker: Actor
    signer: Actor


def people(app: Flask) -> People:
    """Three new people of the city."""
    return People(
        actor(app, Role.CITY_OFFICER), actor(app, Role.CITY_OFFICER), actor(app, Role.CITY_HEAD)
    )


def actor(app: Flask, role: Role, **reach: Any) -> Actor:
    """A new person with this role."""
    user_id = opened(app, role, **reach)
    with app.app_context():
        row = db.session.get(UserAccount, user_id)
        assert row is not None
        return actor_of(row)


def acting(person: Actor) -> Any:
    """A writing transaction of this person; for use inside an app context."""
    return writing("测试", actor_id=person.user_id, actor_name=person.display_name)


def drafted(who: People, spec: str = "positive-list", as_of: date = DAY, county: str = "") -> int:
    """A new draft."""
    with acting(who.maker):
        return services.draft("measure", spec, as_of, county)


def checked(who: People, **asked: Any) -> int:
    """A draft that the second person has checked."""
    list_id = drafted(who, **asked)
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    return list_id


def issued(who: People, number: str = "绍环发〔2026〕1号", **asked: Any) -> int:
    """A list in force."""
    list_id = checked(who, **asked)
    with acting(who.signer):
        services.sign(list_id, EVERYTHING, Signature(number, confirms_draft_rulebook=True))
    return list_id


def view(list_id: int) -> ListView:
    """The list as it stands now."""
    close()
    row = db.session.get(IssuedList, list_id)
    assert row is not None
    return as_view(row)


def work() -> None:
    """Do every job that waits."""
    while jobs.run_next():
        pass


def all_of(client: Any, *addresses: str) -> str:
    """The pages at these addresses, each of which must open."""
    found = []
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status)
        found.append(answer.get_data(as_text=True))
    return "\n".join(found)
