"""What every page of 指标表 shares: the blueprint, the frame, and how a table is put on a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, url_for

from app.accounts.queries import names_of
from app.indicators.criteria import Criterion, Evidence, IndicatorTable, Row
from app.indicators.proposals import act_of, open_rulings
from app.indicators.queries import Family, Version, find_family, newest_version, numbered_version
from app.indicators.sheets import head_of
from app.indicators.telling import industry_label, kind_label, rulebook_label
from app.indicators.wording import evidence_written, written
from app.kernel.authority import Permission
from app.kernel.permissions import can
from app.kernel.web import page
from app.rulebook.domain import Grade
from app.rulebook.routes import sections_of

blueprint = Blueprint(
    "indicators", __name__, url_prefix="/rulebook/indicators", template_folder="../templates"
)
LIST = "indicators.tables"
NOT_THERE = "没有这张指标表。请返回列表重新选择。"
SYSTEM = "系统"


@blueprint.app_template_global("grouped_rows")
def grouped_rows(table: IndicatorTable) -> list[tuple[Row, int]]:
    """Every row with the rows its dimension's cell covers; 0 where that began further up."""
    found: list[tuple[Row, int]] = []
    first = 0
    for number, row in enumerate(table.rows):
        if number and table.rows[number - 1].dimension == row.dimension:
            head, span = found[first]
            found[first] = (head, span + 1)
            found.append((row, 0))
        else:
            first = number
            found.append((row, 1))
    return found


@blueprint.app_template_global("grade_head")
def grade_head(grade: Grade) -> str:
    """A级 for A, 引领性 as it is."""
    return head_of(grade)


@blueprint.app_template_global("criterion_text")
def criterion_text(criterion: Criterion) -> str:
    """A requirement as the guide writes it."""
    return written(criterion)


@blueprint.app_template_global("evidence_text")
def evidence_text(evidence: Evidence) -> str:
    """监测报告（上一自然年）."""
    return evidence_written(evidence)


def family_or_404(family_id: int) -> Family:
    """The table that an address names."""
    family = find_family(family_id)
    if family is None:
        abort(404, NOT_THERE)
    return family


def newest_or_404(family_id: int) -> Version:
    """The version that was kept last."""
    version = newest_version(family_id)
    if version is None:
        abort(404, NOT_THERE)
    return version


def version_or_404(family_id: int, number: str) -> Version:
    """The version that an address names by its number; without one the newest."""
    if not number:
        return newest_or_404(family_id)
    is_number = number.isascii() and number.isdecimal() and len(number) < 8
    version = numbered_version(family_id, int(number)) if is_number else None
    if version is None:
        abort(404, "没有这一版指标表。请返回版本列表重新选择。")
    return version


def waiting(family_id: int) -> list[tuple[str, str, str, str]]:
    """What waits for a decision, for those involved: title, act, who proposed it, its page."""
    if not (can(Permission.RULEBOOK_EDIT) or can(Permission.RULEBOOK_APPROVE)):
        return []
    found = open_rulings(family_id)
    names = names_of(it.proposed_by for it in found)
    return [
        (it.title, act_of(it.payload), names.get(it.proposed_by, SYSTEM), f"/approvals/{it.id}")
        for it in found
    ]


def table_page(template: str, family: Family, **context: Any) -> str:
    """A page of one table, with its tabs."""
    tabs = [
        ("指标", url_for("indicators.table_page", family_id=family.id), template == "table"),
        ("版本与施行", url_for("indicators.versions", family_id=family.id), template == "versions"),
    ]
    return framed(
        template,
        family=family,
        about={
            "industry": industry_label(family),
            "rulebook": rulebook_label(family),
            "kind": kind_label(family),
        },
        tabs=tabs,
        may_edit=can(Permission.RULEBOOK_EDIT),
        crumbs=[("指标表", url_for(LIST))],
        **context,
    )


def framed(template: str, *, blocks: tuple[str, ...] = (), **context: Any) -> str:
    """A page of 规则库 › 指标表."""
    return page(f"indicators/{template}.html", blocks=blocks, sections=sections_of(LIST), **context)


def names(ids: Iterator[int | None]) -> dict[int, str]:
    """The names of those people."""
    return names_of(it for it in ids if it is not None)
