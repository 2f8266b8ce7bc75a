"""The blueprint of the stage and what its pages share (清单页面)."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from app.issuing.domain import State
from app.issuing.queries import BytesDiffer, ListView, find_list
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import current_actor, scope_for
from app.kernel.workflow import ActionNotAllowed
from app.policy.queries import county_names

blueprint = Blueprint("issuing", __name__, url_prefix="/lists", template_folder="../templates")
TAGS = {
    State.DRAFT: "soon",
    State.RETURNED: "late",
    State.CHECKED: "soon",
    State.IN_FORCE: "done",
    State.REPLACED: "neutral",
    State.WITHDRAWN: "barred",
    State.DISCARDED: "neutral",
}


def tag_of(view: ListView) -> tuple[str, str]:
    """The state of a list as pages tag it: kind and word."""
    return TAGS[view.state], view.state_words(clock.today())


def scope_words(view: ListView) -> str:
    """Whose rows the list holds."""
    return county_names().get(view.county, view.county) if view.county else "全市"


def list_or_404(list_id: int) -> ListView:
    """The list, if the person may see it."""
    view = find_list(list_id, scope_for(Permission.POLICY_VIEW))
    if view is None:
        abort(404, "没有这份清单，或不在您的权限范围内。请从清单列表中选择。")
    return view


_TYPED = {"note": "说明", "number": "文号", "reason": "理由"}


def person_id() -> int:
    """Who is signed in."""
    person = current_actor()
    if person is None:
        abort(403)
    return person.user_id


@blueprint.errorhandler(ActionNotAllowed)
def changed_meanwhile(error: Exception) -> tuple[str, int]:
    """Somebody was faster, or the page was old (409); what was typed is shown again."""
    typed = [(label, request.form.get(name, "").strip()) for name, label in _TYPED.items()]
    typed = [(label, text) for label, text in typed if text]
    return render_template("issuing/problem.html", sentence=str(error), typed=typed), 409


@blueprint.errorhandler(BytesDiffer)
def bytes_differ(error: Exception) -> tuple[str, int]:
    """The frozen bytes are missing or altered; nothing may be signed or handed out (409)."""
    return render_template("issuing/problem.html", sentence=str(error)), 409
