"""Materials sent in parts by a page with script (分段上传); `parts` says what is answered."""

from __future__ import annotations

from datetime import date

from flask import jsonify, request
from werkzeug import Response

from app.filing import services
from app.filing.periods import Span
from app.filing.queries import evidence_limits, twins_of
from app.filing.routes import parts
from app.filing.routes.blueprint import blueprint
from app.filing.routes.evidence import asked_note, asked_span, asked_where, worked_on_or_404
from app.kernel import clock, materials, pictures
from app.kernel.authority import Permission
from app.kernel.files import Stored
from app.kernel.materials import Unacceptable
from app.kernel.permissions import requires
from app.kernel.transaction import reading_first
from app.kernel.uploads import UnderWay


def _matter(filing_id: int) -> str:
    return f"filing:{filing_id}"


@blueprint.post("/<int:filing_id>/uploads")
@requires(Permission.FILING_ENTER)
def begin_upload(filing_id: int) -> Response:
    """Announce a file: where to send its parts, and how much of it is here already."""
    filing = worked_on_or_404(filing_id)
    where, replaces = asked_where(request.form)
    span, fault = asked_span(request.form)
    if not filing.state.is_open or fault:
        return parts.refused(fault or f"该申报{filing.state.words}，不能再添加材料。请刷新页面。")
    it, limits = parts.announced(), evidence_limits(clock.today(), filing.county)
    try:
        materials.refuse_size(it.name, it.size, limits.file_bytes)
    except Unacceptable as refusal:
        return parts.refused(str(refusal))
    same = _there_already(filing_id, where, it.sha256) if it.sha256 and replaces is None else ""
    if same:
        return jsonify(told=f"“{same}”已经在本项材料中，没有重复添加。")
    told = {"place": where.place, "row": where.row_key, "kind": where.kind,
            "span": [str(span.first), str(span.last)] if span else [],
            "note": asked_note()[: services.LONGEST_NOTE], "replaces": replaces}  # fmt: skip
    return parts.begun(it, _matter(filing_id), told, limits.total_bytes)


def _there_already(filing_id: int, where: services.Where, sha256: str) -> str:
    """The name under which the row holds this very content; empty: it does not."""
    place = (where.place, where.row_key, where.kind)
    for it in twins_of(worked_on_or_404(filing_id), sha256):
        held = it.evidence
        if it.filing_id == filing_id and (held.place, held.row_key, held.kind) == place:
            return held.name
    return ""


def _under_way_or_404(filing_id: int, token: str) -> UnderWay:
    worked_on_or_404(filing_id)
    return parts.under_way_or_404(token, _matter(filing_id))


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>")
@requires(Permission.FILING_ENTER)
def upload_part(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """The next part; 409 with how much is here when it does not follow on."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
    return parts.part_taken(found)


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>/whole")
@requires(Permission.FILING_ENTER)
def upload_whole(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """All parts are here: the file is looked at, and entered or refused."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
        largest = evidence_limits(clock.today(), worked_on_or_404(filing_id).county).file_bytes
    examined: list[materials.Examined] = []

    def enter(stored: Stored) -> dict[str, object]:
        pictures.prepare(stored.sha256, stored.path, examined[0].kind)
        added = _entered(filing_id, found, stored, examined[0])
        return {"added": added.id, "told": added.told}

    return parts.whole(
        found, enter,
        lambda path: examined.append(materials.examine(path, found.name, largest=largest)),
    )  # fmt: skip


def _entered(
    filing_id: int, found: UnderWay, stored: Stored, examined: materials.Examined
) -> services.Added:
    """The file in the row for which it was announced. Raises Refused."""
    told = found.told
    return services.add_evidence(
        filing_id, services.Where(told["place"], told["row"], told["kind"]), stored, examined,
        span=Span(*map(date.fromisoformat, told["span"])) if told["span"] else None,
        note=told["note"], replaces=told["replaces"],
    )  # fmt: skip


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>/drop")
@requires(Permission.FILING_ENTER)
def drop_upload(filing_id: int, token: str) -> Response:
    """The sender gives the file up."""
    return parts.given_up(_under_way_or_404(filing_id, token))
