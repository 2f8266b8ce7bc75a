"""起草清单: which list, for which day, for whom; a look before it is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from flask import make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.comparison import Difference, compare, count_by_kind
from app.issuing.domain import Line, Question
from app.issuing.queries import ListView, lines_of, newest_draft
from app.issuing.queries.lists import in_force
from app.issuing.routes.blueprint import blueprint, person_id
from app.issuing.routes.work import asked_work, refresh_seconds
from app.issuing.services.background import DRAFT as DRAFT_JOB
from app.issuing.services.background import LARGE, wanted_by
from app.issuing.subjects import all_subjects, faults_of, subject_of
from app.kernel import clock, htmx
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.jobs import JobView
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.policy.screens import reach_of
from app.registry.queries import list_plant_ids

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
def draft_form() -> str | Response:
    """The form, filled in as the address says, or as a draft in the background was asked for."""
    work = asked_work(DRAFT_JOB)
    if work is None:
        return _form(_read(request.args, is_sent=False))
    its = wanted_by(work)
    wanted = _read({**asdict(its), "subject": its.kind}, is_sent=False)
    if work.state == "done" and wanted.day is not None:
        question = Question(its.spec, wanted.day, its.county or None)
        return htmx.htmx_redirect(_page_of(newest_draft(person_id(), its.kind, question)))
    if work.error and htmx.fragment_target() == "progress":
        return htmx.htmx_redirect(url_for("issuing.draft_form", job=work.id))
    return _form(wanted, problem=("f-list", work.error) if work.error else None, work=work)


def _page_of(list_id: int | None) -> str:
    if list_id is None:
        return url_for("issuing.lists")
    return url_for("issuing.list_page", list_id=list_id)


@blueprint.post("/new")
@requires(Permission.LIST_DRAFT)
def draft() -> Response:
    """Freeze the draft, or show beforehand what it would hold (act=preview).

    All of it is computed before the writer's lock is taken; a large list in the background.
    """
    with reading_first():
        wanted = _read(request.form, is_sent=True)
        if wanted.faults or wanted.day is None:
            return make_response(_form(wanted), 422)
        faults: tuple[type[Exception], ...] = (Refused, *faults_of(wanted.kind))
        try:
            if request.form.get("act") == "preview":
                return make_response(_form(wanted, _preview(wanted, wanted.day)))
            asked = (wanted.kind, wanted.spec, wanted.day, wanted.county)
            subject_of(wanted.kind).title_of(
                wanted.spec
            )  # told at once where there is no such list
            is_large = len(list_plant_ids()) > LARGE
            frozen = None if is_large else services.freeze(*asked)
        except faults as fault:
            return _refused(wanted, fault)
    if frozen is None:
        job_id = services.draft_in_background(*asked)
        return htmx.htmx_redirect(url_for("issuing.draft_form", job=job_id))
    try:
        list_id = services.enter(frozen)
    except Refused as fault:
        return _refused(wanted, fault)
    return htmx.htmx_redirect(_page_of(list_id))


def _refused(wanted: Wanted, fault: Exception) -> Response:
    field = "f-as_of" if isinstance(fault, Refused) else "f-list"
    return make_response(_form(wanted, problem=(field, str(fault))), 422)


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
    differences = compare(lines_of(previous.id), lines, (previous.as_of, day)) if previous else ()
    return Preview(title, lines, previous, differences)


def _form(
    wanted: Wanted,
    preview: Preview | None = None,
    problem: tuple[str, str] | None = None,
    work: JobView | None = None,
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
        blocks=("progress",),
        wanted=wanted,
        work=work,
        refresh_seconds=refresh_seconds(work),
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
