"""The blueprint of 排污权, its tabs, and what its pages read from an address alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, request, url_for

from app.kernel.authority import Permission
from app.kernel.permissions import can, scope_for
from app.kernel.web import page
from app.policy.queries import CANNOT_RUN
from app.policy.screens import cannot_run
from app.rights.domain import LEVEL_WORDS, POLLUTANTS, AllocationFault, Level

blueprint = Blueprint("rights", __name__, url_prefix="/rights", template_folder="../templates")

SECTIONS = (
    ("分配", "rights.allocation", Permission.POLICY_VIEW),
    ("申请", "rights.application_list", Permission.REGISTER_VIEW),
    ("储备", "rights.reserve_list", Permission.POLICY_VIEW),
)
LEVELS = {str(level): LEVEL_WORDS[level] for level in Level}
POLLUTANT_OPTIONS = {pollutant: pollutant for pollutant in POLLUTANTS}

for _reason in CANNOT_RUN:
    blueprint.register_error_handler(_reason, cannot_run)


@blueprint.errorhandler(AllocationFault)
def _cannot_allocate(error: AllocationFault) -> tuple[str, int]:
    if scope_for(Permission.POLICY_VIEW).is_everything:
        return cannot_run(error)
    return cannot_run(AllocationFault("排污权申请或储备有误，分配无法计算。请联系市级经办人核对。"))


def section_page(template: str, current: str = "", **context: Any) -> str:
    """A page under the tabs that this person has; ``current`` names the tab of a page within."""
    here = current or request.endpoint
    sections = [
        (label, url_for(endpoint), endpoint == here)
        for label, endpoint, permission in SECTIONS
        if can(permission)
    ]
    return page(f"rights/{template}.html", sections=sections, **context)


def reserve_in(values: Mapping[str, str], years: Sequence[int]) -> tuple[Level, str, int]:
    """Which reserve is asked for; the city's, the first pollutant, the newest year otherwise."""
    level = Level(option_in(values, "level", LEVELS, str(Level.CITY)))
    pollutant = option_in(values, "pollutant", POLLUTANT_OPTIONS, POLLUTANTS[0])
    return level, pollutant, year_in(values, years)


def option_in(
    values: Mapping[str, str], name: str, options: Mapping[str, str], otherwise: str
) -> str:
    """One of the options on offer; what is not on offer counts as not said."""
    wanted = values.get(name, "").strip()
    return wanted if wanted in options else otherwise


def year_in(values: Mapping[str, str], years: Sequence[int]) -> int:
    """The year asked for; the newest on record otherwise."""
    text = values.get("year", "").strip()
    is_year = text.isascii() and text.isdecimal() and len(text) == len("2025")
    return int(text) if is_year else years[0]


def with_year(years: Sequence[int], year: int) -> list[int]:
    """The years on offer, newest first, the one asked for among them."""
    return sorted({*years, year}, reverse=True)
