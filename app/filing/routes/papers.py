"""Papers of a filing as downloads (申请表、承诺书、存证件、回执), and the script to check them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

from flask import Response, abort, flash, request, send_file, url_for

from app.accounts.sessions import signed_in_person
from app.filing import application
from app.filing.content import entered
from app.filing.papers import (
    RecordFile,
    application_docx,
    application_pdf,
    commitment_docx,
    commitment_pdf,
)
from app.filing.queries import assessment_of, working
from app.filing.queries.papers import bureau_of, commitment_of
from app.filing.routes.blueprint import blueprint, filing_or_404
from app.filing.routes.submissions import submission_or_404
from app.filing.services.papers import KEPT, OTHERS, VERIFIER, all_of, paper
from app.kernel import audit, clock, htmx
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.papers import MEDIA_TYPES, PaperFault, file_name
from app.kernel.permissions import requires
from app.kernel.web import never_run

KINDS = (*KEPT, *OTHERS)
_PACKING = threading.BoundedSemaphore(4)
"""So many submissions are sent whole at once by a process: each keeps one of its sixteen threads
for as long as the line takes."""


@blueprint.get("/verifier")
@requires(Permission.FILING_VIEW)
def verifier() -> Response:
    """The stand-alone check (核验程序), which needs neither this app nor its server."""
    return never_run(send_file(VERIFIER, mimetype="text/x-python", as_attachment=True))


@blueprint.get("/<int:filing_id>/commitment.<form>")
@requires(Permission.FILING_ENTER)
def draft_commitment(filing_id: int, form: str) -> Response:
    """The commitment of a filing that is worked on, marked 未签署, to be read and stamped."""
    filing = filing_or_404(filing_id)
    if form not in MEDIA_TYPES:
        abort(404, "没有这种格式。请从页面上的链接中选择。")
    try:
        found = commitment_of(working(filing))
        made = commitment_docx(found) if form == "docx" else commitment_pdf(found, clock.now())
    except PaperFault as fault:
        flash(str(fault), "problem")
        return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))
    name = file_name(f"{found.title}_{filing.plant.full_name}_未签署", form)
    return _sent(RecordFile(name, MEDIA_TYPES[form], made), filing.id)


@blueprint.get("/<int:filing_id>/application.<form>")
@requires(Permission.FILING_ENTER)
def draft_application(filing_id: int, form: str) -> Response:
    """The application form of a filing that is worked on, marked 草稿."""
    filing = filing_or_404(filing_id)
    if form not in MEDIA_TYPES:
        abort(404, "没有这种格式。请从页面上的链接中选择。")
    if not filing.state.is_open:
        flash("这件申报不在填报中。提交时的申请表在“已提交的版本”中下载。", "problem")
        return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))
    now = working(filing)
    found = application.of_draft(
        entered(now, assessment_of(now), filing.judged_on if now.submissions else now.on),
        commits=now.needs_commitment, bureau=bureau_of(filing.county),
    )  # fmt: skip
    try:
        made = application_docx(found) if form == "docx" else application_pdf(found, clock.now())
    except PaperFault as fault:
        flash(str(fault), "problem")
        return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing.id))
    name = file_name(f"{found.title}_{filing.plant.full_name}_草稿", form)
    return _sent(RecordFile(name, MEDIA_TYPES[form], made), filing.id)


@blueprint.get("/submissions/<int:submission_id>/papers/<kind>")
@requires(Permission.FILING_VIEW)
def submission_paper(submission_id: int, kind: str) -> Response:
    """One paper of a submission."""
    found = submission_or_404(submission_id)
    if kind not in KINDS:
        abort(404, "没有这种文件。请从页面上的链接中选择。")
    try:
        return _sent(paper(found, kind), found.filing_id)
    except PaperFault as fault:
        flash(str(fault), "problem")
        return htmx.htmx_redirect(url_for("filing.submission_page", submission_id=found.id))


def _sent(file: RecordFile, filing_id: int) -> Response:
    _note_sent(file.name, filing_id)
    response = send_file(
        io.BytesIO(file.content), mimetype=file.media, as_attachment=True, download_name=file.name
    )
    return never_run(response)


def _note_sent(name: str, filing_id: int) -> None:
    person = signed_in_person()
    db.session.rollback()
    audit.record_aside("filing.paper", "filing", filing_id, {"文件名": name},
                       actor=(person.user_id, person.display_name))  # fmt: skip


@blueprint.get("/submissions/<int:submission_id>/all.zip")
@requires(Permission.FILING_VIEW)
def submission_bundle(submission_id: int) -> Response:
    """Everything of a submission in one file, sent while it is written."""
    found = submission_or_404(submission_id)
    try:
        name, packed = all_of(found)
    except PaperFault as fault:
        flash(str(fault), "problem")
        return htmx.htmx_redirect(url_for("filing.submission_page", submission_id=found.id))
    if request.method == "HEAD":  # takes no turn: without a body no closing would give it back
        return _whole(iter(()), name)
    if not _PACKING.acquire(blocking=False):
        abort(503, "正在打包下载的人较多，请几分钟后再试。单个文件现在就可以下载。")
    with ExitStack() as room:  # given back at once if nothing comes of it, else when all is sent
        room.callback(_PACKING.release)
        _note_sent(name, found.filing_id)
        response = _whole(packed, name)
        response.call_on_close(room.pop_all().close)
    return response


def _whole(packed: Iterator[bytes], name: str) -> Response:
    """The zip under its Chinese name, which a header carries in RFC 5987 form only."""
    response = Response(packed, mimetype="application/zip")
    response.headers.set(
        "Content-Disposition", "attachment", **{"filename*": f"UTF-8''{quote(name, safe='')}"}
    )
    return never_run(response)
