"""本企业人员: who acts for the signatory's own enterprise, closed when they leave."""

from __future__ import annotations

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.enterprise_people import State
from app.accounts.services import AccountRefused
from app.accounts.sessions import signed_in_person
from app.desk import enterprise_people as acts
from app.desk.people_forms import PersonForm, read_people_filter, read_person
from app.desk.queries.people import PersonOfEnterprise
from app.desk.routes.blueprint import blueprint
from app.desk.routes.people import (
    about_person,
    export_of,
    list_page,
    paper_within,
    person_or_404,
)
from app.kernel import htmx
from app.kernel.authority import Permission, Scope
from app.kernel.entrance import whom_to_tell
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page

_USUAL = "state"
"""Who needs something first, who is gone last."""


@blueprint.get("/own-people")
@requires(Permission.ACCOUNT_OWN_PEOPLE)
def own_people() -> str:
    """Everybody who acts, or acted, for the enterprise; who no longer may stands last."""
    return list_page(
        "desk/own_people.html", read_people_filter(request.args, usual=_USUAL), _reach(),
        me=signed_in_person().user_id, office=whom_to_tell("厂区所在的区县分局"),
    )  # fmt: skip


@blueprint.post("/own-people/export")
@requires(Permission.ACCOUNT_OWN_PEOPLE)
def export_own_people() -> Response:
    """The list as filtered, as a workbook."""
    wanted = read_people_filter(request.args, usual=_USUAL)
    return export_of(wanted, _reach(), "本企业人员清单")


@blueprint.get("/own-people/<int:grant_id>")
@requires(Permission.ACCOUNT_OWN_PEOPLE)
def own_person(grant_id: int) -> str:
    """One of them, with the form that closes."""
    return _page(person_or_404(grant_id, _reach()), PersonForm())


def _page(it: PersonOfEnterprise, typed: PersonForm) -> str:
    return page(
        "desk/own_person.html",
        **about_person(it, _reach()),
        typed=typed,
        may_close=it.state is not State.CLOSED and it.user_id != signed_in_person().user_id,
        breadcrumbs=[("本企业人员", url_for("desk.own_people"))],
    )


@blueprint.post("/own-people/<int:grant_id>/close")
@requires(Permission.ACCOUNT_OWN_PEOPLE)
def close_own_person(grant_id: int) -> Response:
    """A leaver is out at once."""
    it, typed = person_or_404(grant_id, _reach()), read_person(request.form)
    try:
        acts.close_person(it, typed.reason)
    except AccountRefused as refused:
        typed.errors[refused.field] = refused.sentence
        return make_response(_page(it, typed), 422)
    flash(f"已关闭 {it.name} 的权限，登录均已结束。")
    return htmx.htmx_redirect(url_for("desk.own_people"))


@blueprint.get("/own-people/authorisations/<int:authorisation_id>")
@requires(Permission.ACCOUNT_OWN_PEOPLE)
def own_authorisation(authorisation_id: int) -> Response:
    """The paper the enterprise gave an agent (授权书), as a download."""
    return paper_within(authorisation_id, _reach())


def _reach() -> Scope:
    return scope_for(Permission.ACCOUNT_OWN_PEOPLE)
