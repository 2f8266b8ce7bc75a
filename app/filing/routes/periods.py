"""申报期: the windows of each year, and how one is set, changed or withdrawn (under 复核)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import names_of
from app.approvals.domain import Refused
from app.approvals.queries import open_of_kinds
from app.filing.domain import Kind
from app.filing.periods_of_year import WindowWanted
from app.filing.queries.windows import (
    WindowOnRecord,
    find_window,
    list_windows,
    years_with_windows,
)
from app.filing.routes.blueprint import blueprint
from app.filing.services.periods import (
    CHANGE,
    PERIOD,
    SET,
    WITHDRAW,
    Act,
    propose_period,
    read_act,
)
from app.kernel import clock, htmx, transaction
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.kernel.web import page
from app.rulebook.queries import parameter

_YEARS = range(2000, 2101)
_LONGEST_DOCUMENT, _LONGEST_REASON = 100, 200
_FIELDS = ("year", "kind", "from_on", "until_on", "document", "reason")
_GONE = "没有这个申报期，或者它已经修改、撤销。请返回申报期列表。"


def _year(typed: str) -> int | None:
    is_year = typed.isascii() and typed.isdecimal() and len(typed) == 4
    return int(typed) if is_year and int(typed) in _YEARS else None


@blueprint.get("/periods")
@requires(Permission.FILING_VIEW)
def period_list() -> str:
    """The windows of a year by kind; what is not set is said to be open or not."""
    today = clock.today()
    year = _year(request.args.get("year", "")) or today.year
    found = list_windows(year)
    years = sorted({*years_with_windows(), today.year - 1, today.year, today.year + 1, year})
    return page(
        "filing/renewal/periods.html",
        year=year,
        years=[(f"{it} 年", url_for("filing.period_list", year=it), it == year) for it in years],
        kinds=[
            (kind, [it for it in found if it.window.kind is kind and not it.is_annulled])
            for kind in Kind
        ],
        former=[it for it in found if it.is_annulled],
        open_without=parameter("filing.open_without_window", today),
        due_day=parameter("renewal.due_day", today),
        may_set=can(Permission.FILING_PERIOD),
        pending=_pending(),
    )


def _pending() -> list[tuple[str, str, str]]:
    """What waits for a decision: title, proposer, page; for those who set windows."""
    if not can(Permission.FILING_PERIOD):
        return []
    waiting = open_of_kinds((PERIOD,))
    names = names_of(it.proposed_by for it in waiting)
    return [(it.title, names.get(it.proposed_by, ""), f"/approvals/{it.id}") for it in waiting]


@blueprint.get("/periods/new")
@requires(Permission.FILING_PERIOD)
def new_period() -> str:
    """The form by which a window is set."""
    year = _year(request.args.get("year", "")) or clock.today().year
    kind = request.args.get("kind", "")
    values = {"year": str(year), "kind": kind if kind in set(Kind) else Kind.RENEWAL.value}
    return _form(SET, None, values, {})


@blueprint.post("/periods/new")
@requires(Permission.FILING_PERIOD)
def propose_new_period() -> Response:
    """Put a window before a second person."""
    return _propose(SET, None)


@blueprint.get("/periods/<int:window_id>/change")
@requires(Permission.FILING_PERIOD)
def change_period(window_id: int) -> str:
    """The form by which a window gets other days."""
    found = _standing_or_404(window_id)
    it = found.window
    values = {"from_on": it.from_on.isoformat(), "until_on": it.until_on.isoformat()}
    return _form(CHANGE, found, values, {})


@blueprint.post("/periods/<int:window_id>/change")
@requires(Permission.FILING_PERIOD)
def propose_change_of_period(window_id: int) -> Response:
    """Put the other days before a second person."""
    return _propose(CHANGE, _standing_or_404(window_id))


@blueprint.get("/periods/<int:window_id>/withdraw")
@requires(Permission.FILING_PERIOD)
def withdraw_period(window_id: int) -> str:
    """The form by which a window is withdrawn."""
    return _form(WITHDRAW, _standing_or_404(window_id), {}, {})


@blueprint.post("/periods/<int:window_id>/withdraw")
@requires(Permission.FILING_PERIOD)
def propose_withdrawal_of_period(window_id: int) -> Response:
    """Put the withdrawal before a second person."""
    return _propose(WITHDRAW, _standing_or_404(window_id))


def _standing_or_404(window_id: int) -> WindowOnRecord:
    found = find_window(window_id)
    if found is None or found.is_annulled:
        abort(404, _GONE)
    return found


def _propose(act: str, window: WindowOnRecord | None) -> Response:
    values = {name: request.form.get(name, "").strip() for name in _FIELDS}
    errors, wanted = _read(act, window, values)
    if errors or wanted is None:
        return make_response(_form(act, window, values, errors), 422)
    window_id = window.window.id if window else None
    try:
        propose_period(Act(act, wanted, values["document"], values["reason"], window_id))
    except Refused as refused:
        transaction.close()
        return make_response(_form(act, window, values, {"": str(refused)}), 422)
    flash("已提交复核。由另一位有设定申报期权限的人员复核，通过后生效。")
    return htmx.htmx_redirect(url_for("filing.period_list", year=wanted.year))


def _read(
    act: str, window: WindowOnRecord | None, values: Mapping[str, str]
) -> tuple[dict[str, str], WindowWanted | None]:
    errors: dict[str, str] = {}
    if not values["document"]:
        errors["document"] = "没有填写文号。请填写设定申报期的文件文号或会议纪要。"
    elif len(values["document"]) > _LONGEST_DOCUMENT:
        errors["document"] = f"文号最多 {_LONGEST_DOCUMENT} 个字。请只填文号。"
    if act != SET and not values["reason"]:
        errors["reason"] = "没有填写理由。请写明为什么修改或撤销。"
    if len(values["reason"]) > _LONGEST_REASON:
        errors["reason"] = f"理由最多 {_LONGEST_REASON} 个字。请改短。"
    if act == WITHDRAW and window is not None:
        it = window.window
        return errors, WindowWanted(it.year, it.kind, it.from_on, it.until_on)
    year, kind = (window.window.year, window.window.kind.value) if window else (
        _year(values["year"]), values["kind"])  # fmt: skip
    if year is None:
        errors["year"] = "年度应为四位数字，例如 2026。请改正。"
    if kind not in set(Kind):
        errors["kind"] = "没有选申报类型。请选择一项。"
    days = [_day(values, name, label, errors) for name, label in
            (("from_on", "第一天"), ("until_on", "最后一天"))]  # fmt: skip
    if errors or year is None or days[0] is None or days[1] is None:
        return errors, None
    return errors, WindowWanted(year, Kind(kind), days[0], days[1])


def _day(
    values: Mapping[str, str], name: str, label: str, errors: dict[str, str]
) -> date | None:  # fmt: skip
    try:
        day = read_day(values[name])
    except ValueError as fault:
        errors[name] = str(fault)
        return None
    if day is None:
        errors[name] = f"没有填写{label}。请填写，如 2026-03-01。"
    return day


def _form(
    act: str,
    window: WindowOnRecord | None,
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> str:
    year = window.window.year if window else _year(values.get("year", "")) or clock.today().year
    endpoint = {
        SET: "filing.propose_new_period",
        CHANGE: "filing.propose_change_of_period",
        WITHDRAW: "filing.propose_withdrawal_of_period",
    }[act]
    return page(
        "filing/renewal/period.html",
        act=act,
        window=window.window if window else None,
        before=window,
        values=values,
        errors=errors,
        faults=[(f"f-{name}" if name else "", text) for name, text in errors.items()],
        kinds=[(it.value, it.words) for it in Kind],
        send_url=url_for(endpoint, window_id=window.window.id) if window else url_for(endpoint),
        back_url=url_for("filing.period_list", year=year),
        waiting=_waiting_for(window),
        breadcrumbs=[("申报期", url_for("filing.period_list", year=year))],
    )


def _waiting_for(window: WindowOnRecord | None) -> list[tuple[str, str, str]]:
    """Proposals that concern the same window and wait already."""
    if window is None:
        return []
    waiting = [it for it in open_of_kinds((PERIOD,))
               if read_act(it.payload).window_id == window.window.id]  # fmt: skip
    names = names_of(it.proposed_by for it in waiting)
    return [(it.title, names.get(it.proposed_by, ""), f"/approvals/{it.id}") for it in waiting]
