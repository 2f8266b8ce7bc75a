"""Where each person can go (主导航): one table for all roles, in the order of the work.

A place stands in the menu when the person holds its permission; nobody has more than eight. What
belongs together is one place with tabs; the help is in the top bar, the accounts of enterprises
(企业账号) are reached from the register.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for

from app.accounts.sessions import signed_in_person
from app.inbox.queries import Recipient, count_waiting
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.entrance import is_answered
from app.kernel.permissions import can, current_actor

__all__ = ["PLACES", "Link", "Place", "register"]


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu; ``within`` are further endpoints or whole blueprints it stands for.

    ``unless``: another permission whose holders have a wider place that covers this one.
    """

    label: str
    endpoint: str
    permission: Permission | None = None
    within: tuple[str, ...] = ()
    unless: Permission | None = None


_NOTICES = tuple(f"desk.{it}" for it in ("notices", "new_notice", "check_notice", "notice_page"))
_OWN_PEOPLE = ("desk.own_person", "desk.close_own_person", "desk.export_own_people")
_ACCOUNT_PAGES = ("accounts.open_account", "accounts.account_page", "accounts.grant_role")
_CALENDAR = ("portal.calendar", "portal.calendar_notice", "portal.calendar_preview")

RULE_CHANGES = tuple(
    f"desk.rule_{it}" for it in ("change", "preview", "propose", "forecast", "forecast_rows")
)

PLACES = (
    Place("首页", "portal.home"),
    Place("待办与复核", "inbox.messages", within=("inbox", "approvals", *_NOTICES)),
    Place(
        "企业台账",
        "portal.register",
        Permission.REGISTER_VIEW,
        within=("portal.plant", "portal.export_register", "desk", "ledger"),
    ),
    Place("申报", "filing.home", Permission.FILING_WORK, within=("filing",)),
    Place(
        "企业申报",
        "filing.submission_list",
        Permission.FILING_VIEW,
        within=("filing",),
        unless=Permission.FILING_WORK,
    ),
    Place("本企业结果", "issuing.own_results", Permission.LIST_OWN_LINE),
    Place("政策清单", "policy.measures", Permission.POLICY_VIEW, within=("policy", "issuing")),
    Place("排污权", "rights.allocation", Permission.POLICY_VIEW, within=("rights",)),
    Place(
        "排污权申请",
        "rights.application_list",
        Permission.RIGHTS_APPLY,
        within=("rights",),
        unless=Permission.POLICY_VIEW,
    ),
    Place("本企业人员", "desk.own_people", Permission.ACCOUNT_OWN_PEOPLE, within=_OWN_PEOPLE),
    Place("账号管理", "accounts.account_list", Permission.ACCOUNT_MANAGE, within=_ACCOUNT_PAGES),
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
        within=("rulebook", "indicators", *_CALENDAR, "portal.calendar_save", *RULE_CHANGES),
    ),
    Place(
        "本人账号",
        "accounts.me",
        within=("accounts.change_password",),
        unless=Permission.REGISTER_VIEW,
    ),
)

_NAMED = frozenset(it for place in PLACES for it in (place.endpoint, *place.within))
"""Endpoints and blueprints that a place names."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place as the frame of the page shows it."""

    label: str
    url: str
    current: bool


def places_of_person() -> Iterator[Place]:
    """The places of the signed-in person."""
    for place in PLACES:
        if not is_answered(place.endpoint):
            continue
        if place.permission is not None and not can(place.permission):
            continue
        if place.unless is not None and can(place.unless):
            continue
        yield place


def _is_current(place: Place) -> bool:
    """Whether the page belongs here: named in a place itself, or else by its blueprint."""
    here = request.endpoint if request.endpoint in _NAMED else request.blueprint
    return here in (place.endpoint, *place.within)


def _link(place: Place) -> Link:
    return Link(place.label, url_for(place.endpoint), _is_current(place))


def _shown_on_every_page() -> dict[str, Any]:
    if current_actor() is None:
        return {"navigation": (), "today": clock.today(), "may_search": False}
    return {
        "navigation": [_link(place) for place in places_of_person()],
        "today": clock.today(),
        "may_search": can(Permission.REGISTER_VIEW) and is_answered("portal.register"),
        "inbox_counts": lambda: count_waiting(Recipient.of(signed_in_person())),
    }


def register(blueprint: Blueprint) -> None:
    """Give every page of the app its menu, the present day, and whether it offers the search."""
    blueprint.app_context_processor(_shown_on_every_page)
