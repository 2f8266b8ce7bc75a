"""Signing in and out (登录、退出)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.accounts import queries, resuming, services, sessions
from app.accounts.domain import Actor
from app.accounts.routes.blueprint import blueprint
from app.kernel.entrance import is_for_filers
from app.kernel.permissions import current_actor, public, signed_in


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """The sign-in page; after it, the page that was wanted or the form that was waiting."""
    if request.method == "POST":
        return _start_session()
    if current_actor() is not None:
        return redirect(sessions.home_url(), 303)
    if not is_for_filers() and not queries.has_accounts():
        return redirect(url_for("accounts.setup"), 303)
    return render_template("accounts/sign_in.html", typed=resuming.NOTHING, name="", error="")


def _start_session() -> Any:
    name, typed = request.form.get("name", ""), resuming.typed_before()
    try:
        token = services.sign_in(
            name,
            request.form.get("password", ""),
            request.remote_addr or "",
            request.user_agent.string,
            replaced=sessions.present_token(),
        )
    except services.SignInRefused as refused:
        shown = {"typed": typed, "name": name, "error": str(refused)}
        return render_template("accounts/sign_in.html", **shown), 422
    return go_on(sessions.start(token), typed)


def go_on(actor: Actor, typed: resuming.Typed) -> Any:
    """After a sign-in: a due password change, then the waiting form, then the page wanted."""
    if actor.must_change_password and not typed:
        return redirect(url_for("accounts.change_password"), 303)
    if actor.must_change_password:
        return render_template("accounts/change_password.html", typed=typed, errors=[])
    if typed and sessions.safe_path(typed.path, "POST"):
        if typed.is_for(actor.user_id):
            return render_template("accounts/resume.html", typed=typed, home=sessions.home_url())
        flash("登录前填写的内容属于另一个账号，没有带入。", "problem")
    target = sessions.safe_path(request.args.get("next", ""))
    return redirect(target or sessions.home_url(), 303)


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> Any:
    """End this session on the server and in the browser."""
    services.sign_out(sessions.signed_in_person())
    sessions.stop()
    flash("已退出登录。")
    response = redirect(url_for("accounts.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
