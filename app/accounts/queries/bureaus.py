"""Reading bureaus and counties (生态环境局、区县)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.accounts.domain import SEPARATE_ROLES, Actor, Grant
from app.accounts.models import Bureau as BureauRow
from app.accounts.places import Bureau, CountyIndex, CountyMatch
from app.kernel import presence
from app.kernel.config import Config
from app.kernel.database import db, is_writing

_ByLevel = Mapping[str | None, tuple[Bureau, ...]]
_ALL = select(
    BureauRow.code,
    BureauRow.name,
    BureauRow.short_name,
    BureauRow.level,
    BureauRow.parent_code,
    BureauRow.former_codes,
    BureauRow.local_code,
).order_by(BureauRow.code)


def list_bureaus(level: str | None = None) -> tuple[Bureau, ...]:
    """The bureaus (生态环境局) in order of their codes; of one level (province, city, county)."""
    return _bureaus_by_level().get(level, ())


def _bureaus_by_level() -> _ByLevel:
    """Every bureau (None), and those of each level; read once in a process.

    They are entered when an installation is set up and by a restore, which begins another
    generation, and never changed: so what a reading transaction has found holds until then. What
    a writing one finds may yet be undone, and is not kept.
    """
    config: Config = current_app.config["CONFIG"]
    generation = presence.generation(config.instance_dir)
    kept: tuple[int, _ByLevel] | None = current_app.extensions.get("bureaus")
    if kept is not None and kept[0] == generation:
        return kept[1]
    found = tuple(_bureau(row) for row in db.session.execute(_ALL))
    by_level: _ByLevel = {
        level: tuple(it for it in found if level in (None, it.level))
        for level in (None, *{it.level for it in found})
    }
    if found and not is_writing():
        current_app.extensions["bureaus"] = (generation, by_level)
    return by_level


def _bureau(row: Any) -> Bureau:
    return Bureau(
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        level=row.level,
        parent_code=row.parent_code,
        former_codes=tuple(row.former_codes.split()),
        local_code=row.local_code,
    )


def county_names() -> Mapping[str, str]:
    """The short name of each county (区县) by its code, in order of the codes."""
    return _names_in(list_bureaus("county"))


_named: tuple[tuple[Bureau, ...], Mapping[str, str]] = ((), MappingProxyType({}))


def _names_in(counties: tuple[Bureau, ...]) -> Mapping[str, str]:
    """Made once for the bureaus that are kept: a country has thousands of counties."""
    global _named  # noqa: PLW0603 - replaced whole, so every thread sees one or the other
    of, names = _named
    if of is not counties:
        names = MappingProxyType({it.code: it.short_name for it in counties})
        _named = (counties, names)
    return names


def county_index() -> CountyIndex:
    """The counties (区县) for many look-ups, as in a ledger of thousands of rows."""
    return CountyIndex(list_bureaus())


def county_by_code_or_name(text: str) -> CountyMatch | None:
    """The county meant by a code, a former code or a unique name; None when there is none."""
    return county_index().find(text)


def reaches(grants: Iterable[Grant]) -> dict[int | None, str]:
    """Per grant id, how far it reaches in words: 越城区, an enterprise's code, 全市, 本系统."""
    names = {bureau.code: bureau.name for bureau in list_bureaus()}
    return {grant.id: _reach(grant, names) for grant in grants}


def _reach(grant: Grant, names: Mapping[str, str]) -> str:
    if grant.county:
        return names.get(grant.county, grant.county)
    return grant.uscc or ("本系统" if grant.role in SEPARATE_ROLES else "全市")


def bureau_title(actor: Actor | None) -> str:
    """The bureau a person works for, as the top bar shows it: 绍兴市生态环境局 · 越城区."""
    known = list_bureaus()
    city = next((it.name for it in known if it.level == "city"), "")
    if actor is None or not actor.counties:
        return city
    held = actor.counties
    names = "、".join(it.name for it in known if it.code in held)
    return f"{city} · {names}" if names else city
