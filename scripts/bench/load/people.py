"""The officers of the made-up country: accounts opened as commands do (人员)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.ground import Ground
from sqlalchemy import text

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.accounts.queries import actor_by_name
from app.kernel.database import db
from app.kernel.transaction import writing

PASSWORD = "Zhongyao-Wendang-37"  # noqa: S105 - of people who do not exist


@dataclass(frozen=True, slots=True)
class Officer:
    """Who signs in, and which part of the register is theirs: None, all of it."""

    name: str
    county: str | None


def employ(place: Ground, posts: Iterable[tuple[Role, str | None]]) -> list[Officer]:
    """Open an account for each post; one that a kept copy has already stays as it is."""
    hired = []
    password_hash = passwords.hashed(PASSWORD)
    with place.app().app_context(), writing("测量"):
        for number, (role, county) in enumerate(posts, 1):
            name = f"{role}.{number}"
            if actor_by_name(name) is not None:
                hired.append(Officer(name, county))
                continue
            opened = services.open_account(name, f"经办{number}号", password_hash=password_hash)
            services.grant_role(opened.user_id, role, county=county)
            hired.append(Officer(name, county))
    return hired


def largest_counties(place: Ground, number: int) -> Sequence[str]:
    """The counties with the most plants, the largest first."""
    query = text(
        "SELECT county FROM plant_record WHERE annulled_at IS NULL "
        "GROUP BY county ORDER BY count(*) DESC, county LIMIT :number"
    )
    with place.app().app_context():
        return list(db.session.execute(query, {"number": number}).scalars())


def plants_in(place: Ground, county: str, number: int) -> list[int]:
    """The first plants of a county, in the order of their ids."""
    query = text("SELECT plant_id FROM plant_record WHERE annulled_at IS NULL "
                 "AND county = :county ORDER BY plant_id LIMIT :number")  # fmt: skip
    with place.app().app_context():
        return list(db.session.execute(query, {"county": county, "number": number}).scalars())
