"""年度更新: who must renew this year, who has, who has not; the list as a file, the notices."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.accounts.sessions import signed_in_person
from app.filing import renewal
from app.filing.queries.gaps import Lacking, gaps_of
from app.filing.queries.renewal_rules import YearRules, year_rules
from app.filing.queries.renewals import (
    PARTS,
    SORTS,
    RenewalFilter,
    RenewalLine,
    all_renewals,
    list_renewals,
)
from app.filing.renewal_files import (
    MEDIA_TYPES,
    TITLE,
    notices_of,
    notices_pdf,
    remarks,
    sheet_file,
)
from app.filing.routes.blueprint import blueprint
from app.kernel import audit, clock, files, htmx, papers
from app.kernel.asked import Asked, asked_in
from app.kernel.authority import Permission
from app.kernel.entrance import enterprise_address
from app.kernel.listing import chips, heads, page_number, ways
from app.kernel.look import url_with
from app.kernel.papers import PaperFault
from app.kernel.permissions import can, requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.rulebook.domain import GradeOrder
from app.rulebook.queries import rulebook_on

MOST_NOTICES = 500
"""Notices in one file; more are printed county by county or search by search."""
_LONGEST_SEARCH = 100
_LIST = "filing.renewal_list"
_HEADS = {
    "plant": "企业、厂区",
    "county": "区县",
    "held": "上年等级",
    "progress": "办理情况",
    "sent": "提交时间",
}


def _wanted(values: Mapping[str, str], asked: Asked) -> RenewalFilter:
    year, sort, part = (values.get(it, "") for it in ("year", "sort", "part"))
    is_year = year.isascii() and year.isdecimal() and len(year) == 4 and int(year) > 2000
    return RenewalFilter(
        year=int(year) if is_year else asked.on.year,
        on=asked.on,
        part=part if part in PARTS else "all",
        search=values.get("q", "").strip()[:_LONGEST_SEARCH],
        county=values.get("county", "").strip()[:6],
        grade=values.get("grade", "").strip()[:4],
        sort=sort if sort in SORTS else "plant",
        falling=values.get("order", "asc") == "desc",
        page=page_number(values.get("page", "")),
    )


def _counties() -> dict[str, str]:
    within = scope_for(Permission.FILING_VIEW).counties
    every = list_bureaus("county")
    return {it.code: it.short_name for it in every if within is None or it.code in within}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list as the page shows it."""

    line: RenewalLine
    tag: tuple[str, str]
    due: Any
    remarks: list[str]
    url: str
    window_url: str
    """Where it is entered from paper (窗口代录); empty: not by this person, or not now."""


def _row(line: RenewalLine, rules: YearRules, wanted: RenewalFilter, order: GradeOrder) -> Row:
    own = rules.of(line.county)
    sent = line.sent_id is not None
    return Row(
        line,
        renewal.tag(line.sent_on, own.due_on, wanted.on, has_begun=line.begun_at is not None),
        own.due_on,
        remarks(line, own, order),
        url_for("filing.last_submission", filing_id=line.sent_id) if sent else "",
        _window_url(line, wanted),
    )


def _window_url(line: RenewalLine, wanted: RenewalFilter) -> str:
    is_free = line.progress is renewal.Progress.NONE and line.may_file
    if not is_free or wanted.on != clock.today() or wanted.year != wanted.on.year:
        return ""
    if not scope_for(Permission.FILING_WINDOW).covers(county=line.county):
        return ""
    return url_for("filing.window_new", plant_id=line.plant_id, year=wanted.year, kind="renewal")


@blueprint.get("/renewals")
@requires(Permission.FILING_VIEW)
def renewal_list() -> str | Response:
    """The plants that must renew in a year, by part, as of a day."""
    asked = asked_in(request.args)
    wanted, address = _wanted(request.args, asked), url_with()
    if htmx.is_fragment_request() and not _is_of_the_page_around(wanted, asked):
        return htmx.htmx_redirect(address)
    rules, counties = year_rules(wanted.year, wanted.on), _counties()
    general = rules.for_all(counties)
    found = list_renewals(scope_for(Permission.FILING_VIEW), wanted, rules)
    order = rulebook_on(wanted.on).grade_order
    today = clock.today()
    kept = _asked(wanted, asked)
    html = page(
        "filing/renewal/list.html",
        blocks=("rows",),
        rows=[_row(it, rules, wanted, order) for it in found.lines],
        wanted=wanted,
        rules=general,
        left=renewal.left_words(general.due_on, wanted.on),
        own_days=rules.own_days(counties),
        parts=[
            (f"{words}（{found.counts[part]}）",
             url_for(_LIST, **{**kept, "part": part}), part == wanted.part)
            for part, words in PARTS.items()
        ],
        part_words=PARTS[wanted.part],
        matching=found.counts[wanted.part],
        years=[(it, f"{it} 年") for it in range(today.year + 1, today.year - 6, -1)],
        grades=[(it, it) for it in general.grades],
        counties=counties,
        chips=_chips(wanted, counties),
        clear_url=url_for(_LIST, year=wanted.year, part=wanted.part),
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first=("sent",)),
        page_words=f"第 {found.page} 页，共 {found.pages} 页",
        export_url=url_for("filing.export_renewals", **kept),
        notices_url=url_for("filing.print_renewal_notices", **kept),
        may_export=can(Permission.REGISTER_EXPORT),
        no_pdf=papers.why_no_pdf(),
        most=MOST_NOTICES,
        **_gaps(),
        **asked.shown(),
        **ways(found.page, found.pages),
    )  # fmt: skip
    return htmx.push_url(make_response(html), address)


def _gaps() -> dict[str, Any]:
    """What filings of the plants in reach need and is missing; it stands above the rows."""
    if htmx.is_fragment_request():
        return {"gaps": ()}
    found = gaps_of(scope_for(Permission.FILING_VIEW), clock.today())
    numbers = Counter(it.lacking for it in found)
    words = {
        Lacking.SCHEME: "没有等级方案的",
        Lacking.SUBTYPE: "没有登记子类的",
        Lacking.TABLE: "没有指标表的",
    }
    parts = [f"{words[it]} {numbers[it]} 个行业" for it in Lacking if numbers[it]]
    return {"gaps": found, "gap_words": f"申报所缺：{'、'.join(parts)}"}


def _is_of_the_page_around(wanted: RenewalFilter, asked: Asked) -> bool:
    """Whether what stands above the rows is of the same year and day already."""
    around = htmx.parameters_around()
    its = _wanted(around, asked_in(around))
    return its.year == wanted.year and asked.is_of_the_page_around()


def _asked(wanted: RenewalFilter, asked: Asked) -> dict[str, Any]:
    """The filter as parameters of an address."""
    day = {} if wanted.on == clock.today() else asked.parameters
    return {
        "year": wanted.year, "part": wanted.part, "q": wanted.search or None,
        "county": wanted.county or None, "grade": wanted.grade or None, "sort": wanted.sort,
        "order": "desc" if wanted.falling else "asc", **day,
    }  # fmt: skip


def _chips(wanted: RenewalFilter, counties: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return chips(
        (
            ("搜索", "q", wanted.search),
            ("区县", "county", counties.get(wanted.county, wanted.county)),
            ("上年等级", "grade", wanted.grade),
        )
    )


@blueprint.post("/renewals/export")
@requires(Permission.REGISTER_EXPORT)
def export_renewals() -> Response:
    """The list as filtered and sorted, as a file."""
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with reading_first():
        wanted = _wanted(request.args, asked_in(request.args))
        rules, counties = year_rules(wanted.year, wanted.on), _counties()
        lines = all_renewals(scope_for(Permission.REGISTER_EXPORT), wanted, rules)
        said = [f"{label}：{value}" for label, value, _ in _chips(wanted, counties)]
        order = rulebook_on(wanted.on).grade_order
        content = sheet_file(lines, wanted, rules, said, counties, order, form)
    told = {"条件": said, "部分": PARTS[wanted.part], "厂区数": len(lines), "格式": form}
    audit.record("filing.renewals_exported", "filing_renewals", wanted.year, told)
    name = f"{wanted.year} 年{TITLE}（{PARTS[wanted.part]}）{wanted.on}.{form}"
    owner = signed_in_person().user_id
    return htmx.htmx_redirect(files.offer_download(content, name, MEDIA_TYPES[form], TITLE, owner))


@blueprint.post("/renewals/notices")
@requires(Permission.REGISTER_EXPORT)
def print_renewal_notices() -> Response:
    """The notices of whoever in the list has not handed in, or of one enterprise, as one PDF."""
    scope = scope_for(Permission.REGISTER_EXPORT)
    enterprise = request.form.get("enterprise", "")
    only = int(enterprise) if enterprise.isascii() and enterprise.isdecimal() else None
    with reading_first():
        wanted = _wanted(request.args, asked_in(request.args))
        rules = year_rules(wanted.year, wanted.on)
        lines = all_renewals(scope, wanted, rules)
        if only is not None:
            lines = [it for it in lines if it.enterprise_id == only]
        order = rulebook_on(wanted.on).grade_order
        address = enterprise_address() or request.url_root
        notices = notices_of(lines, rules, wanted.on, order, address)
        content, problem = b"", _why_none(len(notices))
        try:
            content = b"" if problem else notices_pdf(notices)
        except PaperFault as fault:
            problem = str(fault)
    if problem:
        flash(problem, "problem")
        return htmx.htmx_redirect(url_for(_LIST, **_asked(wanted, asked_in(request.args))))
    audit.record("filing.renewal_notices", "filing_renewals", wanted.year,
                 {"份数": len(notices), "截至": str(wanted.on)})  # fmt: skip
    whose = f"_{notices[0].enterprise}" if only is not None else ""
    name = papers.file_name(f"{wanted.year} 年度更新催报通知{whose}_{wanted.on}", "pdf")
    owner = signed_in_person().user_id
    return htmx.htmx_redirect(
        files.offer_download(
            io.BytesIO(content), name, papers.MEDIA_TYPES["pdf"], "年度更新催报通知", owner
        )
    )


def _why_none(number: int) -> str:
    if number == 0:
        return "没有需要催报的企业：名单中的厂区都已提交，或者现在不能申报（见备注）。"
    if number > MOST_NOTICES:
        too_many = f"共 {number} 份通知，一次最多生成 {MOST_NOTICES} 份。"
        return f"{too_many}请按区县、上年等级筛选或搜索后再生成。"
    return ""
