"""Acts on a list (办理): checked, returned, sent again, discarded, withdrawn."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.routes.blueprint import blueprint, list_or_404
from app.issuing.routes.list_page import render_list
from app.kernel import htmx
from app.kernel.authority import Permission, Scope
from app.kernel.permissions import requires, scope_for

LONGEST_NOTE = 2000


@blueprint.post("/<int:list_id>/check")
@requires(Permission.LIST_CHECK)
def check_list(list_id: int) -> Response:
    """The second person finds the frozen content right."""
    return _act(list_id, "check", Permission.LIST_CHECK, services.check, "已复核，待签发。")


@blueprint.post("/<int:list_id>/return")
@requires(Permission.LIST_CHECK)
def return_list(list_id: int) -> Response:
    """The second person sends it back with a reason."""
    return _act(list_id, "return", Permission.LIST_CHECK, services.send_back, "已退回起草人。")


@blueprint.post("/<int:list_id>/send-back")
@requires(Permission.LIST_SIGN)
def send_back_list(list_id: int) -> Response:
    """The signer sends it back with a reason."""

    def send_back(found: int, scope: Scope, reason: str) -> None:
        services.send_back(found, scope, reason, by_signer=True)

    return _act(list_id, "send_back", Permission.LIST_SIGN, send_back, "已退回起草人。")


@blueprint.post("/<int:list_id>/resubmit")
@requires(Permission.LIST_DRAFT)
def resubmit_list(list_id: int) -> Response:
    """The maker answers and asks for the check again."""
    return _act(list_id, "resubmit", Permission.LIST_DRAFT, services.resubmit, "已重新送复核。")


@blueprint.post("/<int:list_id>/discard")
@requires(Permission.LIST_DRAFT)
def discard_list(list_id: int) -> Response:
    """The maker gives the draft up."""
    return _act(list_id, "discard", Permission.LIST_DRAFT, services.discard, "草稿已作废。")


@blueprint.post("/<int:list_id>/withdraw")
@requires(Permission.LIST_SIGN)
def withdraw_list(list_id: int) -> Response:
    """A signer withdraws the list with a reason."""
    return _act(list_id, "withdraw", Permission.LIST_SIGN, services.withdraw, "清单已撤回。")


Verb = Callable[[int, Scope, str], None]


def _act(list_id: int, action: str, permission: Permission, verb: Verb, done: str) -> Response:
    view = list_or_404(list_id)
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    try:
        verb(list_id, scope_for(permission), note)
    except Refused as refused:
        typed = {action: note}
        again = render_list(view, problem=str(refused), action=action, typed=typed)
        return make_response(again, 422)
    flash(done)
    return htmx.htmx_redirect(url_for("issuing.list_page", list_id=list_id))
