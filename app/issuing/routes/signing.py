"""签发: what the head sees before signing, and the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.comparison import KIND_WORDS, Difference, count_by_kind
from app.issuing.domain import State
from app.issuing.queries import (
    ListView,
    Present,
    covers,
    differences_between,
    how_it_stands,
    present,
    previous_of,
    why_not_by,
)
from app.issuing.routes.blueprint import blueprint, list_or_404, person_id, scope_words
from app.issuing.services import Signature
from app.issuing.subjects import subject_of
from app.kernel import clock, htmx
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.kernel.workflow import ActionNotAllowed

SHOWN = 12
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """Differences as the page shows them: how many of each kind, and the first that matter."""

    counts: Mapping[str, int]
    first: tuple[Difference, ...]
    own: int
    """How many lines differ by their own facts; the others only gave way or moved up."""
    total: int

    @classmethod
    def of(cls, found: tuple[Difference, ...]) -> Told:
        """What is told of these differences."""
        counts = {KIND_WORDS[kind]: count for kind, count in count_by_kind(found).items()}
        own = [it for it in found if it.is_its_own]
        return cls(counts, tuple(own[:SHOWN] or found[:SHOWN]), len(own), len(found))

    @property
    def caption(self) -> str:
        """What the table of the first ones shows."""
        moved = self.total - self.own
        rest = f"；另有 {moved} 行只是位次随之变动" if moved and self.own else ""
        counted = f"{self.own} 行本行情况有变化" if self.own else f"{self.total} 行"
        return f"前 {len(self.first)} 行，共 {counted}{rest}"


@blueprint.get("/<int:list_id>/sign")
@requires(Permission.LIST_SIGN)
def sign_form(list_id: int) -> str:
    """What is to be signed: lines, changes to the last issue, whether the register has moved."""
    view = _to_be_signed(list_id)
    return _form(view, _look(view), {"signed_on": clock.today().isoformat()})


@blueprint.post("/<int:list_id>/sign")
@requires(Permission.LIST_SIGN)
def sign_list(list_id: int) -> Response:
    """Sign: number, day, confirmations; all of it or nothing.

    How the list would read now is found before the writer's lock is taken.
    """
    with reading_first():
        view = _to_be_signed(list_id)
        seen = _look(view)
        typed = {name: request.form.get(name, "").strip()[:LONGEST] for name in _FIELDS}
        days, faults = _days(typed)
        if not typed["number"]:
            faults["number"] = "没有填写文号。请填写文号。"
        if view.has_draft_rulebook and typed["confirm"] != "1":
            faults["confirm"] = f"规则集为{view.rulebook_status}，请勾选确认后再签发。"
        if faults or isinstance(seen, str):
            return make_response(_form(view, seen, typed, faults), 422)
    signature = Signature(
        typed["number"],
        days["signed_on"],
        days["effective_on"],
        confirms_draft_rulebook=typed["confirm"] == "1",
        reason=typed["reason"],
    )
    try:
        signed, _ = services.sign(list_id, scope_for(Permission.LIST_SIGN), signature, seen)
    except services.Moved as moved:
        return make_response(_form(view, moved.now, typed, {"reason": str(moved)}), 422)
    except Refused as refused:
        return make_response(_form(view, seen, typed, {"": str(refused)}), 422)
    except subject_of(view.subject).all_faults as fault:
        return make_response(_form(view, seen, typed, {"": str(fault)}), 422)
    flash(f"清单已签发，文号 {signed.number}。")
    return htmx.htmx_redirect(url_for("issuing.list_page", list_id=list_id))


def _look(view: ListView) -> Present | str:
    """How the list would read now, or why that cannot be found."""
    try:
        return present(view)
    except subject_of(view.subject).all_faults as fault:
        return str(fault)


_FIELDS = ("number", "signed_on", "effective_on", "confirm", "reason")


def _days(typed: Mapping[str, str]) -> tuple[dict[str, date | None], dict[str, str]]:
    days: dict[str, date | None] = {}
    faults: dict[str, str] = {}
    for name in ("signed_on", "effective_on"):
        try:
            days[name] = read_day(typed[name])
        except ValueError as fault:
            days[name], faults[name] = None, str(fault)
    return days, faults


def _to_be_signed(list_id: int) -> ListView:
    """The list, if it is within the signer's reach and waits for a signature (404, 409)."""
    view = list_or_404(list_id)
    if not covers(scope_for(Permission.LIST_SIGN), view):
        abort(404, "没有这份清单，或不在您的签发范围内。请从清单列表中选择。")
    if view.state is not State.CHECKED:
        raise ActionNotAllowed(how_it_stands(view))
    return view


def _form(
    view: ListView,
    now: Present | str,
    typed: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
) -> str:
    previous = previous_of(view) if view.is_open else None
    found = dict(faults or {})
    return page(
        "issuing/sign.html",
        view=view,
        typed=typed,
        faults=found,
        others=[(f"f-{name}" if name else "", text) for name, text in found.items()],
        scope_words=scope_words(view),
        previous=previous,
        changes=Told.of(differences_between(previous, view)) if previous else None,
        moved=Told.of(now.differences if isinstance(now, Present) else ()),
        cannot=now if isinstance(now, str) else "",
        why_not=why_not_by(view, "sign", person_id()) or "",
        as_of=view.as_of,
    )
