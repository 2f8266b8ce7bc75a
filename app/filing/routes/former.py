"""以往厂区的申报: what an enterprise filed for plants that went over to others, or were closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import make_response, request, url_for
from werkzeug import Response

from app.filing.domain import State
from app.filing.exports import FORMER_TITLE, former_file, offer_file
from app.filing.queries.former import (
    GONE,
    SORTS,
    FormerFilter,
    former_filings,
    years_of_former,
)
from app.filing.routes.blueprint import blueprint, state_tag
from app.kernel import audit, clock, htmx
from app.kernel.authority import Permission
from app.kernel.listing import Chip, chips, heads, page_number, ways
from app.kernel.look import url_with
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page

_LONGEST_SEARCH = 100
_HEADS = {"plant": "厂区", "year": "申报", "state": "状态", "begun": "开始时间"}


def _wanted(values: Mapping[str, str]) -> FormerFilter:
    year, gone, state, sort = (values.get(it, "") for it in ("year", "gone", "state", "sort"))
    return FormerFilter(
        search=values.get("q", "").strip()[:_LONGEST_SEARCH],
        year=int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else None,
        gone=gone if gone in GONE else "",
        state=state if state in {it.value for it in State} else "",
        sort=sort if sort in SORTS else "begun",
        falling=values.get("order", "desc") != "asc",
    )


def _chips(wanted: FormerFilter) -> list[Chip]:
    return chips(
        (
            ("搜索", "q", wanted.search),
            ("年度", "year", str(wanted.year or "")),
            ("厂区情况", "gone", GONE.get(wanted.gone, "")),
            ("状态", "state", State(wanted.state).words if wanted.state else ""),
        )
    )


def _asked(wanted: FormerFilter) -> dict[str, Any]:
    """The filter as parameters of an address."""
    return {
        "q": wanted.search or None, "year": wanted.year, "gone": wanted.gone or None,
        "state": wanted.state or None, "sort": wanted.sort,
        "order": "desc" if wanted.falling else "asc",
    }  # fmt: skip


@blueprint.get("/former")
@requires(Permission.FILING_WORK)
def former() -> Response:
    """Every such filing with its submissions; they stay the enterprise's own."""
    wanted, scope, today = _wanted(request.args), scope_for(Permission.FILING_WORK), clock.today()
    found = former_filings(scope, wanted, today, page=page_number(request.args.get("page", "")))
    html = page(
        "filing/former.html",
        blocks=("rows",),
        rows=[(it, state_tag(it.filing.state)) for it in found.lines],
        matching=found.total,
        wanted=wanted,
        years=[(it, it) for it in years_of_former(scope, today)],
        gone=GONE.items(),
        states=[(it.value, it.words) for it in State],
        chips=_chips(wanted),
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first=("begun", "year")),
        export_url=url_for("filing.export_former", **_asked(wanted)),
        page_words=f"第 {found.page} 页，共 {found.pages} 页",
        breadcrumbs=[("申报", url_for("filing.home"))],
        **ways(found.page, found.pages),
    )
    return htmx.push_url(make_response(html), url_with())


@blueprint.post("/former/export")
@requires(Permission.FILING_WORK)
def export_former() -> Response:
    """The list as filtered and sorted, as a file."""
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with reading_first():
        wanted = _wanted(request.args)
        lines = former_filings(
            scope_for(Permission.FILING_WORK), wanted, clock.today(), size=None
        ).lines
        said = [f"{label}：{value}" for label, value, _ in _chips(wanted)]
        content = former_file(lines, said, form)
    told = {"条件": said, "件数": len(lines), "格式": form}
    audit.record("filing.former_exported", "filings", clock.today(), told)
    return htmx.htmx_redirect(offer_file(content, FORMER_TITLE, form))
