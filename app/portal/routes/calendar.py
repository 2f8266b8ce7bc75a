"""工作日历: the year as recorded, and how a yearly notice (放假通知) gets in."""

from __future__ import annotations

from datetime import date

from flask import flash, request, url_for
from werkzeug import Response

from app.accounts.queries import names_of
from app.approvals import services as approvals
from app.approvals.domain import Refused
from app.approvals.queries import open_of_kinds
from app.kernel import calendar as records
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.kernel.web import page
from app.portal.calendar_kind import CALENDAR, changes_of, is_new, stood
from app.portal.calendar_notice import Notice, read_notice
from app.portal.queries.calendar import get_year, named_spans
from app.portal.routes.blueprint import blueprint

_YEARS = range(2004, 2100)
_LONGEST_TEXT = 5_000
_LONGEST_NUMBER = 120
_LONGEST_REASON = 200


@blueprint.get("/calendar")
@requires(Permission.RULEBOOK_VIEW)
def calendar() -> str:
    """A year of the workday calendar; a year that nobody loaded is said to be missing."""
    year = _year(request.args.get("year", ""))
    loaded = records.loaded_years()
    months, sources = get_year(year)
    return page(
        "portal/calendar.html",
        year=year,
        years=[
            (
                f"{it} 年" if it in loaded else f"{it} 年（未载入）",
                url_for("portal.calendar", year=it),
                it == year,
            )
            for it in sorted({*loaded, year, clock.today().year, clock.today().year + 1})
        ],
        is_loaded=year in loaded,
        months=months,
        sources=sources,
        spans=named_spans(months),
        may_edit=can(Permission.CALENDAR_EDIT),
        pending=_pending(),
    )


@blueprint.get("/calendar/notice")
@requires(Permission.CALENDAR_EDIT)
def calendar_notice() -> str:
    """The form into which a notice is pasted."""
    year = _year(request.args.get("year", ""), _next_year())
    return _form(str(year), "", "", "", [])


@blueprint.post("/calendar/notice/preview")
@requires(Permission.CALENDAR_EDIT)
def calendar_preview() -> str | tuple[str, int]:
    """What the notice would make of the year; nothing is written yet."""
    typed = _typed()
    if "again" in request.form:
        return _form(*typed, [])
    notice, problems = _read(*typed)
    if notice is None or problems:
        return _form(*typed, problems), 422
    return page(
        "portal/calendar_preview.html",
        year=int(typed[0]),
        number=typed[1],
        text=typed[2],
        reason=typed[3],
        notice=notice,
        changes=changes_of(notice),
        is_loaded=int(typed[0]) in records.loaded_years(),
        breadcrumbs=_crumbs(typed[0]),
    )


@blueprint.post("/calendar/notice")
@requires(Permission.CALENDAR_EDIT)
def calendar_save() -> Response | tuple[str, int]:
    """Put the year, as the notice says, before the head of the city."""
    typed = _typed()
    notice, problems = _read(*typed)
    if notice is None or problems:
        return _form(*typed, problems), 422
    year, number, text, reason = typed
    if not is_new(notice):
        flash(f"{year} 年工作日历与已登记的相同，没有变动，不需要提交。")
        return htmx.htmx_redirect(url_for("portal.calendar", year=year))
    payload = {
        "year": year, "number": number, "text": text, "reason": reason, "stood": stood(notice),
    }  # fmt: skip
    try:
        approvals.propose(CALENDAR, f"{year} 年工作日历（{number}）", payload)
    except Refused as refused:
        return _form(*typed, [("", str(refused))]), 422
    flash(f"已提交 {year} 年工作日历，由市级负责人复核，通过后生效。")
    return htmx.htmx_redirect(url_for("portal.calendar", year=year))


def _pending() -> list[tuple[str, str, str]]:
    """Notices that wait for a decision: title, proposer, page; for those who edit or decide."""
    if not (can(Permission.CALENDAR_EDIT) or can(Permission.RULEBOOK_APPROVE)):
        return []
    waiting = open_of_kinds((CALENDAR,))
    names = names_of(it.proposed_by for it in waiting)
    return [(it.title, names.get(it.proposed_by, ""), f"/approvals/{it.id}") for it in waiting]


def _typed() -> tuple[str, str, str, str]:
    names = ("year", "number", "text", "reason")
    year, number, text, reason = (request.form.get(name, "") for name in names)
    return year.strip(), number.strip(), text, reason.strip()


def _read(
    year: str, number: str, text: str, reason: str
) -> tuple[Notice | None, list[tuple[str, str]]]:
    problems: list[tuple[str, str]] = []
    if not number:
        problems.append(
            ("f-number", "没有填写文号。请填写通知的文号，例如：国办发明电〔2025〕7号。")
        )
    if len(number) > _LONGEST_NUMBER:
        problems.append(("f-number", f"文号最多 {_LONGEST_NUMBER} 个字。请只填文号。"))
    if not reason:
        problems.append(("f-reason", "没有填写理由。请写明为什么登记或修改。"))
    if len(reason) > _LONGEST_REASON:
        problems.append(("f-reason", f"理由最多 {_LONGEST_REASON} 个字。请改短。"))
    if len(text) > _LONGEST_TEXT:
        problems.append(("f-text", "粘贴的内容太长。请只粘贴放假安排部分。"))
    elif not (year.isascii() and year.isdecimal()) or int(year[:9]) not in _YEARS:
        problems.append(("f-year", f"年份应为 {_YEARS[0]} 至 {_YEARS[-1]} 的四位数字。请改正。"))
    else:
        notice = read_notice(int(year), text, records.loaded_years())
        return notice, [*problems, *(("f-text", problem) for problem in notice.problems)]
    return None, problems


def _form(year: str, number: str, text: str, reason: str, problems: list[tuple[str, str]]) -> str:
    return page(
        "portal/calendar_notice.html",
        year=year,
        number=number,
        text=text,
        reason=reason,
        problems=problems,
        breadcrumbs=_crumbs(year),
    )


def _crumbs(year: str) -> list[tuple[str, str]]:
    return [("工作日历", url_for("portal.calendar", year=year))]


def _year(text: str, default: int | None = None) -> int:
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else 0
    return asked if asked in _YEARS else default or clock.today().year


def _next_year() -> int:
    """The first year from this one on that is not loaded yet."""
    loaded = set(records.loaded_years())
    return next(year for year in range(clock.today().year, date.max.year) if year not in loaded)
