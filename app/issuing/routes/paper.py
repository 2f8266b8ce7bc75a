"""A list on paper and as a file (打印、下载), and its check (核验)."""

from __future__ import annotations

from flask import abort, flash, request, send_file, url_for
from werkzeug import Response

from app.issuing import services
from app.issuing.notes import SIGNATURE, paper_notes, running_head
from app.issuing.queries import (
    LineFilter,
    ListView,
    covers,
    frozen_bytes,
    frozen_content,
    list_lines,
)
from app.issuing.reading import told
from app.issuing.routes.blueprint import blueprint, list_or_404, scope_words
from app.issuing.services.background import LARGE
from app.issuing.subjects import subject_of
from app.issuing.verifying import verify
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.config import ROOT
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import never_run, page
from app.policy.exports import content_of
from app.policy.screens import form_wanted, offer_file

_VERIFIER = ROOT / "scripts" / "verify_list.py"


@blueprint.get("/verifier")
@requires(Permission.POLICY_VIEW)
def verifier() -> Response:
    """The stand-alone check (核验程序), which needs neither this app nor its server."""
    return never_run(send_file(_VERIFIER, mimetype="text/x-python", as_attachment=True))


@blueprint.get("/<int:list_id>/print")
@requires(Permission.POLICY_VIEW)
def print_list(list_id: int) -> str:
    """The list as it goes to paper: its lines within reach, their grounds, room for the seal."""
    view = list_or_404(list_id)
    scope = scope_for(Permission.POLICY_VIEW)
    content = frozen_content(view.content_sha256)
    wanted = "admitted" if request.args.get("rows") == "admitted" else ""
    found = list_lines(view.id, scope, LineFilter(result=wanted), size=None)
    return page(
        "issuing/print.html",
        view=view,
        scope_words=scope_words(view),
        head=running_head(view, scope_words(view)),
        notes=paper_notes(view, content, scope_words(view)),
        content=content,
        found=found,
        only_admitted=bool(wanted),
        told=told,
        clauses=sorted({reason.clause for line in found.lines for reason in line.reasons}),
        signature=SIGNATURE,
        is_whole=covers(scope, view),
        counties=content["counties"],
        as_of=view.as_of,
    )


@blueprint.post("/<int:list_id>/download")
@requires(Permission.POLICY_EXPORT)
def download_list(list_id: int) -> Response:
    """The original (JSON) or the table of a signed list; who took it is noted first."""
    form = form_wanted()
    with reading_first():
        view = list_or_404(list_id)
        if not (view.is_issued and covers(scope_for(Permission.POLICY_EXPORT), view)):
            abort(404, "没有可下载的签发文件。清单签发后，由能看到全部行的人员下载。")
        content = _file(view, form)
        name = (view.title, scope_words(view), view.number, f"截至{view.as_of}")
    services.take(view, form)
    return offer_file(content, form, name, "签发的清单")


def _file(view: ListView, form: str) -> bytes:
    if form == "json":
        return frozen_bytes(view.file_sha256 or "")
    frozen = frozen_content(view.content_sha256)
    notes = paper_notes(view, frozen, scope_words(view))
    return content_of({}, subject_of(view.subject).table(frozen, (*notes, SIGNATURE)), form)


@blueprint.post("/<int:list_id>/verify")
@requires(Permission.POLICY_VIEW)
def verify_list(list_id: int) -> Response:
    """Check bytes, audit chain and decisions; what came of it stands in the list's history."""
    with reading_first():
        view = list_or_404(list_id)
        if not (view.is_issued and covers(scope_for(Permission.POLICY_VIEW), view)):
            abort(404, "清单没有签发，或不能看到全部行，不能核验。")
        found = verify(view) if view.rows <= LARGE else None
    if found is None:
        job_id = services.verify_in_background(view)
    else:
        job_id = None
        services.note_verification(view, found)
        flash("核验一致。" if found.agrees else "核验不一致，详见办理经过。",
              "done" if found.agrees else "problem")  # fmt: skip
    return htmx.htmx_redirect(
        url_for("issuing.list_page", list_id=list_id, part="history", job=job_id)
    )
