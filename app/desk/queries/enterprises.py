"""The enterprises within reach with who may act for them (开户情况): whom to open accounts for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.accounts.domain import ENTERPRISE_ROLES, Role
from app.accounts.models import RoleGrant, UserAccount
from app.desk.queries.people import has_plant, named
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.registry.models import EnterpriseRecord
from app.registry.queries import exists_on

PAGE_SIZE = 50
LACKS: Mapping[str, tuple[str, Collection[Role]]] = {
    "signatory": ("没有签署人", (Role.SIGNATORY,)),
    "filling": ("没有填报人和代办人", (Role.FILER, Role.AGENT)),
    "anybody": ("没有任何人员", ENTERPRISE_ROLES),
}
"""What an enterprise may lack: words, and the roles of which nobody holds one."""
SORTS = ("enterprise", "people")


@dataclass(frozen=True, slots=True)
class EnterpriseFilter:
    """Which enterprises to list, in which order, which page; empty texts ask for nothing."""

    search: str = ""
    lacks: str = ""
    sort: str = "enterprise"
    falling: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class EnterpriseFound:
    """An enterprise for which an account can be opened, with how many hold each role today."""

    enterprise_id: int
    uscc: str
    name: str
    people: int
    """Persons, whatever their roles."""
    roles: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EnterprisePage:
    """One page of what fits, and how many fit in all."""

    rows: list[EnterpriseFound]
    total: int
    page: int
    pages: int


def list_enterprises(wanted: EnterpriseFilter, scope: Scope, today: date) -> EnterprisePage:
    """One page of the enterprises with a plant within reach; the last if asked for one past it."""
    conditions = list(_conditions(wanted, scope, today))
    counted = select(func.count()).select_from(EnterpriseRecord).where(*conditions)
    total = int(db.session.execute(counted).scalar_one())
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(wanted.page, pages)
    query = _ordered(_ENTERPRISES.where(*conditions), wanted, today)
    part = query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return EnterprisePage(_found(db.session.execute(part), today), total, page, pages)


def all_enterprises(wanted: EnterpriseFilter, scope: Scope, today: date) -> list[EnterpriseFound]:
    """Every enterprise of the same list in the same order."""
    query = _ENTERPRISES.where(*_conditions(wanted, scope, today))
    return _found(db.session.execute(_ordered(query, wanted, today)), today)


def enterprise_by_code(uscc: str, scope: Scope, today: date) -> EnterpriseFound | None:
    """The one with exactly this 统一社会信用代码."""
    query = _ENTERPRISES.where(
        EnterpriseRecord.uscc == uscc, *_conditions(EnterpriseFilter(), scope, today)
    )
    return next(iter(_found(db.session.execute(query), today)), None)


_ENTERPRISES: Select[*tuple[Any, ...]] = select(
    EnterpriseRecord.enterprise_id, EnterpriseRecord.uscc, EnterpriseRecord.name
)


def _conditions(
    wanted: EnterpriseFilter, scope: Scope, today: date
) -> Iterator[ColumnElement[bool]]:
    yield known_at(EnterpriseRecord, None)
    yield has_plant(scope, exists_on(today))
    yield from (named(word) for word in wanted.search.split())
    if wanted.lacks:
        holding = select(RoleGrant.uscc).where(_acts(today, LACKS[wanted.lacks][1]))
        yield EnterpriseRecord.uscc.not_in(holding)


def _acts(today: date, roles: Collection[Role] = ENTERPRISE_ROLES) -> ColumnElement[bool]:
    """A role for an enterprise that can be acted on today, by an account that is not disabled."""
    disabled = select(UserAccount.id).where(UserAccount.disabled_at.is_not(None))
    return and_(
        RoleGrant.uscc.is_not(None),
        RoleGrant.role.in_(sorted(roles)),
        RoleGrant.ended_at.is_(None),
        RoleGrant.from_on <= today,
        or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= today),
        RoleGrant.user_id.not_in(disabled),
    )


def _ordered(
    query: Select[*tuple[Any, ...]], wanted: EnterpriseFilter, today: date
) -> Select[*tuple[Any, ...]]:
    last = (EnterpriseRecord.name, EnterpriseRecord.enterprise_id)
    people = (
        select(func.count(RoleGrant.user_id.distinct()))
        .where(RoleGrant.uscc == EnterpriseRecord.uscc, _acts(today))
        .scalar_subquery()
    )
    keys: tuple[Any, ...] = (people, *last) if wanted.sort == "people" else last
    return query.order_by(*(it.desc() if wanted.falling else it for it in keys))


def _found(rows: Iterable[Any], today: date) -> list[EnterpriseFound]:
    enterprises = [tuple(row) for row in rows]
    held: dict[str, dict[str, set[int]]] = {}
    for part in in_parts([uscc for _, uscc, _ in enterprises]):
        query = select(RoleGrant.uscc, RoleGrant.role, RoleGrant.user_id)
        found: Iterable[Any] = db.session.execute(
            query.where(RoleGrant.uscc.in_(part), _acts(today))
        )
        for uscc, role, user_id in found:
            held.setdefault(uscc, {}).setdefault(role, set()).add(user_id)
    return [
        EnterpriseFound(
            enterprise_id, uscc, name,
            len(set().union(*held.get(uscc, {}).values())),
            {role: len(ids) for role, ids in held.get(uscc, {}).items()},
        )
        for enterprise_id, uscc, name in enterprises
    ]  # fmt: skip
