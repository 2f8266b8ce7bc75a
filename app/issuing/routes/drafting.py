"""起草清单: which list, for which day, for whom; a look before it is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from flask import make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.comparison import Difference, compare, count_by_kind
from app.issuing.domain import Line, Question
from app.issuing.queries import ListView, lines_of
from app.issuing.queries.lists import in_force
from app.issuing.routes.blueprint import blueprint
from app.issuing.subjects import UnknownSpec, all_subjects, subject_of
from app.kernel import clock, htmx
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page
from app.policy.screens import reach_of

FIRST_LINES = 10
LONGEST = 140


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed into the form, and what is wrong with it, by field."""

    kind: str
    spec: str
    typed_day: str
    county: str
    day: date | None
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def chosen(self) -> str:
        """The value of the choice of lists."""
        return f"{self.kind}/{self.spec}" if self.kind else ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be frozen now."""

    title: str
    lines: tuple[Line, ...]
    previous: ListView | None
    differences: tuple[Difference, ...]

    @property
    def admitted(self) -> int:
        """How many lines are admitted."""
        return sum(line.admitted for line in self.lines)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many lines differ from the issue in force, by kind in words."""
        return {kind.words: n for kind, n in count_by_kind(self.differences).items()}


@blueprint.get("/new")
@requires(Permission.LIST_DRAFT)
def draft_form() -> str:
    """The form, filled in as the address says."""
    return _form(_read(request.args, is_sent=False))


@blueprint.post("/new")
@requires(Permission.LIST_DRAFT)
def draft() -> Response:
    """Freeze the draft, or show beforehand what it would hold (act=preview)."""
    wanted = _read(request.form, is_sent=True)
    if wanted.faults or wanted.day is None:
        return make_response(_form(wanted), 422)
    try:
        if request.form.get("act") == "preview":
            return make_response(_form(wanted, _preview(wanted, wanted.day)))
        list_id = services.draft(wanted.kind, wanted.spec, wanted.day, wanted.county)
    except UnknownSpec as fault:
        return make_response(_form(wanted, problem=("f-list", str(fault))), 422)
    except Refused as fault:
        return make_response(_form(wanted, problem=("f-as_of", str(fault))), 422)
    except _faults(wanted.kind) as fault:
        return make_response(_form(wanted, problem=("f-list", str(fault))), 422)
    return htmx.htmx_redirect(url_for("issuing.list_page", list_id=list_id))


def _faults(kind: str) -> tuple[type[Exception], ...]:
    try:
        return subject_of(kind).faults
    except UnknownSpec:
        return ()


def _read(values: Mapping[str, str], *, is_sent: bool) -> Wanted:
    kind, spec = values.get("subject", ""), values.get("spec", "")
    if "list" in values:
        kind, _, spec = values["list"].partition("/")
    kind, spec = kind[:LONGEST], spec[:LONGEST]
    typed, county = values.get("as_of", "").strip(), values.get("county", "").strip()
    faults: dict[str, str] = {}
    day: date | None = None
    try:
        day = read_day(typed)
    except ValueError as fault:
        faults["as_of"] = str(fault)
    if not typed and not is_sent:
        day, typed = clock.today(), clock.today().isoformat()
    if day is None and "as_of" not in faults:
        faults["as_of"] = "没有填写截至日期。请按 2025-06-30 的样式填写。"
    if is_sent and not spec:
        faults["list"] = "没有选择清单。请从列表中选择。"
    if is_sent and not scope_for(Permission.LIST_DRAFT).covers(county=county):
        faults["county"] = "该范围不在您的权限内。请选择本区县。"
    return Wanted(kind, spec, typed[:40], county[:12], day, faults if is_sent else {})


def _preview(wanted: Wanted, day: date) -> Preview:
    subject = subject_of(wanted.kind)
    title = subject.title_of(wanted.spec)
    question = Question(wanted.spec, day, wanted.county or None)
    lines = subject.lines(subject.compute(question))
    previous = in_force(wanted.kind, wanted.spec, wanted.county)
    differences = compare(lines_of(previous.id), lines) if previous else ()
    return Preview(title, lines, previous, differences)


def _form(
    wanted: Wanted, preview: Preview | None = None, problem: tuple[str, str] | None = None
) -> str:
    reach = reach_of(Permission.LIST_DRAFT)
    offers = [
        (
            f"{subject.kind}/{spec}",
            title if len(all_subjects()) == 1 else f"{subject.title}：{title}",
        )
        for subject in all_subjects()
        for spec, title in _offers(subject.kind)
    ]
    counties = ([("", "全市")] if reach.is_everything else []) + list(reach.names.items())
    others = [(f"f-{name}", sentence) for name, sentence in wanted.faults.items()]
    return page(
        "issuing/draft.html",
        wanted=wanted,
        offers=offers,
        counties=counties,
        others=[*others, *([problem] if problem else [])],
        preview=preview,
        first_lines=preview.lines[:FIRST_LINES] if preview else (),
    )


def _offers(kind: str) -> list[tuple[str, str]]:
    subject = subject_of(kind)
    try:
        return list(subject.offers())
    except subject.faults:
        return []  # the page of measures says what is wrong
