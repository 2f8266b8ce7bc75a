"""企业账号: the list of who acts for the enterprises within reach, and the page of one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, request, url_for
from werkzeug import Response

from app.accounts import authorisations
from app.accounts.enterprise_people import ROLES, State
from app.accounts.queries import authorisations_of, find_authorisation
from app.accounts.sessions import signed_in_person
from app.desk.people_forms import PersonForm, read_people_filter
from app.desk.queries.people import (
    PeopleFilter,
    PersonOfEnterprise,
    all_people,
    enders_of,
    find_person,
    history_of,
    list_people,
)
from app.desk.routes.blueprint import blueprint
from app.kernel import attachments, clock, files, htmx
from app.kernel.authority import Permission, Scope
from app.kernel.listing import Chip, chips, heads, ways
from app.kernel.permissions import requires, scope_for
from app.kernel.spreadsheets import Column, SheetLayout, write_xlsx
from app.kernel.web import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {State.NEW: "soon", State.ENDING: "soon", State.OVER: "late", State.CLOSED: "barred",
         State.DISABLED: "barred"}  # fmt: skip
"""State → how its tag looks; the others neutral."""
_HEADS = {"enterprise": "企业", "person": "姓名", "role": "角色", "state": "状态",
         "until": "至（含当日）", "opened": "开户时间", "signed_in": "最近登录"}  # fmt: skip
_NEWEST_FIRST = ("opened", "signed_in")
_COLUMNS = (
    Column("企业名称", 34), Column("统一社会信用代码", 22, "code"), Column("姓名", 14),
    Column("角色", 14), Column("账号", 18, "code"), Column("电话", 16, "code"),
    Column("自", 12, "date"), Column("至（含当日）", 13, "date"), Column("状态", 12),
    Column("关闭理由", 24), Column("开户时间", 18), Column("最近登录", 18),
)  # fmt: skip


@blueprint.get("/people")
@requires(Permission.ACCOUNT_ENTERPRISE)
def people() -> str:
    """Everybody who acts, or acted, for an enterprise within reach."""
    return list_page(
        "desk/people.html", read_people_filter(request.args), reach(),
        breadcrumbs=[("企业台账", url_for("portal.register"))],
    )  # fmt: skip


def list_page(template: str, wanted: PeopleFilter, scope: Scope, **context: Any) -> str:
    """A list of people with its search, filters, heads and ways on."""
    found = list_people(wanted, scope, clock.today())
    return page(
        template,
        blocks=("rows",),
        wanted=wanted,
        found=found,
        kinds=_KINDS,
        roles=[(it.value, it.label) for it in ROLES],
        states=[(it.value, it.words) for it in State],
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first=_NEWEST_FIRST),
        chips=_chips(wanted),
        **context,
        **ways(found.page, found.pages),
    )


def _chips(wanted: PeopleFilter) -> list[Chip]:
    """The filters at work."""
    role = {it.value: it.label for it in ROLES}.get(wanted.role, "")
    state = State(wanted.state).words if wanted.state else ""
    return chips([("搜索", "q", wanted.search), ("角色", "role", role), ("状态", "state", state)])


@blueprint.post("/people/export")
@requires(Permission.ACCOUNT_ENTERPRISE)
def export_people() -> Response:
    """The whole list as filtered, as a workbook."""
    return export_of(read_people_filter(request.args), reach(), "企业账号清单")


def export_of(wanted: PeopleFilter, scope: Scope, title: str) -> Response:
    """The people of the list in its order, as a workbook to fetch."""
    today, content = clock.today(), BytesIO()
    rows = all_people(wanted, scope, today)
    cells = [
        (it.enterprise_name, it.uscc, it.name, it.role.label, it.account, it.phone, it.from_on,
         it.until_on, it.state.words, it.ended_reason, clock.shown(it.opened_at),
         clock.shown(it.signed_in_at) if it.signed_in_at else "")
        for it in rows
    ]  # fmt: skip
    said = "；".join(f"{label}：{words}" for label, words, _ in _chips(wanted)) or "无"
    note = f"导出日期 {today}，共 {len(rows)} 个。条件：{said}。"
    layout = SheetLayout("企业账号", _COLUMNS, cells, titles=(title,), notes=(note,))
    write_xlsx(content, [layout])
    content.seek(0)
    owner, name = signed_in_person().user_id, f"{title} {today}.xlsx"
    return htmx.htmx_redirect(files.offer_download(content, name, XLSX, title, owner))


@blueprint.get("/people/<int:grant_id>")
@requires(Permission.ACCOUNT_ENTERPRISE)
def person(grant_id: int) -> str:
    """One person of an enterprise: what they hold, on which paper, and what can be done."""
    return person_page(person_or_404(grant_id), PersonForm())


def person_page(it: PersonOfEnterprise, typed: PersonForm) -> str:
    """The page of one, with what is wrong with a form on it."""
    about = about_person(it, reach())
    return page(
        "desk/person.html",
        **about,
        typed=typed,
        newer=next(
            (o for o in about["history"] if o.role == it.role and o.grant_id > it.grant_id), None
        ),
        accepted=attachments.ACCEPTED,
        hint=attachments.HINT,
        breadcrumbs=[("企业账号", url_for("desk.people"))],
    )


def about_person(it: PersonOfEnterprise, scope: Scope) -> dict[str, Any]:
    """What every page of a person shows: what they hold and held, and on which papers."""
    history = history_of(it, scope, clock.today())
    return {
        "it": it,
        "history": history,
        "enders": enders_of(history),
        "papers": authorisations_of(it.user_id, it.uscc),
        "kinds": _KINDS,
    }


@blueprint.get("/people/authorisations/<int:authorisation_id>")
@requires(Permission.ACCOUNT_ENTERPRISE)
def authorisation(authorisation_id: int) -> Response:
    """The paper on which an agent acts (授权书), as a download."""
    return paper_within(authorisation_id, reach())


def paper_within(authorisation_id: int, scope: Scope) -> Response:
    """The paper, if its grant is of an enterprise within the scope."""
    found = find_authorisation(authorisation_id)
    if found is not None and find_person(found.grant_id, scope, clock.today()) is None:
        found = None
    return authorisations.as_download(found)


def person_or_404(grant_id: int, scope: Scope | None = None) -> PersonOfEnterprise:
    """The person with this grant within reach of whoever asks."""
    found = find_person(grant_id, scope or reach(), clock.today())
    if found is None:
        abort(404, "没有这个企业账号，或者不在您的权限范围内。")
    return found


def reach() -> Scope:
    """How far the person manages the accounts of enterprises."""
    return scope_for(Permission.ACCOUNT_ENTERPRISE)
