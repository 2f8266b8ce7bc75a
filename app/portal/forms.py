"""What the address bar asks of the register (台账筛选), read and written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import url_for

from app.kernel import clock
from app.portal.domain import B_OR_BETTER, PERMITS, STANDINGS, UNGRADED
from app.portal.queries.conditions import LIVES, SORTS, STATES, RegisterFilter
from app.rulebook.queries import catalogue, rulebook_on

_LONGEST = 100
_PARAMETERS = {
    "q": "search",
    "county": "county",
    "town": "town",
    "industry": "industry",
    "grade": "grade",
    "standing": "standing",
    "permit": "permit",
    "state": "state",
    "officer": "officer",
    "life": "life",
}
"""Name in the address → field of the filter."""


def read_register_filter(args: Mapping[str, str], on: date) -> RegisterFilter:
    """The list that the address asks for; what is not offered counts as not said."""

    def said(name: str) -> str:
        return args.get(name, "").strip()[:_LONGEST]

    def offered(name: str, options: Mapping[str, str]) -> str:
        return said(name) if said(name) in options else ""

    return RegisterFilter(
        on=on,
        search=said("q"),
        county=said("county"),
        town=said("town"),
        industry=offered("industry", industry_options(on)),
        grade=offered("grade", grade_options(on)),
        standing=offered("standing", STANDINGS),
        permit=offered("permit", PERMITS),
        state=offered("state", STATES),
        officer=said("officer"),
        life=offered("life", LIVES),
        sort=said("sort") if said("sort") in SORTS else "name",
        falling=said("order") == "desc",
        after=_plant(said("after")),
        before=_plant(said("before")),
    )


def _plant(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def grade_options(on: date) -> dict[str, str]:
    """Id → words of the grades that can be asked for, best first."""
    grades = {grade: grade for grade in rulebook_on(on).grade_order.ranks}
    return {**grades, UNGRADED: "未定级", B_OR_BETTER: "B 级及以上（含引领性、B-）"}


def industry_options(on: date) -> dict[str, str]:
    """Id → name of every industry of the catalogue, national ones by number first."""
    industries = sorted(catalogue().industries, key=lambda it: (it.number or 999, it.id))
    return {it.id: it.name_on(on) for it in industries}


def parameters_of(wanted: RegisterFilter) -> dict[str, Any]:
    """The filter as parameters of an address; what says nothing is left out."""
    said: dict[str, Any] = {name: getattr(wanted, field) for name, field in _PARAMETERS.items()}
    said["as_of"] = None if wanted.on == clock.today() else wanted.on.isoformat()
    said["sort"] = None if wanted.sort == "name" else wanted.sort
    said["order"] = "desc" if wanted.falling else None
    said["after"], said["before"] = wanted.after, wanted.before
    return {name: value for name, value in said.items() if value not in ("", None)}


def register_url(wanted: RegisterFilter, **changes: Any) -> str:
    """The address of the list, changed; a change of what is listed begins at its first page."""
    first_page = {"after": None, "before": None}
    return url_for("portal.register", **parameters_of(replace(wanted, **{**first_page, **changes})))
