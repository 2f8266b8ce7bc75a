"""排污权分配告知书: the letters of a signed allocation, one by one or all together."""

from __future__ import annotations

from collections.abc import Iterable

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.issuing.queries import ListView, find_own_lines
from app.issuing.services.steps import link_of
from app.kernel import clock, htmx, jobs
from app.kernel.authority import Permission
from app.kernel.papers import PaperFault, why_no_pdf
from app.kernel.permissions import requires, scope_for
from app.policy.screens import Reach, reach_of
from app.rights.letters import Letter
from app.rights.papers import MAKERS
from app.rights.queries.issued import find_allocation, find_letters
from app.rights.routes.applications import LONGEST_NUMBER, number_in
from app.rights.routes.blueprint import blueprint, section_page
from app.rights.services import letters as services

HERE = "rights.allocation"
NOT_THERE = "清单中没有这个厂区，或者不在您的权限范围内。"
ENDED = ("done", "failed")
SECONDS_BETWEEN_LOOKS = 2
FORMATS = (("docx", "Word"), ("pdf", "PDF"))


def _list_or_404(list_id: int) -> tuple[ListView, Reach]:
    """A signed allocation; its letters are cut to the person's counties."""
    view = find_allocation(list_id)
    if view is None:
        abort(404, "没有这份签发的分配清单。")
    return view, reach_of(Permission.LIST_DRAFT)


@blueprint.get("/lists/<int:allocation_id>/letters")
@requires(Permission.LIST_DRAFT)
def letter_list(allocation_id: int) -> str | Response:
    """The letters of a signed allocation within reach, and how far those asked for are."""
    view, reach = _list_or_404(allocation_id)
    job_id = number_in("job")
    job = jobs.find_job(job_id) if job_id else None
    person = signed_in_person()
    if job is None or job.kind != services.JOB or job.created_by != person.user_id:
        job = None
    running = job is not None and job.state not in ENDED
    if htmx.fragment_target() == "progress" and not running:
        return htmx.htmx_redirect(_address(allocation_id, job_id))
    made = find_letters(f"{services.PURPOSE} {job.id}", person.user_id) if job else None
    return section_page(
        "letters",
        HERE,
        blocks=("progress",),
        view=view,
        letters=services.letters(view, reach.allowed),
        counties=reach.names,
        job=job,
        running=running,
        made_url=url_for("kernel.download", token=made) if made else "",
        address=_address(allocation_id, job_id),
        list_url=link_of(allocation_id),
        refused=services.why_no_letters(view),
        no_pdf=why_no_pdf(),
        formats=FORMATS[:1] if why_no_pdf() else FORMATS,
        refresh_seconds=SECONDS_BETWEEN_LOOKS if running else None,
    )


def _address(allocation_id: int, job_id: int | None = None) -> str:
    return url_for("rights.letter_list", allocation_id=allocation_id, job=job_id)


@blueprint.post("/lists/<int:allocation_id>/letters")
@requires(Permission.LIST_DRAFT)
def make_letters(allocation_id: int) -> Response:
    """Make one letter (``plant_id``) at once, or have all of them made in the background."""
    view, reach = _list_or_404(allocation_id)
    form, plant_id = _form_asked(), _plant_asked()
    fault = services.why_no_letters(view) or (why_no_pdf() if form == "pdf" else None)
    if fault:
        flash(fault, "problem")
        return htmx.htmx_redirect(_address(allocation_id))
    found = services.letters(view, reach.allowed)
    if plant_id is not None:
        return _one(view, found, plant_id, form, _address(allocation_id))
    if not found:
        abort(404, NOT_THERE)
    job_id = services.queue(view, form, reach.allowed)
    return htmx.htmx_redirect(_address(allocation_id, job_id))


@blueprint.post("/lists/<int:allocation_id>/own-letter")
@requires(Permission.LIST_OWN_LINE)
def own_letter(allocation_id: int) -> Response:
    """An enterprise's letter about its own plant (``plant_id``), and about no other's."""
    form, plant_id = _form_asked(), _plant_asked()
    own = find_own_lines(allocation_id, scope_for(Permission.LIST_OWN_LINE).enterprises)
    view = find_allocation(allocation_id)
    if view is None or plant_id not in {it.line.plant_id for it in own}:
        abort(404, NOT_THERE)
    results = url_for("issuing.own_results")
    if not view.holds_on(clock.today()):
        flash("这份清单现在不施行，不提供告知书。", "problem")
        return htmx.htmx_redirect(results)
    return _one(view, services.letters(view, None), plant_id, form, results)


def _form_asked() -> str:
    form = request.form.get("format", "")
    if form not in MAKERS:
        abort(422, "没有这种格式。请从页面上的按钮中选择。")
    return form


def _plant_asked() -> int | None:
    """The plant that the form names; none where it names nothing. 404 where it is no number."""
    text = request.form.get("plant_id")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER):
        abort(404, NOT_THERE)
    return int(text)


def _one(
    view: ListView, found: Iterable[Letter], plant_id: int, form: str, otherwise: str
) -> Response:
    letter = next((it for it in found if it.plant_id == plant_id), None)
    if letter is None:
        abort(404, NOT_THERE)
    try:
        token = services.make_one(view, letter, form, signed_in_person().user_id)
    except PaperFault as fault:
        flash(str(fault), "problem")
        return htmx.htmx_redirect(otherwise)
    return htmx.htmx_redirect(url_for("kernel.download", token=token))
