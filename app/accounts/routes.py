"""Signing in and out, one's own account (登录、本人账号)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts import queries, resuming, services, sessions
from app.accounts.domain import Actor
from app.kernel.permissions import public, signed_in
from app.kernel.web import page

blueprint = Blueprint("accounts", __name__, template_folder="templates")

Answer = Any


@blueprint.get("/sign-in")
@public
def sign_in() -> Answer:
    """The sign-in page; whoever is signed in already goes on to their home."""
    if not queries.has_accounts():
        return redirect(url_for("accounts.set_up"), 303)
    if current_user.is_authenticated:
        return redirect(sessions.home_url(), 303)
    return render_template("accounts/sign_in.html", typed=resuming.NOTHING, name="", error="")


@blueprint.post("/sign-in")
@public
def start_session() -> Answer:
    """Check name and password; go on to where the person wanted, or to the form they had sent."""
    name, typed = request.form.get("name", ""), resuming.typed_before()
    try:
        token = services.sign_in(
            name,
            request.form.get("password", ""),
            request.remote_addr or "",
            request.user_agent.string,
            replaced=current_user.get_id() or "",
        )
    except services.SignInRefused as refused:
        return render_template(
            "accounts/sign_in.html", typed=typed, name=name, error=str(refused)
        ), 422
    return go_on(sessions.start(token), typed)


def go_on(actor: Actor, typed: resuming.Typed) -> Answer:
    """After a sign-in: first a due password change, then the waiting form, then the page wanted."""
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
def sign_out() -> Answer:
    """End this session on the server and in the browser."""
    services.sign_out(sessions.signed_in_person())
    sessions.stop()
    flash("已退出登录。")
    response = redirect(url_for("accounts.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.get("/me")
@signed_in
def me() -> Answer:
    """One's own account: roles, reach, where one is signed in."""
    actor = sessions.signed_in_person()
    return page(
        "accounts/me.html",
        actor=actor,
        reaches=queries.reaches(actor.grants),
        sessions=queries.list_sessions(actor),
    )


@blueprint.post("/me/sessions/end")
@signed_in
def end_session() -> Answer:
    """End one other session of one's own, or all others."""
    actor = sessions.signed_in_person()
    chosen = request.form.get("session", "")
    if chosen:
        services.end_session(actor, chosen)
    else:
        services.end_other_sessions(actor)
    flash("已结束所选登录。")
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/me/password", methods=["GET", "POST"])
@signed_in
def change_password() -> Answer:
    """Change one's own password; every other session of the account ends."""
    actor, typed, errors = sessions.signed_in_person(), resuming.typed_before(), []
    if request.method == "POST":
        try:
            token = _changed_password(actor)
        except services.AccountRefused as refused:
            errors = [(refused.field, refused.sentence)]
        else:
            flash("口令已修改，其他登录均已结束。")
            return go_on(sessions.start(token), typed)
    answer = render_template("accounts/change_password.html", typed=typed, errors=errors)
    return answer, 422 if errors else 200


def _changed_password(actor: Actor) -> str:
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
