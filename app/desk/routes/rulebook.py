"""提出修改: a rule editor types a change of 规则库, sees what it would move, puts it forward."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.approvals.domain import OPEN, Refused
from app.approvals.queries import find_proposal
from app.desk.routes.blueprint import blueprint
from app.desk.rule_effects import DayEffects, foresee_change
from app.desk.rulebook_forms import ChangeForm, offered, read_change
from app.kernel import clock, htmx, transaction
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.kernel.web import page
from app.rulebook.changes import Change, Fault, wanted_words, why_fixed
from app.rulebook.edits import ACT_WORDS, AT_ONCE, Act, Edit
from app.rulebook.parameters import UnknownEntry
from app.rulebook.services import INDUSTRY, PARAMETER, faults_of, ground, propose_change
from app.rulebook.telling import title_of, told_change, told_edit

ROWS_PER_PAGE = 50
LONGEST_NUMBER = 9
LAST = ("from_on", "reason", "document")
"""The fields every form ends with: what is wrong is told in the order of the form."""


@blueprint.get("/rulebook/change")
@requires(Permission.RULEBOOK_EDIT)
def rule_change() -> str:
    """The form of one change, by act and subject: ?act=set&subject=violations.window_months."""
    act, subject = request.args.get("act", ""), request.args.get("subject", "")
    edit = _edit(request.args.get("replaces", ""))
    if act not in ACT_WORDS or not _is_there(act, subject, edit):
        abort(404, "没有可以这样修改的内容。请从规则库的页面上选择。")
    form = offered(act, subject, edit, clock.today())  # type: ignore[arg-type]
    return _form(form, [])


def _is_there(act: str, subject: str, edit: Edit | None) -> bool:
    now = ground()
    if act == "withdraw":
        return edit is not None and edit.annulled_at is None and edit.subject == subject
    if act == "set":
        return subject in now.parameters.histories
    if act == "add":
        return not subject
    return any(it.id == subject for it in now.catalogue.industries)


@blueprint.post("/rulebook/change/preview")
@requires(Permission.RULEBOOK_EDIT)
def rule_preview() -> str | tuple[str, int]:
    """What the change would move; nothing is written, and no other writer waits for it."""
    transaction.close()
    change, faults, form = _read()
    if "again" in request.form:
        return _form(form, [])
    faults = [*faults, *faults_of(change)]
    if faults:
        return _form(form, faults), 422
    now = ground()
    return page(
        "desk/rule_preview.html",
        title=title_of(change, now),
        told=told_change(change, now),
        fields=_fields(),
        effects=foresee_change(change, form.replaces.from_on if form.replaces else None),
        breadcrumbs=_crumbs(change.act, change.subject),
    )


@blueprint.post("/rulebook/change")
@requires(Permission.RULEBOOK_EDIT)
def rule_propose() -> Response | tuple[str, int]:
    """Put the change before the head of the city; it takes effect when the head approves."""
    change, faults, form = _read()
    faults = [*faults, *faults_of(change)]
    if faults:
        return _form(form, faults), 422
    try:
        propose_change(change)
    except Refused as refused:
        return _form(form, [("", str(refused))]), 422
    flash("已提交市级负责人复核。通过之前，一切仍按原来的规定。")
    return htmx.htmx_redirect(_home_of(change.act, change.subject))


@blueprint.get("/rulebook/proposals/<int:rule_proposal_id>/effects")
@requires(Permission.RULEBOOK_VIEW)
def rule_effects(rule_proposal_id: int) -> str:
    """All that an open proposal would move, a page at a time, for who proposes or decides."""
    proposal = find_proposal(rule_proposal_id)
    may = can(Permission.RULEBOOK_EDIT) or can(Permission.RULEBOOK_APPROVE)
    if not may or proposal is None or proposal.kind not in (PARAMETER, INDUSTRY):
        abort(404)
    if proposal.state != OPEN:
        abort(404, "这次修改已经办结，不再计算影响。请在规则库中查看沿革。")
    change = Change.of(proposal.payload)
    effects = foresee_change(change, _start_of(change))
    days = effects.days
    number = request.args.get("day", "")
    day = days[int(number)] if number in ("0", "1") and int(number) < len(days) else days[-1]
    part = request.args.get("part", "plants")
    return page(
        "desk/rule_effects_page.html",
        proposal=proposal,
        effects=effects,
        day=day,
        parts=_parts(rule_proposal_id, days.index(day), day, part),
        days=[
            (f"{it.label} {it.on}", _effects_url(rule_proposal_id, n, part), it == day)
            for n, it in enumerate(days)
        ],
        breadcrumbs=_crumbs(change.act, change.subject),
        **_paged(rule_proposal_id, days.index(day), day, part),
    )


def _effects_url(proposal_id: int, day: int, part: str, number: int = 1) -> str:
    return url_for(
        "desk.rule_effects", rule_proposal_id=proposal_id, day=day, part=part,
        page=number if number > 1 else None,
    )  # fmt: skip


def _parts(
    proposal_id: int, number: int, day: DayEffects, part: str
) -> list[tuple[str, str, bool]]:
    found = [("plants", f"厂区 {len(day.plants):,}")]
    found += [(it.measure_id, f"{it.title} {len(it.rows):,}") for it in day.lists]
    return [(label, _effects_url(proposal_id, number, key), key == part) for key, label in found]


def _paged(proposal_id: int, number: int, day: DayEffects, part: str) -> dict[str, Any]:
    moves = next((it for it in day.lists if it.measure_id == part), None)
    rows = moves.rows if moves else tuple(("", it) for it in day.plants)
    pages = max(1, -(-len(rows) // ROWS_PER_PAGE))
    asked = request.args.get("page", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < LONGEST_NUMBER
    current = min(max(int(asked), 1), pages) if is_number else 1

    def url(wanted: int) -> str | None:
        there = 1 <= wanted <= pages
        return _effects_url(proposal_id, number, part, wanted) if there else None

    first = (current - 1) * ROWS_PER_PAGE
    return {
        "rows": rows[first : first + ROWS_PER_PAGE],
        "count": f"共 {len(rows):,} 个厂区，第 {current} 页，共 {pages} 页",
        "is_list": moves is not None,
        "previous_url": url(current - 1),
        "next_url": url(current + 1),
    }


def _read() -> tuple[Change, list[Fault], ChangeForm]:
    try:
        change, faults, form = read_change(request.form, clock.today())
    except (LookupError, UnknownEntry):
        abort(404, "没有可以这样修改的内容。请从规则库的页面上选择。")
    if not _is_there(change.act, form.subject, form.replaces):
        abort(404, "没有可以这样修改的内容。请从规则库的页面上选择。")
    return change, faults, form


def _edit(number: str) -> Edit | None:
    if not (number.isascii() and number.isdecimal()):
        return None
    return next((it for it in ground().edits if str(it.id) == number), None)


def _start_of(change: Change) -> date | None:
    edit = next((it for it in ground().edits if it.id == change.replaces), None)
    return edit.from_on if edit else None


def _fields() -> list[tuple[str, str]]:
    kept = request.form.items(multi=True)
    return [(name, value) for name, value in kept if name not in ("csrf_token", "again")]


def _form(form: ChangeForm, faults: list[Fault]) -> str:
    now = ground()
    history = now.parameters.histories.get(form.subject)
    industry = next((it for it in now.catalogue.industries if it.id == form.subject), None)
    pattern = now.parameters.on(form.subject, now.today) if history else None
    name = pattern.title if pattern else industry.name if industry else ""
    errors: dict[str, str] = {}
    for field, sentence in sorted(faults, key=lambda fault: fault[0] in LAST):
        errors[field] = errors.get(field, "") + sentence
    return page(
        "desk/rule_change.html",
        form=form,
        act_words="更正" if form.act == "set" and form.replaces else ACT_WORDS[form.act],
        name=name,
        pattern=pattern,
        fixed=why_fixed(pattern) if pattern and form.act == "set" else "",
        wanted=wanted_words(pattern) if pattern else "",
        industry=industry,
        subtype_pairs=[(it.name, it.name) for it in industry.subtypes] if industry else [],
        at_once=form.act in AT_ONCE,
        replaced=told_edit(form.replaces, now) if form.replaces else "",
        counties=list(now.counties.items()),
        grades=_grades(),
        grade_pairs=[(grade, grade) for grade in _grades()],
        rulebooks=[(it.id, it.short_title) for it in now.rulebooks],
        schemes=[(it.id, f"{_short(it.rulebook)}：{it.title}") for it in now.schemes.values()],
        errors=errors,
        faults=[(f"f-{field}" if field else "", text) for field, text in errors.items()],
        breadcrumbs=_crumbs(form.act, form.subject),
    )


def _short(rulebook: str) -> str:
    return next((it.short_title for it in ground().rulebooks if it.id == rulebook), rulebook)


def _grades() -> list[str]:
    now = ground()
    order = now.parameters.on("grade.order", now.today).value
    tiers = order if isinstance(order, tuple) else ()
    return [grade.strip() for tier in tiers for grade in tier.split("=")]


def _home_of(act: Act, subject: str) -> str:
    if subject in ground().parameters.histories:
        return url_for("rulebook.parameter_page", parameter_id=subject)
    if act == "add" or not subject:
        return url_for("rulebook.industry_list")
    return url_for("rulebook.industry_page", industry_id=subject)


def _crumbs(act: Act, subject: str) -> list[tuple[str, str]]:
    if subject in ground().parameters.histories:
        title = ground().parameters.history(subject)[0].title
        return [("参数与设置", url_for("rulebook.parameter_list")), (title, _home_of(act, subject))]
    return [("行业目录", url_for("rulebook.industry_list"))]
