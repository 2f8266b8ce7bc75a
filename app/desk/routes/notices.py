"""向企业发通知: written by hand, recipients looked at first, then who has read and signed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus, usccs_with_accounts
from app.accounts.sessions import signed_in_person
from app.desk.notice_forms import NoticeForm, read_notice, targets
from app.desk.routes.blueprint import blueprint
from app.inbox.domain import due_words
from app.inbox.queries import Delivery, NoticeView, deliveries_of, find_notice, list_notices
from app.inbox.services import send_to_enterprises
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission, Scope
from app.kernel.look import url_with
from app.kernel.permissions import requires, scope_for
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page
from app.registry.queries import PlantOnRecord, list_plants

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATES = ("未读", "已读", "已签收")
LISTED = 200
_LONGEST_NUMBER = 6
_COLUMNS = (
    Column("企业名称", 36), Column("统一社会信用代码", 22), Column("区县", 12), Column("状态", 10),
    Column("阅读人", 14), Column("阅读时间", 18), Column("签收人", 14), Column("签收时间", 18),
    Column("联系电话", 16),
)  # fmt: skip


@blueprint.get("/notices")
@requires(Permission.NOTICE_SEND)
def notices() -> str:
    """The notices sent to enterprises of the counties within reach."""
    search, number = request.args.get("q", "").strip()[:100], request.args.get("page", "")
    wanted = int(number) if number.isdecimal() and len(number) <= _LONGEST_NUMBER else 1
    found = list_notices(_scope(), search, max(1, wanted))
    shown = found.page
    return page(
        "desk/notices.html",
        blocks=("rows",),
        search=search,
        found=found,
        today=clock.today(),
        due_words=due_words,
        chips=[("搜索", search, url_with(q=None, page=None))] if search else [],
        previous_url=url_with(page=shown - 1) if shown > 1 else None,
        next_url=url_with(page=shown + 1) if shown < found.pages else None,
    )


@blueprint.get("/notices/new")
@requires(Permission.NOTICE_SEND)
def new_notice() -> str:
    """The empty form."""
    return _form(NoticeForm())


@blueprint.post("/notices/check")
@requires(Permission.NOTICE_SEND)
def check_notice() -> Response | str:
    """Who would get it, before it is sent; or the form again, to go on writing."""
    typed = read_notice(request.form)
    if "edit" in request.form:
        typed.errors.clear()
        return _form(typed)
    found = targets(typed, list_plants(_scope()))
    if typed.errors:
        return make_response(_form(typed), 422)
    served = usccs_with_accounts(it.uscc for it in found)
    return page(
        "desk/notice_check.html",
        typed=typed,
        found=found[:LISTED],
        total=len(found),
        without=[it for it in found if it.uscc not in served],
        served=served,
        names=_county_names(),
    )


@blueprint.post("/notices")
@requires(Permission.NOTICE_SEND)
def send_notice() -> Response:
    """Send it to all of them."""
    typed = read_notice(request.form)
    found = targets(typed, list_plants(_scope()))
    if typed.errors:
        return make_response(_form(typed), 422)
    notice_id = send_to_enterprises(typed.notice, {it.enterprise_id: it.county for it in found})
    flash(f"通知已发给 {len(found)} 家企业。")
    return htmx.htmx_redirect(url_for("desk.notice_page", notice_id=notice_id))


@blueprint.get("/notices/<int:notice_id>")
@requires(Permission.NOTICE_SEND)
def notice_page(notice_id: int) -> str:
    """What it says, and per enterprise who has read and signed for it."""
    notice, rows, state = _deliveries(notice_id)
    names = _county_names()
    return page(
        "desk/notice.html",
        blocks=("rows",),
        notice=notice,
        due=due_words(notice.due_on, clock.today()) if notice.waiting else None,
        rows=[(plant, it, names.get(it.county, "")) for plant, it in rows],
        state=state,
        states=[(it, it) for it in STATES],
        chips=[("状态", state, url_with(state=None))] if state else [],
    )


@blueprint.post("/notices/<int:notice_id>/export")
@requires(Permission.NOTICE_SEND)
def export_notice(notice_id: int) -> Response:
    """The same list as a workbook; by its state, those who have not signed."""
    notice, rows, state = _deliveries(notice_id)
    names, today, content = _county_names(), clock.today(), BytesIO()
    cells = [_cells(plant, it, names.get(it.county, "")) for plant, it in rows]
    sheet = SheetLayout(
        "签收情况",
        _COLUMNS,
        cells,
        titles=[f"{notice.title}：签收情况"],
        notes=[f"截至 {clock.shown(clock.now())}，{state or '全部'} {len(cells)} 家"],
    )
    write_xlsx(content, [sheet])
    content.seek(0)
    owner = signed_in_person().user_id
    name = f"通知签收情况 {today}.xlsx"
    return htmx.htmx_redirect(files.offer_download(content, name, XLSX, "通知签收情况", owner))


def _cells(plant: PlantOnRecord | None, it: Delivery, county: str) -> list[Any]:
    return [
        plant.enterprise_name if plant else "",
        plant.uscc if plant else "",
        county,
        it.state,
        it.reader,
        clock.shown(it.read_at) if it.read_at else "",
        it.signer,
        clock.shown(it.signed_at) if it.signed_at else "",
        plant.phone if plant else "",
    ]


def _deliveries(
    notice_id: int,
) -> tuple[NoticeView, list[tuple[PlantOnRecord | None, Delivery]], str]:
    notice = find_notice(notice_id, _scope())
    if notice is None:
        abort(404, "没有这一通知，或者不在您的权限范围内。")
    wanted = request.args.get("state", "")
    state = wanted if wanted in STATES else ""
    plants = {it.enterprise_id: it for it in list_plants(_scope())}
    rows = [
        (plants.get(it.enterprise_id), it)
        for it in deliveries_of(notice, _scope())
        if state in ("", it.state)
    ]
    return notice, rows, state


def _form(typed: NoticeForm) -> str:
    names, scope = _county_names(), _scope()
    counties = [(code, name) for code, name in names.items() if scope.covers(county=code)]
    return page("desk/notice_form.html", typed=typed, counties=counties)


def _scope() -> Scope:
    return scope_for(Permission.NOTICE_SEND)


def _county_names() -> dict[str, str]:
    return {bureau.code: bureau.short_name for bureau in list_bureaus("county")}
