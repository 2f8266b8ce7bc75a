"""Accounts and roles, for the security administrator (账号管理)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from app.accounts import authorisations, forms, queries, services, sessions
from app.accounts.domain import ROLE_TITLES
from app.accounts.routes.blueprint import blueprint
from app.kernel import attachments, clock, files
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import requires
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADS = {"name": "账号", "person": "姓名", "created": "建立时间", "signed_in": "最近登录"}


@blueprint.get("/accounts")
@requires(Permission.ACCOUNT_MANAGE)
def account_list() -> Any:
    """All accounts, searched, filtered, sorted, page by page."""
    wanted = forms.read_account_filter(request.args)
    rows, total = queries.list_accounts(wanted)
    last_page = max(1, -(-total // queries.PAGE_SIZE))
    return page(
        "accounts/account_list.html",
        blocks=("rows",),
        wanted=wanted,
        rows=rows,
        total=total,
        reaches=queries.reaches(grant for row in rows for grant in row.grants),
        heads={key: _head(key, label, wanted) for key, label in _HEADS.items()},
        chips=_chips(wanted),
        previous_url=url_with(page=wanted.page - 1) if wanted.page > 1 else None,
        next_url=url_with(page=wanted.page + 1) if wanted.page < last_page else None,
        **_choices(),
    )


def _head(key: str, label: str, wanted: queries.AccountFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    state = ("descending" if wanted.falling else "ascending") if here else ""
    order = "desc" if here and not wanted.falling else None
    return label, url_with(sort=key, order=order, page=None), state


def _chips(wanted: queries.AccountFilter) -> list[tuple[str, str, str]]:
    choices = _choices()
    named = (
        ("搜索", "q", wanted.search),
        ("角色", "role", dict(choices["roles"]).get(wanted.role, "")),
        ("区县", "county", dict(choices["counties"]).get(wanted.county, wanted.county)),
        ("状态", "state", dict(choices["states"]).get(wanted.state, "")),
    )
    return [
        (label, words, url_with(**{name: None, "page": None}))
        for label, name, words in named
        if words
    ]


def _choices() -> dict[str, Any]:
    return {
        "roles": [(role.value, title) for role, title in ROLE_TITLES.items()],
        "counties": [(county.code, county.name) for county in queries.list_bureaus("county")],
        "states": list(queries.STATES.items()),
        "accepted": attachments.ACCEPTED,
        "paper_hint": attachments.HINT,
    }


@blueprint.post("/accounts/export")
@requires(Permission.ACCOUNT_MANAGE)
def export_accounts() -> Any:
    """The accounts as filtered, as a workbook."""
    wanted = replace(forms.read_account_filter(request.args), page=0)
    rows, _ = queries.list_accounts(wanted)
    reaches = queries.reaches(grant for row in rows for grant in row.grants)
    cells = [
        [
            row.name,
            row.display_name,
            "；".join(f"{grant.role.label}（{reaches[grant.id]}）" for grant in row.grants),
            row.state_label,
            clock.shown(row.created_at),
            clock.shown(row.signed_in_at) if row.signed_in_at else "",
        ]
        for row in rows
    ]
    columns = [
        Column("账号", 18), Column("姓名", 14), Column("角色和范围", 50), Column("状态", 10),
        Column("建立时间", 18), Column("最近登录", 18),
    ]  # fmt: skip
    today = clock.today()
    layout = SheetLayout("账号", columns, cells, titles=["账号清单"], notes=[f"截至 {today}"])
    content = BytesIO()
    write_xlsx(content, [layout])
    content.seek(0)
    owner = sessions.signed_in_person().user_id
    address = files.offer_download(content, f"账号清单 {today}.xlsx", XLSX, "账号清单", owner)
    return redirect(address, 303)


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def open_account() -> Any:
    """Open an account with its first role; the one-time password is shown this once."""
    typed = forms.read_grant(request.form)
    if request.method == "GET":
        return render_template("accounts/account_new.html", typed=typed, **_choices())
    try:
        paper = typed.paper()
        from_on, until_on, role = _checked(typed)
        made = services.open_account(typed.name, typed.display_name)
        services.grant_role(
            made.user_id, role, county=typed.county or None, uscc=typed.uscc or None,
            from_on=from_on, until_on=until_on, paper=paper,
        )  # fmt: skip
    except services.AccountRefused as refused:
        typed.errors[refused.field or "name"] = refused.sentence
        return render_template("accounts/account_new.html", typed=typed, **_choices()), 422
    return render_template("accounts/slip.html", made=made, reason="新建账号")


def _checked(typed: forms.GrantForm) -> tuple[Any, Any, Any]:
    from_on, until_on = typed.days()
    role = typed.wanted_role()
    if role is None:
        raise services.AccountRefused("请选择角色。", "role")
    if typed.errors:
        field, sentence = next(iter(typed.errors.items()))
        raise services.AccountRefused(sentence, field)
    return from_on, until_on, role


@blueprint.get("/accounts/<int:user_id>")
@requires(Permission.ACCOUNT_MANAGE)
def account_page(user_id: int) -> Any:
    """One account: its state, roles, and what can be done with it."""
    return _account_page(user_id, forms.GrantForm())


def _account_page(user_id: int, typed: forms.GrantForm, problem: str = "") -> Any:
    row = queries.find_account(user_id)
    if row is None:
        abort(404)
    return render_template(
        "accounts/account_page.html",
        row=row,
        is_own=sessions.signed_in_person().user_id == user_id,
        reaches=queries.reaches(row.grants),
        papers=queries.authorisations_of(user_id),
        today=clock.today(),
        typed=typed,
        problem=problem,
        **_choices(),
    )


@blueprint.post("/accounts/<int:user_id>/roles")
@requires(Permission.ACCOUNT_MANAGE)
def grant_role(user_id: int) -> Any:
    """Give the account a further role."""
    typed = forms.read_grant(request.form)
    try:
        paper = typed.paper()
        from_on, until_on, role = _checked(typed)
        services.grant_role(
            user_id, role, county=typed.county or None, uscc=typed.uscc or None,
            from_on=from_on, until_on=until_on, paper=paper,
        )  # fmt: skip
    except services.AccountRefused as refused:
        typed.errors[refused.field or "role"] = refused.sentence
        return _account_page(user_id, typed), 422
    flash(f"已授予“{role.label}”。该账号须重新登录。")
    return redirect(url_for("accounts.account_page", user_id=user_id), 303)


@blueprint.post("/accounts/<int:user_id>/roles/<int:grant_id>/end")
@requires(Permission.ACCOUNT_MANAGE)
def end_grant(user_id: int, grant_id: int) -> Any:
    """End a role at once."""
    return _act(user_id, lambda: services.end_grant(user_id, grant_id), "授权已结束。")


@blueprint.post("/accounts/<int:user_id>/disable")
@requires(Permission.ACCOUNT_MANAGE)
def disable_account(user_id: int) -> Any:
    """Disable the account; its sessions end at once."""
    return _act(user_id, lambda: services.disable_account(user_id), "账号已停用，登录均已结束。")


@blueprint.post("/accounts/<int:user_id>/enable")
@requires(Permission.ACCOUNT_MANAGE)
def enable_account(user_id: int) -> Any:
    """Let the account be used again."""
    return _act(user_id, lambda: services.enable_account(user_id), "账号已启用。")


@blueprint.post("/accounts/<int:user_id>/unlock")
@requires(Permission.ACCOUNT_MANAGE)
def unlock_account(user_id: int) -> Any:
    """Let the account try to sign in again at once."""
    return _act(user_id, lambda: services.unlock_account(user_id), "已解除暂停登录。")


def _act(user_id: int, act: Callable[[], None], done: str) -> Any:
    try:
        act()
    except services.AccountRefused as refused:
        return _account_page(user_id, forms.GrantForm(), refused.sentence), 409
    flash(done)
    return redirect(url_for("accounts.account_page", user_id=user_id), 303)


@blueprint.post("/accounts/<int:user_id>/password")
@requires(Permission.ACCOUNT_MANAGE)
def reset_password(user_id: int) -> Any:
    """Give the person a new one-time password, shown this once."""
    try:
        made = services.reset_password(user_id)
    except services.AccountRefused as refused:
        return _account_page(user_id, forms.GrantForm(), refused.sentence), 409
    return render_template("accounts/slip.html", made=made, reason="重置口令")


@blueprint.get("/accounts/authorisations/<int:authorisation_id>")
@requires(Permission.ACCOUNT_MANAGE)
def authorisation(authorisation_id: int) -> Any:
    """The paper on which an agent acts (授权书), as a download."""
    return authorisations.as_download(queries.find_authorisation(authorisation_id))
