"""What was submitted: the officers' list, its export, and the frozen content of each version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import abort, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.filing import record
from app.filing.answers import read_transport, transport_words
from app.filing.domain import Kind, State, Way
from app.filing.exports import filings_file, offer_filings
from app.filing.queries import (
    SORTS,
    Filing,
    FilingFilter,
    FilingLine,
    Submission,
    filing_by_id,
    find_filing,
    find_submission,
    list_filings,
    submissions_of,
)
from app.filing.queries.papers import next_steps_of
from app.filing.routes.blueprint import blueprint, home_words, may_enter, state_tag
from app.kernel import audit, clock, htmx
from app.kernel.authority import Permission
from app.kernel.listing import chips, heads, page_number, ways
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page

ROWS_PER_PAGE = 50
_LONGEST_SEARCH = 100
_HEADS = {"submitted": "提交时间", "plant": "企业、厂区", "target": "申报等级", "state": "状态"}
_LIST = "filing.submission_list"


def _wanted(values: Mapping[str, str]) -> FilingFilter:
    year, sort = values.get("year", ""), values.get("sort", "")
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    return FilingFilter(
        year=int(year) if is_year else None,
        kind=_one_of(values.get("kind", ""), Kind),
        state=_one_of(values.get("state", ""), State),
        way=_one_of(values.get("way", ""), Way),
        county=values.get("county", "").strip()[:6],
        target=values.get("target", "").strip()[:4],
        search=values.get("q", "").strip()[:_LONGEST_SEARCH],
        sort=sort if sort in SORTS else "submitted",
        falling=values.get("order", "desc") != "asc",
    )


def _asked(wanted: FilingFilter) -> dict[str, Any]:
    """The filter as parameters of an address."""
    return {
        "q": wanted.search, "year": wanted.year, "kind": wanted.kind, "state": wanted.state,
        "way": wanted.way, "target": wanted.target, "county": wanted.county, "sort": wanted.sort,
        "order": "desc" if wanted.falling else "asc",
    }  # fmt: skip


def _one_of(text: str, known: Iterable[Any]) -> str:
    return text if text in {str(it) for it in known} else ""


def _whose(counties: Mapping[str, str]) -> str:
    scope = scope_for(Permission.FILING_VIEW)
    return "全市" if scope.is_everything else "、".join(counties.values())


def _counties() -> dict[str, str]:
    within = scope_for(Permission.FILING_VIEW).counties
    return {
        it.code: it.short_name
        for it in list_bureaus("county")
        if within is None or it.code in within
    }


@blueprint.get("/submissions")
@requires(Permission.FILING_VIEW)
def submission_list() -> str | Response:
    """The filings that were submitted or are entered at the window, as searched and narrowed.

    Never a draft of the enterprise's own. An enterprise has a page of its own for its filings.
    """
    if can(Permission.FILING_WORK):
        return htmx.htmx_redirect(url_for("filing.home"))
    wanted, counties = _wanted(request.args), _counties()
    asked = page_number(request.args.get("page", ""))
    scope = scope_for(Permission.FILING_VIEW)
    found = list_filings(scope, wanted, page=asked, size=ROWS_PER_PAGE)
    address = url_with()
    today = clock.today()
    html = page(
        "filing/submissions.html",
        blocks=("rows",),
        whose=_whose(counties),
        rows=[_row(it) for it in found.lines],
        matching=found.total,
        wanted=wanted,
        years=[(year, year) for year in range(today.year + 1, today.year - 6, -1)],
        kinds=[(it.value, it.words) for it in Kind],
        states=[(it.value, it.words) for it in State],
        given_ways=[(it.value, it.words) for it in Way],
        targets=[(it, it) for it in _GRADES],
        counties=counties,
        chips=_chips(wanted, counties),
        clear_url=url_for(_LIST),
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first=("submitted",)),
        page_words=f"第 {found.page} 页，共 {found.pages} 页",
        export_url=url_for("filing.export_submissions", **_asked(wanted)),
        what=_what(wanted),
        **ways(found.page, found.pages),
    )
    return htmx.push_url(make_response(html), address)


def _what(wanted: FilingFilter) -> str:
    """What the list holds, as narrowed by state and way."""
    if wanted.state == State.DRAFT:
        return "由区县代为办理、还没有提交的申报；企业自己填报的草稿不显示"
    if not wanted.state and wanted.way == Way.WINDOW:
        return "窗口代录的申报，包括正在录入、还没有提交的"
    if not wanted.state and wanted.way != Way.BROWSER:
        return "提交过的申报，和由区县代为办理、还没有提交的申报；按每件最近一次提交的内容"
    return "提交过的申报，按每件最近一次提交的内容"


_GRADES = ("A", "引领性", "B", "B-", "C", "D", "非引领性")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    filing: Filing
    line: FilingLine
    tag: tuple[str, str]
    url: str


def _row(line: FilingLine) -> Row:
    sent = line.submitted_at is not None
    is_worked_on = line.filing.state.is_open and may_enter(line.filing)
    endpoint = "overview" if is_worked_on else "last_submission" if sent else ""
    where = url_for(f"filing.{endpoint}", filing_id=line.filing.id) if endpoint else ""
    return Row(line.filing, line, state_tag(line.filing.state), where)


def _chips(wanted: FilingFilter, counties: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return chips(
        (
            ("搜索", "q", wanted.search),
            ("年度", "year", str(wanted.year or "")),
            ("申报类型", "kind", Kind(wanted.kind).words if wanted.kind else ""),
            ("状态", "state", State(wanted.state).words if wanted.state else ""),
            ("填报方式", "way", Way(wanted.way).words if wanted.way else ""),
            ("申报等级", "target", wanted.target),
            ("区县", "county", counties.get(wanted.county, wanted.county)),
        )
    )


@blueprint.post("/submissions/export")
@requires(Permission.FILING_VIEW)
def export_submissions() -> Response:
    """The list as filtered and sorted, as a file."""
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with reading_first():
        wanted, counties = _wanted(request.args), _counties()
        found = list_filings(scope_for(Permission.FILING_VIEW), wanted, size=None)
        said = [f"{label}：{value}" for label, value, _ in _chips(wanted, counties)]
        content = filings_file(found.lines, said, counties, form)
    audit.record(
        "filing.exported", "filings", clock.today(),
        {"条件": said, "件数": found.total, "格式": form},
    )  # fmt: skip
    return htmx.htmx_redirect(offer_filings(content, form))


# --- One submission ----------------------------------------------------------------------------


def submission_or_404(submission_id: int) -> Submission:
    """A submission within the person's reach."""
    found = find_submission(submission_id, scope_for(Permission.FILING_VIEW))
    if found is None:
        abort(404, "没有这次提交，或者不在您的权限范围内。")
    return found


@blueprint.get("/<int:filing_id>/submitted")
@requires(Permission.FILING_VIEW)
def last_submission(filing_id: int) -> Response:
    """The last submission of a filing."""
    return to_last_submission(filing_id)


def to_last_submission(filing_id: int) -> Response:
    """The way to the last submission of a filing within the person's reach (404)."""
    found = find_filing(filing_id, scope_for(Permission.FILING_VIEW))
    sent = submissions_of(found.id) if found else []
    if not sent:
        abort(404, "这件申报还没有提交过，或者不在您的权限范围内。")
    return htmx.htmx_redirect(url_for("filing.submission_page", submission_id=sent[-1].id))


@blueprint.get("/submissions/<int:submission_id>")
@requires(Permission.FILING_VIEW)
def submission_page(submission_id: int) -> str:
    """What was submitted, read from the frozen content alone."""
    found = submission_or_404(submission_id)
    filing = filing_by_id(found.filing_id)
    assert filing is not None  # noqa: S101 - whoever may see the submission may see its filing
    content = record.read(found.content)
    every = submissions_of(found.filing_id)
    latest = every[-1]
    is_own = can(Permission.FILING_WORK)
    return page(
        "filing/submission.html",
        c=content,
        found=found,
        sha256=found.sha256,
        kind_words=Kind(content["kind"]).in_year(content["year"]),
        state_tag=state_tag(filing.state),
        facts=_facts(content),
        tables=[_table(it) for it in content["tables"]],
        evidence_names={it["no"]: it["name"] for it in content["evidence"]},
        transport_words=_transport(content.get("transport")),
        signed_at=_moment(content["commitment"]["signed_at"]),
        versions=[
            (f"第 {it.number} 版", url_for("filing.submission_page", submission_id=it.id),
             it.id == found.id)
            for it in every
        ],
        newer_url="" if latest.id == found.id
        else url_for("filing.submission_page", submission_id=latest.id),
        receipt_url=url_for("filing.receipt_page", submission_id=found.id),
        breadcrumbs=[(home_words(), url_for("filing.home" if is_own else _LIST))],
    )  # fmt: skip


def _facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    plant, rules = content["plant"], content["rulebook"]
    return [
        ("企业", f"{plant['enterprise']}（{plant['uscc']}）"),
        ("厂区", f"{plant['number']} {plant['name']}"),
        ("区县", f"{_county_name(plant['county'])}（{plant['county']}）"),
        ("排污许可证编号", plant.get("permit") or ""),
        ("规则集", f"{rules['title']}（{rules['status']}）"),
        ("按哪一天的指标表", content["judged_on"]),
        ("填报方式", "，".join(filter(None, (Way(content["way"]).words, content.get("paper"))))),
        *_entered(content),
        ("提交时间", _moment(content["submitted_at"])),
    ]  # fmt: skip


def _county_name(code: str) -> str:
    return next((it.name for it in list_bureaus("county") if it.code == code), "")


def _entered(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who entered for the enterprise what it filed on paper."""
    if content["way"] != Way.WINDOW:
        return []
    by = content["filing"]
    names = "、".join(dict.fromkeys([by["opened_by"], *by.get("entered_by", ())]))
    return [("代录", f"{names}，{_moment(by['opened_at'])} 开始录入；签署以纸质材料的扫描件为准")]


def _moment(text: str | None) -> str:
    return clock.shown(clock.parse_moment(text)) if text else "—"


def _table(content: Mapping[str, Any]) -> dict[str, Any]:
    """A table by its dimensions; neighbouring grades that ask for the same stand together."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in content["rows"]:
        known = [it for it in content["grades"] if it in row["asked"]]
        asked = [
            (list(grades), words.split("\n"))
            for words, grades in groupby(known, key=lambda grade: str(row["asked"][grade]))
        ]
        parts.setdefault(row["dimension"], []).append({**row, "asked": asked})
    return {
        **content,
        "parts": [{"dimension": name, "rows": rows} for name, rows in parts.items()],
    }


def _transport(kept: Mapping[str, Any] | None) -> str:
    if not kept:
        return "未填写"
    return transport_words(read_transport(json.dumps(kept)))


# --- The receipt -------------------------------------------------------------------------------


@blueprint.get("/submissions/<int:submission_id>/receipt")
@requires(Permission.FILING_VIEW)
def receipt_page(submission_id: int) -> str:
    """The receipt: number, time, what happens next and by when."""
    found = submission_or_404(submission_id)
    content = record.read(found.content)
    plant = content["plant"]
    return page(
        "filing/receipt.html",
        sent=found,
        plant_name=f"{plant['enterprise']}（{plant['number']} {plant['name']}）",
        filing_words=Kind(content["kind"]).in_year(content["year"]),
        rows=[
            ("提交时间", clock.shown(found.submitted_at, seconds=True)),
            ("签署人", content["commitment"]["signed_by"]),
            ("版本", f"第 {found.number} 版"),
            ("申报等级", content["target"]),
            ("自评等级", found.grade or "未定"),
            ("佐证材料", f"{len(content['evidence'])} 份"),
        ],
        what_next=next_steps_of(found),
        is_own=can(Permission.FILING_WORK),
    )
