"""The first visit (首次设置)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts import forms, queries, services
from app.accounts.routes.blueprint import blueprint
from app.kernel.permissions import public


@blueprint.route("/setup", methods=["GET", "POST"])
@public
def setup() -> Any:
    """Make the bureau and its first two administrators; closed once there are accounts."""
    if request.method == "GET":
        if queries.has_accounts():
            return redirect(url_for("accounts.sign_in"), 303)
        return _page(forms.offered_set_up(), [])
    typed = forms.read_set_up(request.form)
    plan = typed.plan if "city" in request.form else None
    try:
        made = services.set_up_installation(typed.code, plan, typed.people)
    except services.SetUpRefused as refused:
        return _page(typed, refused.problems), 422
    return render_template("accounts/set_up_done.html", made=made, bureaus=queries.list_bureaus())


def _page(typed: forms.SetUpForm, problems: list[tuple[str, str]]) -> str:
    return render_template(
        "accounts/set_up.html", typed=typed, problems=problems, bureaus=queries.list_bureaus()
    )
