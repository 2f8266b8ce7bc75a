"""One material (一份材料): its pages as pictures, its original, what is said of it."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, current_app, flash, render_template, request, send_file, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.filing import services
from app.filing.domain import Evidence
from app.filing.queries import (
    EvidenceOnRecord,
    Working,
    earlier_versions,
    find_filing,
    same_content,
    working,
)
from app.filing.routes.blueprint import blueprint
from app.filing.routes.evidence import (
    asked_note,
    asked_span,
    asked_where,
    seen_or_404,
    worked_on_or_404,
    working_scope,
)
from app.kernel import audit, contents, files, htmx, pictures
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.permissions import requires
from app.kernel.pictures import NotShown
from app.kernel.web import never_run

PAGES_AT_ONCE = 10
_SIZES = {"small": pictures.SMALL, "large": pictures.READABLE}


@blueprint.get("/evidence/<int:evidence_id>")
@requires(Permission.FILING_VIEW)
def one_evidence(evidence_id: int) -> str:
    """A material with pictures of its pages, and what can be done with it."""
    return _evidence_page(seen_or_404(evidence_id))


def _evidence_page(found: EvidenceOnRecord, fault: str = "") -> str:
    it, filing = found.evidence, found.filing
    is_own = find_filing(filing.id, working_scope(), for_work=True) is not None
    may_work = is_own and found.stands and filing.state.is_open
    inside = working(filing) if is_own else None
    row = inside.row(it.place, it.row_key) if inside else None
    first = max(1, request.args.get("from", 1, int))
    pages = (it.pages or 1) if it.media in pictures.VIEWABLE else 0
    return render_template(
        "filing/evidence/one.html",
        found=found, it=it, filing=filing, is_own=is_own, may_work=may_work, fault=fault,
        row=row[1] if row else None, table=row[0] if row else None,
        kinds=[x.kind for x in row[1].evidence] if row else [],
        elsewhere=_rows_for(inside) if inside and not row and it.row_key else [],
        same=same_content(inside.evidence).get(it.id, ()) if inside else (),
        earlier=earlier_versions(it.id) if is_own else [],
        pages=range(first, min(first + PAGES_AT_ONCE, pages + 1)), page_count=pages,
        back=_around_evidence(found, is_own=is_own),
    )  # fmt: skip


def _rows_for(inside: Working) -> list[tuple[str, str]]:
    """Where a material that stands in no row may go: every row, and none at all."""
    rows = [
        (f"{table.place}:{row.key}", f"{table.label}：{row.dimension}，{row.title}")
        for table in inside.tables
        for row in table.table.rows
    ]
    return [*rows, ("0:", "其他材料")]


def _asked_row() -> tuple[int, str] | None:
    """The row to which a material is moved; None: it stays."""
    place, apart, key = request.form.get("elsewhere", "")[:70].partition(":")
    is_place = place.isascii() and place.isdecimal() and len(place) < 4
    return (int(place), key) if apart and is_place else None


def _around_evidence(found: EvidenceOnRecord, *, is_own: bool) -> str:
    if not is_own:
        return url_for("filing.last_submission", filing_id=found.filing.id)
    it = found.evidence
    if it.row_key and working(found.filing).row(it.place, it.row_key) is None:
        return url_for("filing.checks_page", filing_id=found.filing.id)
    return url_for("filing.row_evidence", filing_id=found.filing.id,
                   place=found.evidence.place, row=found.evidence.row_key)  # fmt: skip


@blueprint.get("/evidence/<int:evidence_id>/pages/<int:number>/<any(small,large):size>")
@requires(Permission.FILING_VIEW)
def evidence_picture(evidence_id: int, number: int, size: str) -> Response:
    """A picture of one page, made by the server."""
    it = seen_or_404(evidence_id).evidence
    if it.media not in pictures.VIEWABLE or not 1 <= number <= (it.pages or 1):
        abort(404, "这份材料没有这一页。")
    return _drawn(it, number, _SIZES[size])


@blueprint.get("/evidence/<int:evidence_id>/jpg")
@requires(Permission.FILING_VIEW)
def evidence_as_jpg(evidence_id: int) -> Response:
    """A telephone's picture (HEIC) as a jpg of its own size; the original is kept as sent."""
    found = seen_or_404(evidence_id)
    it = found.evidence
    if it.media != "heic":
        abort(404, "这份材料不需要转换。请直接下载原件。")
    _note_fetched(found)
    return _drawn(it, 1, pictures.WHOLE, f"{it.name.rsplit('.', 1)[0]}.jpg")


def _drawn(it: Evidence, number: int, width: int, name: str = "") -> Response:
    path = files.path_of(it.sha256)
    db.session.rollback()  # drawing takes its time, and needs nothing more of the database
    try:
        drawn = pictures.page_picture(it.sha256, path, it.media, number, width)
    except (NotShown, OSError):
        current_app.logger.warning("page %s of material %s cannot be shown", number, it.id)
        abort(404, "这一页无法显示。请下载原件查看。")
    sent = send_file(drawn, mimetype="image/jpeg", as_attachment=bool(name),
                     download_name=name or None)  # fmt: skip
    return never_run(sent)


@blueprint.get("/evidence/<int:evidence_id>/original")
@requires(Permission.FILING_VIEW)
def evidence_original(evidence_id: int) -> Response:
    """The file as it was sent: only as a download, never shown inside a page of ours."""
    found = seen_or_404(evidence_id)
    it = found.evidence
    if not files.is_whole(it.sha256):
        abort(404, f"这份材料缺失，或与上传时的校验值不符。须从备份恢复，请告知{whom_to_tell()}。")
    _note_fetched(found)
    return never_run(
        send_file(
            files.path_of(it.sha256),
            mimetype=contents.MEDIA_TYPES.get(it.media, "application/octet-stream"),
            as_attachment=True,
            download_name=it.name,
        )
    )


def _note_fetched(found: EvidenceOnRecord) -> None:
    person, it = signed_in_person(), found.evidence
    db.session.rollback()
    audit.record_aside("filing.evidence_fetched", "filing", found.filing.id,
                       {"文件名": it.name, "SHA-256": it.sha256},
                       actor=(person.user_id, person.display_name))  # fmt: skip


@blueprint.post("/evidence/<int:evidence_id>/describe")
@requires(Permission.FILING_ENTER)
def describe_evidence(evidence_id: int) -> Response | tuple[str, int]:
    """What the material is and which period it covers."""
    found = _own_or_404(evidence_id)
    span, fault = asked_span(request.form)
    where, _ = asked_where(request.form)
    try:
        if fault:
            raise Refused(fault)
        services.describe_evidence(found.filing.id, evidence_id, kind=where.kind, span=span,
                                   note=asked_note(), row=_asked_row())  # fmt: skip
    except Refused as refusal:
        return _evidence_page(found, str(refusal)), 422
    flash("材料说明已保存。")
    return htmx.htmx_redirect(_around_evidence(found, is_own=True))


@blueprint.post("/evidence/<int:evidence_id>/confirm")
@requires(Permission.FILING_ENTER)
def confirm_evidence(evidence_id: int) -> Response:
    """A material carried over is still right."""
    found = _own_or_404(evidence_id)
    return _done(found, lambda: services.confirm_evidence(found.filing.id, evidence_id),
                 "已确认，材料继续有效。")  # fmt: skip


@blueprint.post("/evidence/<int:evidence_id>/remove")
@requires(Permission.FILING_ENTER)
def remove_evidence(evidence_id: int) -> Response:
    """Take a material out; it stays on record."""
    found = _own_or_404(evidence_id)
    return _done(found, lambda: services.remove_evidence(found.filing.id, evidence_id),
                 f"已移除“{found.evidence.name}”。")  # fmt: skip


def _done(found: EvidenceOnRecord, act: Callable[[], None], words: str) -> Response:
    try:
        act()
    except Refused as refusal:
        flash(str(refusal), "problem")
    else:
        flash(words)
    return htmx.htmx_redirect(_around_evidence(found, is_own=True))


def _own_or_404(evidence_id: int) -> EvidenceOnRecord:
    found = seen_or_404(evidence_id)
    worked_on_or_404(found.filing.id)
    return found
