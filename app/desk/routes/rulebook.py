"""提出修改: a rule editor types a change of 规则库, sees what it would move, puts it forward."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.desk.proposals import told_waiting
from app.desk.queries.facts import OpenProposal, open_proposals
from app.desk.routes.blueprint import blueprint
from app.desk.rule_forecasts import work_out
from app.desk.rulebook_forms import FIELDS, ChangeForm, offered, read_change
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.web import page
from app.rulebook.changes import Change, Fault, wanted_words, why_fixed
from app.rulebook.domain import Industry
from app.rulebook.edits import ACT_WORDS, AT_ONCE, Act, Edit
from app.rulebook.parameters import UnknownEntry
from app.rulebook.queries import rulebook, rulebook_titles
from app.rulebook.services import INDUSTRY, PARAMETER, faults_of, ground, propose_change
from app.rulebook.telling import told_edit

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
def rule_preview() -> Response | str | tuple[str, int]:
    """Have worked out what the change would move, and go to the page that tells it."""
    change, faults, form = _read()
    if "again" in request.form:
        return _form(form, [])
    faults = [*faults, *faults_of(change)]
    if faults:
        return _form(form, faults), 422
    work_out(change, _fields())
    return htmx.htmx_redirect(url_for("desk.rule_forecast", forecast_key=change.key))


@blueprint.post("/rulebook/change")
@requires(Permission.RULEBOOK_EDIT)
def rule_propose() -> Response | tuple[str, int]:
    """Put the change before the head of the city; it takes effect when the head approves."""
    change, faults, form = _read()
    faults = [*faults, *faults_of(change)]
    if faults:
        return _form(form, faults), 422
    if (first := _same_open(change)) is not None:
        return _form(form, [("", told_waiting(first))]), 409
    try:
        propose_change(change)
    except Refused as refused:
        return _form(form, [("", str(refused))]), 422
    flash("已提交市级负责人复核。通过之前，一切仍按原来的规定。")
    return htmx.htmx_redirect(_home_of(change.act, change.subject))


def _same_open(change: Change) -> OpenProposal | None:
    """What somebody has already put before the head for the same entry and the same day."""
    wanted = (change.act, change.subject, change.county, change.from_on, change.replaces)
    for it in open_proposals([PARAMETER, INDUSTRY]):
        other = Change.of(it.payload)
        said = (other.act, other.subject, other.county, other.from_on, other.replaces)
        if said == wanted:
            return it
    return None


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


def _fields() -> list[tuple[str, str]]:
    kept = request.form.items(multi=True)
    return [(name, value) for name, value in kept if name in FIELDS]


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
        schemes_now=list(_schemes_now(industry)) if industry and form.act == "scheme" else [],
        errors=errors,
        faults=[(f"f-{field}" if field else "", text) for field, text in errors.items()],
        breadcrumbs=crumbs(form.act, form.subject),
    )


def _schemes_now(industry: Industry) -> Iterator[str]:
    """What the industry and its sub-types use today, rulebook by rulebook."""
    today = clock.today()
    for info in ground().rulebooks:
        book = rulebook(info.id, today)
        for subtype in (None, *(it.name for it in industry.subtypes)):
            use = book.scheme_of(industry, subtype)
            scheme = ground().schemes.get(use.scheme_id or "")
            title = scheme.title if scheme else "未知"
            whose = industry.label(subtype, today)
            yield f"{info.short_title}，{whose}：{title}（{use.confidence}）"


def _short(rulebook_id: str) -> str:
    return rulebook_titles().get(rulebook_id, rulebook_id)


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


def crumbs(act: Act, subject: str) -> list[tuple[str, str]]:
    """The way back to the entry that is changed."""
    if subject in ground().parameters.histories:
        title = ground().parameters.history(subject)[0].title
        return [("参数与设置", url_for("rulebook.parameter_list")), (title, _home_of(act, subject))]
    held = {it.id: it.name for it in ground().catalogue.industries}
    here = [(held[subject], _home_of(act, subject))] if subject in held else []
    return [("行业目录", url_for("rulebook.industry_list")), *here]
