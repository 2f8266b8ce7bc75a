"""排污权申请: the applications on record, and those that enterprises and officers enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import abort, request, url_for
from werkzeug import Response

from app.accounts.queries import names_of
from app.issuing.services.steps import link_of
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.policy.documents import Table, moment_in_utc, sealed
from app.policy.exports import TONNES
from app.policy.screens import form_wanted, offer, reach_of
from app.rights.domain import POLLUTANTS, total_of
from app.rights.forms import Typed
from app.rights.queries import years_on_record
from app.rights.queries.applications import (
    SORTS,
    ApplicationFilter,
    ApplicationOnRecord,
    corrections_of,
    find_application,
    list_applications_on_record,
)
from app.rights.queries.issued import lists_with
from app.rights.routes.blueprint import (
    POLLUTANT_OPTIONS,
    blueprint,
    option_in,
    section_page,
    with_year,
    year_in,
)

HERE = "rights.application_list"
ROWS_PER_PAGE = 50
LONGEST_SEARCH = 100
LONGEST_NUMBER = 16
HEADS = {"applied": "申请日期", "name": "企业、厂区", "project": "项目", "asked": "申请量（吨/年）"}


def is_enterprise() -> bool:
    """Whether the person applies for an enterprise rather than for a bureau."""
    scope = scope_for(Permission.REGISTER_VIEW)
    return not scope.is_everything and not scope.counties


def _whose(words: str) -> str:
    return "本企业" if is_enterprise() else words


def _wanted(years: Sequence[int]) -> ApplicationFilter:
    args = request.args
    reach = reach_of(Permission.REGISTER_VIEW, args.get("county", ""))
    sort = args.get("sort", "")
    return ApplicationFilter(
        year=year_in(args, years),
        pollutant=option_in(args, "pollutant", POLLUTANT_OPTIONS, ""),
        county=reach.chosen,
        search=args.get("q", "").strip()[:LONGEST_SEARCH],
        sort=sort if sort in SORTS else "applied",
        falling=args.get("order") == "desc",
    )


@blueprint.get("/applications")
@requires(Permission.REGISTER_VIEW)
def application_list() -> str:
    """The applications of a year as searched and sorted, with their sums."""
    years = years_on_record() or [clock.today().year]
    wanted = _wanted(years)
    reach = reach_of(Permission.REGISTER_VIEW, wanted.county)
    rows = list_applications_on_record(scope_for(Permission.REGISTER_VIEW), wanted)
    last = max(1, -(-len(rows) // ROWS_PER_PAGE))
    shown = min(number_in("page") or 1, last)
    return section_page(
        "applications",
        rows=rows[(shown - 1) * ROWS_PER_PAGE : shown * ROWS_PER_PAGE],
        matching=len(rows),
        sums=_sums(rows),
        wanted=wanted,
        years=with_year(years, wanted.year),
        pollutants=POLLUTANT_OPTIONS,
        reach=reach,
        whose=_whose(reach.words),
        chips=_chips(wanted, reach.names),
        clear_url=url_for(HERE, year=wanted.year),
        heads={key: _head(key, label, wanted) for key, label in HEADS.items()},
        previous_url=url_with(page=shown - 1) if shown > 1 else None,
        next_url=url_with(page=shown + 1) if shown < last else None,
        page_words=f"第 {shown} 页，共 {last} 页",
        may_apply=can(Permission.RIGHTS_APPLY),
        may_export=can(Permission.POLICY_EXPORT),
    )


def _sums(rows: Sequence[ApplicationOnRecord]) -> dict[str, Decimal]:
    named = [it for it in POLLUTANTS if any(row.pollutant == it for row in rows)]
    return {it: total_of(row.asked for row in rows if row.pollutant == it) for it in named}


def number_in(name: str) -> int | None:
    """A whole number in the address; None when it is none."""
    text = request.args.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER
    return int(text) if is_number else None


def _chips(wanted: ApplicationFilter, counties: Mapping[str, str]) -> list[tuple[str, str, str]]:
    said = (
        ("搜索", wanted.search, "q"),
        ("污染物", wanted.pollutant, "pollutant"),
        ("区县", counties.get(wanted.county, wanted.county), "county"),
    )
    return [
        (label, value, url_with(**{name: None, "page": None}))
        for label, value, name in said
        if value
    ]


def _head(key: str, label: str, wanted: ApplicationFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    falling = here and not wanted.falling
    url = url_with(sort=key, order="desc" if falling else None, page=None)
    return label, url, ("descending" if wanted.falling else "ascending") if here else ""


@blueprint.post("/applications/export")
@requires(Permission.POLICY_EXPORT)
def export_applications() -> Response:
    """The list as filtered and sorted, as a file."""
    wanted = _wanted(years_on_record() or [clock.today().year])
    reach = reach_of(Permission.POLICY_EXPORT, wanted.county)
    rows = list_applications_on_record(scope_for(Permission.POLICY_EXPORT), wanted)
    sums = {name: str(value) for name, value in _sums(rows).items()}
    document = sealed(
        {
            "year": wanted.year,
            "known_at": moment_in_utc(clock.now()),
            "totals": sums,
            "rows": [_as_json(row) for row in rows],
        }
    )
    title = f"{wanted.year} 年度排污权申请"
    told = "；".join(f"{name} {value} 吨/年" for name, value in sums.items())
    notes = (f"范围：{reach.words}。合计：{told or '无'}。",
             f"校验值（SHA-256）：{document['sha256']}")  # fmt: skip
    cells = tuple(
        (
            row.applied_on.isoformat(), row.uscc, row.name, row.number, row.plant_name,
            reach.names.get(row.county, row.county), row.project,
            {True: "是", False: "否", None: ""}[row.new_enterprise],
            row.pollutant, str(row.asked),
            "、".join(it.name for it in row.evidence),
        )
        for row in rows
    )  # fmt: skip
    columns = (
        "申请日期", "统一社会信用代码", "企业名称", "厂区编号", "厂区名称", "区县",
        "项目名称", "新办企业", "污染物", f"申请量{TONNES}", "证明材料",
    )  # fmt: skip
    table = Table(title, notes, columns, cells)
    return offer(document, table, form_wanted(), (title, reach.words), "排污权申请")


def _as_json(row: ApplicationOnRecord) -> dict[str, Any]:
    return {
        "uscc": row.uscc,
        "plant": row.number,
        "project": row.project,
        "pollutant": row.pollutant,
        "applied_on": row.applied_on.isoformat(),
        "asked": str(row.asked),
        "new_enterprise": row.new_enterprise,
        "evidence": [{"name": it.name, "sha256": it.sha256} for it in row.evidence],
    }


# --- One application ---------------------------------------------------------------------------


def application_or_404(application_id: int, permission: Permission) -> ApplicationOnRecord:
    """The application, if the person's permission reaches it (404)."""
    found = find_application(application_id, scope_for(permission))
    if found is None:
        abort(404, "没有这件申请，或者不在您的权限范围内。")
    return found


@blueprint.get("/applications/<int:application_id>")
@requires(Permission.REGISTER_VIEW)
def application_page(application_id: int) -> str:
    """One application: what is asked, on what evidence, what was corrected."""
    found = application_or_404(application_id, Permission.REGISTER_VIEW)
    return application_view(found, Typed({}))


def application_view(found: ApplicationOnRecord, form: Typed) -> str:
    """The page of an application, with a withdrawal as typed."""
    reach = reach_of(Permission.REGISTER_VIEW)
    recorder = found.recorded_by
    return section_page(
        "application",
        HERE,
        it=found,
        form=form,
        county=reach.names.get(found.county, ""),
        recorder=names_of([recorder]).get(recorder or 0, "系统"),
        corrections=corrections_of(found.id),
        uses=lists_with(found.plant_id, found.project, found.pollutant, found.year),
        list_url=None if is_enterprise() else link_of,
        may_change=found.stands and can(Permission.RIGHTS_APPLY),
    )
