"""排污权分配告知书: the letters of a signed allocation, one by one or all together."""

from __future__ import annotations

import io

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.issuing.queries import ListView
from app.issuing.services.steps import link_of
from app.kernel import files, htmx, jobs
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.policy.screens import Reach, reach_of
from app.rights.papers import MAKERS, MEDIA_TYPES, PaperFault, as_docx, file_name, why_no_pdf
from app.rights.queries.issued import find_allocation, find_letters
from app.rights.routes.applications import number_in
from app.rights.routes.blueprint import blueprint, section_page
from app.rights.services import letters as services

HERE = "rights.allocation"
ENDED = ("done", "failed")
SECONDS_BETWEEN_LOOKS = 2


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
    made = find_letters(job.id, person.user_id, services.PURPOSE) if job else None
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
        no_pdf=why_no_pdf(),
        refresh_seconds=SECONDS_BETWEEN_LOOKS if running else None,
    )


def _address(allocation_id: int, job_id: int | None = None) -> str:
    return url_for("rights.letter_list", allocation_id=allocation_id, job=job_id)


@blueprint.post("/lists/<int:allocation_id>/letters")
@requires(Permission.LIST_DRAFT)
def make_letters(allocation_id: int) -> Response:
    """Have one letter (``plant_id``) or all of them made; a single docx is there at once."""
    view, reach = _list_or_404(allocation_id)
    form = request.form.get("format", "")
    if form not in MAKERS:
        abort(422, "没有这种格式。请从页面上的按钮中选择。")
    text = request.form.get("plant_id", "")
    plant_id = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
    found = services.letters(view, reach.allowed)
    wanted = [it for it in found if plant_id in (None, it.plant_id)]
    if not wanted or (text and plant_id is None):
        abort(404, "清单中没有这个厂区，或者不在您的权限范围内。")
    fault = why_no_pdf() if form == "pdf" else None
    if fault is None and plant_id is not None and form == "docx":
        try:
            content = as_docx(wanted[0])
        except PaperFault as problem:
            fault = str(problem)
        else:
            return htmx.htmx_redirect(
                files.offer_download(
                    io.BytesIO(content),
                    file_name(wanted[0], form),
                    MEDIA_TYPES[form],
                    services.PURPOSE,
                    signed_in_person().user_id,
                )
            )
    if fault is not None:
        flash(fault, "problem")
        return htmx.htmx_redirect(_address(allocation_id))
    job_id = services.queue(view, form, plant_id, reach.allowed)
    return htmx.htmx_redirect(_address(allocation_id, job_id))
