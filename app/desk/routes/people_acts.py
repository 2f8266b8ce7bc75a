"""企业账号: opening, extending, closing, and the slip with the one-time password (账号单)."""

from __future__ import annotations

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts import services as accounts
from app.accounts.enterprise_people import ROLES
from app.accounts.queries import bureau_title
from app.accounts.services import AccountRefused, NewAccount
from app.accounts.sessions import signed_in_person
from app.desk import enterprise_people as acts
from app.desk.people_forms import PersonForm, read_person
from app.desk.queries.enterprises import EnterpriseFound, enterprise_by_code
from app.desk.routes.blueprint import blueprint
from app.desk.routes.people import person_or_404, person_page, reach
from app.desk.routes.people_enterprises import NOT_THERE, choosing
from app.filing.settings import contact_of
from app.kernel import attachments, clock, htmx
from app.kernel.authority import Permission
from app.kernel.entrance import enterprise_address
from app.kernel.permissions import requires
from app.kernel.web import page
from app.registry.queries import counties_of


@blueprint.get("/people/new")
@requires(Permission.ACCOUNT_ENTERPRISE)
def open_person() -> str:
    """First the enterprise, by code or name; then whom to open an account for."""
    uscc = request.args.get("uscc", "")[:18]
    found = enterprise_by_code(uscc, reach(), clock.today()) if uscc else None
    if found is not None:
        return _form(found, PersonForm(uscc=found.uscc))
    return choosing(NOT_THERE if uscc else "")


def _form(found: EnterpriseFound, typed: PersonForm) -> str:
    return page(
        "desk/person_new.html",
        found=found,
        typed=typed,
        roles=[(it.value, it.label) for it in ROLES],
        accepted=attachments.ACCEPTED,
        hint=attachments.HINT,
        breadcrumbs=[
            ("企业账号", url_for("desk.people")),
            ("选择企业", url_for("desk.open_person")),
        ],
    )


@blueprint.post("/people/new")
@requires(Permission.ACCOUNT_ENTERPRISE)
def make_person() -> Response:
    """Open the account; the slip is shown this once."""
    typed, made = read_person(request.form), accounts.one_time()
    found = enterprise_by_code(typed.uscc, reach(), clock.today()) if typed.uscc else None
    if found is None:
        return make_response(choosing(NOT_THERE), 422)
    try:
        paper = typed.paper()
        if not all([typed.check_person(), typed.check_paper(typed.role, paper)]):
            return make_response(_form(found, typed), 422)
        if typed.is_lent:
            grant_id = acts.lend_agent(found, typed.account, paper)
            flash("已增加代办授权。代办人用原来的账号和口令登录。")
            return htmx.htmx_redirect(url_for("desk.person", grant_id=grant_id))
        account, grant_id = acts.open_person(found, typed.person, paper, made)
    except AccountRefused as refused:
        typed.errors[refused.field or "role"] = refused.sentence
        return make_response(_form(found, typed), 422)
    return _slip(account, grant_id, "新开账号")


@blueprint.post("/people/<int:grant_id>/slip")
@requires(Permission.ACCOUNT_ENTERPRISE)
def reissue_slip(grant_id: int) -> Response:
    """A new one-time password on a new slip; the old one no longer opens anything."""
    made = accounts.one_time()
    it = person_or_404(grant_id)
    try:
        account = acts.reissue(it, reach(), made)
    except AccountRefused as refused:
        return make_response(person_page(it, PersonForm(errors={"": refused.sentence})), 409)
    return _slip(account, grant_id, "补发账号单")


def _slip(account: NewAccount, grant_id: int, why: str) -> Response:
    it = person_or_404(grant_id)
    return make_response(
        page(
            "desk/person_slip.html",
            account=account,
            it=it,
            why=why,
            address=enterprise_address() or request.url_root,
            contact=contact_of(sorted(counties_of({it.enterprise_id}))),
            issuer=signed_in_person().display_name,
            office=bureau_title(signed_in_person()),
            issued_on=clock.today(),
        )
    )


@blueprint.post("/people/<int:grant_id>/extend")
@requires(Permission.ACCOUNT_ENTERPRISE)
def extend_person(grant_id: int) -> Response:
    """A new paper prolongs what an agent may do."""
    it, typed = person_or_404(grant_id), read_person(request.form)
    try:
        paper = typed.paper()
        if not typed.check_paper(it.role, paper):
            return make_response(person_page(it, typed), 422)
        new = acts.extend_agent(it, paper)
    except AccountRefused as refused:
        typed.errors[refused.field] = refused.sentence
        return make_response(person_page(it, typed), 422)
    flash("已延期。代办人须重新登录。")
    return htmx.htmx_redirect(url_for("desk.person", grant_id=new))


@blueprint.post("/people/<int:grant_id>/close")
@requires(Permission.ACCOUNT_ENTERPRISE)
def close_person(grant_id: int) -> Response:
    """A leaver is out at once."""
    it, typed = person_or_404(grant_id), read_person(request.form)
    try:
        acts.close_person(it, typed.reason)
    except AccountRefused as refused:
        typed.errors[refused.field] = refused.sentence
        return make_response(person_page(it, typed), 422)
    flash(f"已关闭 {it.name} 为该企业办理的权限，登录均已结束。")
    return htmx.htmx_redirect(url_for("desk.person", grant_id=grant_id))
