"""Where each person can go (主导航): one table for all roles, in the order of the work.

A place stands in the menu when the person holds its permission.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for

from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import can, current_actor, scope_for

__all__ = ["PLACES", "Link", "Place", "register"]


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu; ``within`` are further endpoints or whole blueprints it stands for."""

    label: str
    endpoint: str
    permission: Permission | None = None
    within: tuple[str, ...] = ()
    officers_only: bool = False


RULE_CHANGES = tuple(f"desk.rule_{it}" for it in ("change", "preview", "propose", "effects"))

PLACES = (
    Place("首页", "portal.home"),
    Place(
        "企业台账",
        "portal.register",
        Permission.REGISTER_VIEW,
        within=("portal.plant", "portal.export_register", "desk.plant_desk", "desk.plant_change"),
    ),
    Place("台账导入", "ledger.imports", Permission.LEDGER_IMPORT, within=("ledger",)),
    Place("政策清单", "policy.measures", Permission.POLICY_VIEW, within=("policy",)),
    Place("排污权分配", "rights.allocation", Permission.POLICY_VIEW, within=("rights",)),
    Place("账号管理", "accounts.account_list", Permission.ACCOUNT_MANAGE),
    Place(
        "审计日志",
        "accounts.audit_log",
        Permission.AUDIT_VIEW,
        within=("accounts.check_audit_log", "operations.chain_end_page"),
    ),
    Place(
        "运行维护",
        "operations.status",
        Permission.SYSTEM_VIEW,
        within=("operations.backups", "operations.job_list"),
    ),
    Place(
        "规则库",
        "rulebook.overview",
        Permission.RULEBOOK_VIEW,
        within=("rulebook", *RULE_CHANGES),
    ),
    Place(
        "工作日历",
        "portal.calendar",
        Permission.RULEBOOK_VIEW,
        within=("portal.calendar_notice", "portal.calendar_preview", "portal.calendar_save"),
        officers_only=True,
    ),
    Place("帮助", "portal.help_index", within=("portal.help_topic",)),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place as the frame of the page shows it."""

    label: str
    url: str
    current: bool


def places_of_person() -> Iterator[Place]:
    """The places of the signed-in person."""
    for place in PLACES:
        if place.permission is not None and not can(place.permission):
            continue
        if place.officers_only and not _is_officer():
            continue
        yield place


def _is_officer() -> bool:
    """Whether the person reads the register for a bureau rather than for an enterprise."""
    scope = scope_for(Permission.REGISTER_VIEW)
    return scope.is_everything or bool(scope.counties)


def _link(place: Place) -> Link:
    here = {request.endpoint, request.blueprint}
    return Link(place.label, url_for(place.endpoint), bool(here & {place.endpoint, *place.within}))


def _shown_on_every_page() -> dict[str, Any]:
    if current_actor() is None:
        return {"navigation": (), "today": clock.today(), "may_search": False}
    return {
        "navigation": [_link(place) for place in places_of_person()],
        "today": clock.today(),
        "may_search": can(Permission.REGISTER_VIEW),
    }


def register(blueprint: Blueprint) -> None:
    """Give every page of the app its menu, the present day, and whether it offers the search."""
    blueprint.app_context_processor(_shown_on_every_page)
