"""清单: every list with its state, searched, filtered, sorted, as a file."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request, url_for
from werkzeug import Response

from app.issuing.domain import COURSE
from app.issuing.queries import ListFilter, ListView, list_lists
from app.issuing.queries.lists import SORTS, WHOLE
from app.issuing.routes.blueprint import blueprint, scope_words, tag_of
from app.issuing.subjects import all_subjects
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.kernel.web import page
from app.policy.documents import Table
from app.policy.exports import content_of
from app.policy.screens import form_wanted, offer_file, reach_of

HEADS = {
    "title": "清单",
    "number": "文号",
    "as_of": "截至日期",
    "signed_on": "签发日期",
    "state": "状态",
    "made": "起草",
}
LONGEST_SEARCH = 100


def read_filter(values: Mapping[str, str]) -> ListFilter:
    """What the address or form asks for; what it cannot ask for is left out."""
    kinds = {subject.kind for subject in all_subjects()}
    state, subject = values.get("state", ""), values.get("subject", "")
    county, sort = values.get("county", ""), values.get("sort", "")
    known = {*reach_of(Permission.POLICY_VIEW).names, WHOLE}
    number = values.get("page", "")
    is_number = number.isascii() and number.isdecimal() and len(number) < 7
    return ListFilter(
        search=values.get("q", "").strip()[:LONGEST_SEARCH],
        state=state if state in COURSE.states else "",
        subject=subject if subject in kinds else "",
        county=county if county in known else "",
        flagged=values.get("flagged") == "1",
        sort=sort if sort in SORTS else "made",
        falling=values.get("order", "desc") != "asc",
        page=max(1, int(number)) if is_number else 1,
    )


@blueprint.get("/")
@requires(Permission.POLICY_VIEW)
def lists() -> str:
    """Every list the person may see, the newest first."""
    wanted = read_filter(request.args)
    scope = scope_for(Permission.POLICY_VIEW)
    found = list_lists(scope, wanted)
    reach = reach_of(Permission.POLICY_VIEW)
    return page(
        "issuing/lists.html",
        blocks=("rows",),
        wanted=wanted,
        found=found,
        states=COURSE.states,
        subjects={it.kind: it.title for it in all_subjects()},
        counties={WHOLE: "全市", **reach.names},
        heads={key: _head(key, label, wanted) for key, label in HEADS.items()},
        chips=_chips(wanted, {WHOLE: "全市", **reach.names}),
        clear_url=url_for("issuing.lists"),
        previous_url=url_with(page=found.page - 1) if found.page > 1 else None,
        next_url=url_with(page=found.page + 1) if found.page < found.pages else None,
        tag_of=tag_of,
        scope_words=scope_words,
        may_draft=can(Permission.LIST_DRAFT),
        may_export=can(Permission.POLICY_EXPORT),
    )


def _head(key: str, label: str, wanted: ListFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    falling = not wanted.falling if here else key not in ("title", "number")
    url = url_with(sort=key, order="desc" if falling else "asc", page=None)
    return label, url, ("descending" if wanted.falling else "ascending") if here else ""


def _chips(wanted: ListFilter, counties: Mapping[str, str]) -> list[tuple[str, str, str]]:
    titles = {subject.kind: subject.title for subject in all_subjects()}
    chips = [
        ("q", "搜索", wanted.search),
        ("state", "状态", COURSE.states.get(wanted.state, "")),
        ("subject", "种类", titles.get(wanted.subject, "")),
        ("county", "范围", counties.get(wanted.county, "")),
        ("flagged", "核对", "有应有不同的行" if wanted.flagged else ""),
    ]
    return [
        (label, words, url_with(**{name: None, "page": None})) for name, label, words in chips
        if words
    ]  # fmt: skip


@blueprint.post("/export")
@requires(Permission.POLICY_EXPORT)
def export_lists() -> Response:
    """The register of lists as searched, as a file."""
    form = form_wanted()
    found = list_lists(scope_for(Permission.POLICY_VIEW), read_filter(request.form), size=None)
    today = clock.today()
    table = Table(
        "清单登记",
        (f"导出日期：{today}",),
        ("编号", "清单", "范围", "文号", "截至日期", "状态", "签发日期", "施行日期", "终止日期",
         "起草", "复核", "签发", "行数", "纳入", "应有不同的行", "校验值（SHA-256）"),
        tuple(_cells(view, found.flags.get(view.id, 0)) for view in found.rows),
    )  # fmt: skip
    content = content_of(_as_document(table), table, form)
    return offer_file(content, form, ("清单登记", str(today)), "清单登记")


def _as_document(table: Table) -> dict[str, object]:
    return {"rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows]}


def _cells(view: ListView, flags: int) -> tuple[str | int | None, ...]:
    days = (view.signed_on, view.effective_on, view.ended_on)
    return (
        view.id,
        view.title,
        scope_words(view),
        view.number,
        str(view.as_of),
        view.state_words(clock.today()),
        *(str(day) if day else "" for day in days),
        view.made_by_name,
        view.checked_by_name,
        view.signed_by_name,
        view.rows,
        view.admitted,
        flags,
        view.sha256 or "",
    )
