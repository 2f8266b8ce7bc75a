"""等级和指标表: the grade filed for, the industries, and what is new in a later table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.filing import services
from app.filing.admission import TOP_GRADE
from app.filing.queries import Filing, Working, WorkingTable, scheme_grades, working
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.indicators.comparing import Direction, differences
from app.indicators.domain import IndicatorTable, Row
from app.indicators.wording import written
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.rulebook.domain import Grade

_APART = "/"
"""Between an industry and its sub-type in the value of a field."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that reads otherwise in the newer table."""

    title: str
    what: str
    before: str
    now: str


@blueprint.get("/<int:filing_id>/tables")
@requires(Permission.FILING_ENTER)
def tables_page(filing_id: int) -> str:
    """The grade and the tables of a filing, and the newer ones with what is different in them."""
    return _page(filing_or_404(filing_id))


@blueprint.post("/<int:filing_id>/target")
@requires(Permission.FILING_ENTER)
def set_target(filing_id: int) -> Response:
    """File for another grade."""
    filing = open_filing_or_409(filing_id)
    target = request.form.get("target", "")[:8]
    try:
        services.set_target(filing.id, target, _seen())
    except Refused as refused:
        return make_response(_page(filing, ("f-target", str(refused))), 422)
    flash(f"申报等级已改为 {target}。")
    return htmx.htmx_redirect(url_for("filing.tables_page", filing_id=filing.id))


@blueprint.post("/<int:filing_id>/tables")
@requires(Permission.FILING_ENTER)
def choose_tables(filing_id: int) -> Response:
    """Choose the main industry's sub-type and the reference industries."""
    filing = open_filing_or_409(filing_id)
    chosen = [request.form.get("main", ""), *request.form.getlist("reference")]
    pairs = [_pair(text) for text in chosen if text]
    try:
        services.choose_tables(filing.id, pairs, _seen())
    except Refused as refused:
        return make_response(_page(filing, ("f-main", str(refused))), 422)
    flash("申报的行业已保存。")
    return htmx.htmx_redirect(url_for("filing.tables_page", filing_id=filing.id))


def _pair(text: str) -> tuple[str, str]:
    industry, _, subtype = text[:130].partition(_APART)
    return industry, subtype


def _seen() -> int | None:
    """The revision of the header that the page showed; None: it did not say."""
    text = request.form.get("seen", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number else None


@blueprint.post("/<int:filing_id>/tables/newer")
@requires(Permission.FILING_ENTER)
def take_newer(filing_id: int) -> Response:
    """Go on with the tables that rule today; what was entered is kept where it still fits."""
    filing = open_filing_or_409(filing_id)
    try:
        touched = services.take_newer_tables(filing.id, _seen())
    except Refused as refused:
        return make_response(_page(filing, ("", str(refused))), 422)
    flash(f"已改用新的指标表。填写的内容已保留，要求有变化的 {touched} 项请重新核对。")
    return htmx.htmx_redirect(url_for("filing.assess_page", filing_id=filing.id))


def _page(filing: Filing, fault: tuple[str, str] | None = None) -> str:
    found = working(filing)
    return filing_page(
        "tables",
        filing,
        tables=found.tables,
        grades=_grades(found),
        main_options=_main_options(found),
        references=_references(found),
        is_settled=found.submissions > 0,
        is_outdated=found.is_outdated,
        changes=[(it.label, _changes(it)) for it in found.tables if it.newer],
        faults=[fault] if fault else [],
        wrong=dict([fault] if fault else []),
        typed=request.form,
    )


def _grades(found: Working) -> list[tuple[Grade, Grade]]:
    grades = scheme_grades(found.industries, found.rules)
    return [(it, it) for it in grades if it != TOP_GRADE]


def _value(industry: str, subtype: str) -> str:
    return f"{industry}{_APART}{subtype}" if subtype else industry


def _options(found: Working, industry: str) -> list[tuple[str, str]]:
    """An industry and its sub-types."""
    known = found.rules.catalogue.by_id(industry)
    parts = [it.name for it in known.subtypes]
    names = [("", known.label(None, found.rules.on))]
    names += [(it, known.label(it, found.rules.on)) for it in parts]
    return [(_value(industry, subtype), label) for subtype, label in names]


def _main_options(found: Working) -> list[tuple[str, str]]:
    return _options(found, found.tables[0].industry) if found.tables else []


def _references(found: Working) -> list[tuple[str, str, bool]]:
    """The reference industries on record and those chosen: value, name, whether chosen."""
    chosen = {_value(it.industry, it.subtype): it.label for it in found.tables[1:]}
    known = {_value(it.industry, it.subtype): it.label for it in found.industries if not it.is_main}
    every = {**known, **chosen}
    return [(value, label, value in chosen) for value, label in every.items()]


def _changes(table: WorkingTable) -> Sequence[Changed]:
    """What reads otherwise in the table that rules today."""
    if table.newest is None:
        return [Changed("整张表", "停用", table.table.title, "—")]
    return list(_rows_changed(table.table, table.newest.table))


def _asked(row: Row | None) -> str:
    """What a row asks for, grade by grade; — where there is none."""
    if row is None:
        return "—"
    return "\n".join(f"{'、'.join(it.grades)}：{written(it.criterion)}" for it in row.cells)


def _rows_changed(before: IndicatorTable, now: IndicatorTable) -> list[Changed]:
    found = []
    for change in differences(before, now):
        if change.is_same:
            continue
        row = change.now or change.before
        if row is None:
            continue
        if change.before is None or change.now is None:
            what = "新增" if change.before is None else "取消"
            found.append(Changed(row.title, what, _asked(change.before), _asked(change.now)))
            continue
        found += [
            Changed(row.title, f"{it.grade} {it.direction}", it.before, it.now)
            for it in change.cells
            if it.direction is not Direction.SAME
        ]
    return found
