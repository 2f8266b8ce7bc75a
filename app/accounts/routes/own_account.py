"""One's own account (本人账号): roles, sessions, password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.accounts import queries, resuming, services, sessions
from app.accounts.domain import Actor
from app.accounts.routes.blueprint import blueprint
from app.accounts.routes.sign_in import go_on
from app.kernel.permissions import signed_in
from app.kernel.web import page


@blueprint.get("/me")
@signed_in
def me() -> Any:
    """One's own account: roles, reach, where one is signed in."""
    actor = sessions.signed_in_person()
    return page(
        "accounts/me.html",
        actor=actor,
        reaches=queries.reaches(actor.grants),
        places=queries.list_sessions(actor),
    )


@blueprint.post("/me/sessions/end")
@signed_in
def end_session() -> Any:
    """End one other session of one's own, or all others."""
    actor, chosen = sessions.signed_in_person(), request.form.get("session", "")
    if chosen:
        services.end_session(actor, chosen)
    else:
        services.end_other_sessions(actor)
    flash("已结束所选登录。")
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/me/password", methods=["GET", "POST"])
@signed_in
def change_password() -> Any:
    """Change one's own password; every other session of the account ends."""
    typed = resuming.typed_before()
    if request.method == "GET":
        return render_template("accounts/change_password.html", typed=typed, errors=[])
    try:
        token = _change(sessions.signed_in_person())
    except services.AccountRefused as refused:
        errors = [(refused.field, refused.sentence)]
        return render_template("accounts/change_password.html", typed=typed, errors=errors), 422
    flash("口令已修改，其他登录均已结束。")
    return go_on(sessions.start(token), typed)


def _change(actor: Actor) -> str:
    wanted = request.form.get("new_password", "")
    if wanted != request.form.get("new_password_again", ""):
        raise services.AccountRefused("两次输入的新口令不一致。请重新输入。", "new_password_again")
    return services.change_password(
        actor,
        request.form.get("present_password", ""),
        wanted,
        address=request.remote_addr or "",
        browser=request.user_agent.string,
    )
