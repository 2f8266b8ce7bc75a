"""开户情况: the enterprises within reach with who may act for each, to open an account for one."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from flask import request, url_for
from werkzeug import Response

from app.accounts.enterprise_people import ROLES
from app.accounts.sessions import signed_in_person
from app.desk.queries.enterprises import (
    LACKS,
    SORTS,
    EnterpriseFilter,
    all_enterprises,
    list_enterprises,
)
from app.desk.routes.blueprint import blueprint
from app.desk.routes.people import XLSX, reach
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.listing import Chip, chips, heads, page_number, ways
from app.kernel.permissions import requires
from app.kernel.spreadsheets import Column, SheetLayout, write_xlsx
from app.kernel.web import page

NOT_THERE = "没有这个企业，或者它在您的区县没有厂区。"
_HEADS = {"enterprise": "企业", "people": "现有人员"}
_TITLE = "企业开户情况"


def _wanted(values: Mapping[str, str]) -> EnterpriseFilter:
    lacks, sort = values.get("lacks", ""), values.get("sort", "")
    return EnterpriseFilter(
        search=values.get("q", "").strip()[:100],
        lacks=lacks if lacks in LACKS else "",
        sort=sort if sort in SORTS else "enterprise",
        falling=values.get("order") == "desc",
        page=page_number(values.get("page", "")),
    )


def _chips(wanted: EnterpriseFilter) -> list[Chip]:
    lacks = LACKS[wanted.lacks][0] if wanted.lacks else ""
    return chips([("搜索", "q", wanted.search), ("人员", "lacks", lacks)])


def choosing(problem: str) -> str:
    """The enterprises, to choose one of them; ``problem``: why the one named cannot be."""
    wanted = _wanted(request.args)
    found = list_enterprises(wanted, reach(), clock.today())
    return page(
        "desk/person_enterprise.html",
        blocks=("rows",),
        wanted=wanted,
        found=found,
        roles=[(it.value, it.label) for it in ROLES],
        lacks=[(key, words) for key, (words, _) in LACKS.items()],
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling),
        chips=_chips(wanted),
        problem=problem,
        breadcrumbs=[("企业账号", url_for("desk.people"))],
        **ways(found.page, found.pages),
    )


@blueprint.post("/people/enterprises/export")
@requires(Permission.ACCOUNT_ENTERPRISE)
def export_enterprises() -> Response:
    """The enterprises as listed, as a workbook."""
    wanted, today, content = _wanted(request.args), clock.today(), BytesIO()
    rows = all_enterprises(wanted, reach(), today)
    columns = (
        Column("企业名称", 34), Column("统一社会信用代码", 22, "code"),
        *(Column(it.label, 12, "number") for it in ROLES),
    )  # fmt: skip
    cells: list[list[str | int]] = [
        [it.name, it.uscc, *(it.roles.get(role, 0) for role in ROLES)] for it in rows
    ]
    said = "；".join(f"{label}：{words}" for label, words, _ in _chips(wanted)) or "无"
    note = f"导出日期 {today}，共 {len(rows)} 家。条件：{said}。人员只计现在能办理的。"
    write_xlsx(content, [SheetLayout(_TITLE, columns, cells, titles=(_TITLE,), notes=(note,))])
    content.seek(0)
    owner, name = signed_in_person().user_id, f"{_TITLE} {today}.xlsx"
    return htmx.htmx_redirect(files.offer_download(content, name, XLSX, _TITLE, owner))
