"""Signing in and out (登录、退出)."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from app.accounts import queries, resuming, services, sessions
from app.accounts.domain import Actor
from app.accounts.routes.blueprint import blueprint
from app.kernel.entrance import is_for_filers
from app.kernel.htmx import announce, htmx_redirect, is_fragment_request
from app.kernel.permissions import current_actor, public, signed_in


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """The sign-in page; after it, the page that was wanted or the form that was waiting."""
    if request.method == "POST":
        return _start_session()
    if current_actor() is not None:
        actor = sessions.signed_in_person()
        return _go_on_typing(actor) if is_fragment_request() else _to(sessions.home_url())
    if not is_for_filers() and not queries.has_accounts():
        return htmx_redirect(url_for("accounts.setup"))
    return _page("", "", resuming.NOTHING)


def _page(name: str, error: str, typed: resuming.Typed) -> str:
    """The sign-in page; over a page on which somebody was typing a dialog."""
    if is_fragment_request():
        return render_template("accounts/_sign_in_again.html", name=name, error=error)
    return render_template("accounts/sign_in.html", typed=typed, name=name, error=error)


def _to(path: str) -> Any:
    return redirect(path, 303)


def _go_on_typing(actor: Actor) -> Any:
    """Tell the page who is signed in now and by which token its forms are known."""
    if actor.must_change_password:
        return htmx_redirect(url_for("accounts.change_password"))
    return announce(make_response(""), "signed-in", person=actor.user_id, token=generate_csrf())


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
        return _page(name, str(refused), typed), 422
    if is_fragment_request():
        return _go_on_typing(sessions.start(token))
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
