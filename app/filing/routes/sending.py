"""Files sent in parts by a page with script (分段上传); the answers are JSON."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO, cast

from flask import abort, jsonify, request
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.filing import services
from app.filing.periods import Span
from app.filing.queries import evidence_limits, twins_of
from app.filing.routes.blueprint import blueprint
from app.filing.routes.evidence import asked_note, asked_span, asked_where, worked_on_or_404
from app.kernel import clock, materials, pictures, uploads
from app.kernel.authority import Permission
from app.kernel.materials import Unacceptable
from app.kernel.permissions import requires
from app.kernel.transaction import reading_first
from app.kernel.uploads import NotWhole, OutOfStep, TooManyUnderWay, UnderWay

_LONGEST_NAME, _LONGEST_MARK = 200, 80


def _matter(filing_id: int) -> str:
    return f"filing:{filing_id}"


@blueprint.post("/<int:filing_id>/uploads")
@requires(Permission.FILING_ENTER)
def begin_upload(filing_id: int) -> Response:
    """Announce a file: where to send its parts, and how much of it is here already."""
    filing = worked_on_or_404(filing_id)
    where, replaces = asked_where(request.form)
    span, fault = asked_span(request.form)
    name = request.form.get("name", "")[-_LONGEST_NAME:]
    size, sha256 = request.form.get("size", 0, int), _digest(request.form.get("digest", ""))
    if not filing.state.is_open or fault:
        return jsonify(refused=fault or f"该申报{filing.state.words}，不能再添加材料。请刷新页面。")
    limits = evidence_limits(clock.today(), filing.county)
    try:
        materials.refuse_size(name, size, limits.file_bytes)
        if uploads.bytes_under_way(_matter(filing_id)) + size > 2 * limits.total_bytes:
            raise TooManyUnderWay
        same = _there_already(filing_id, where, sha256) if sha256 and replaces is None else ""
        if same:
            return jsonify(told=f"“{same}”已经在本项材料中，没有重复添加。")
        token = uploads.begin(
            signed_in_person().user_id, _matter(filing_id),
            {"place": where.place, "row": where.row_key, "kind": where.kind,
             "span": [str(span.first), str(span.last)] if span else [],
             "note": asked_note()[: services.LONGEST_NOTE], "replaces": replaces},
            name=name, size=size, mark=request.form.get("mark", "")[:_LONGEST_MARK], sha256=sha256,
        )  # fmt: skip
    except Unacceptable as refusal:
        return jsonify(refused=str(refusal))
    except TooManyUnderWay:
        return jsonify(refused="没有传完的文件太多。请先传完或取消，再添加新的。")
    found = uploads.find(token, signed_in_person().user_id, _matter(filing_id))
    return jsonify(token=token, arrived=found.arrived if found else 0)


def _digest(text: str) -> str:
    is_one = len(text) == 64 and all(it in "0123456789abcdef" for it in text)
    return text if is_one else ""


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
    found = uploads.find(token, signed_in_person().user_id, _matter(filing_id))
    if found is None:
        abort(404, "这个文件已经传完，或者很久没有继续，已被清理。请重新选择文件。")
    return found


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>")
@requires(Permission.FILING_ENTER)
def upload_part(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """The next part; 409 with how much is here when it does not follow on."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
    at, stream = request.args.get("at", -1, int), cast("BinaryIO", request.stream)
    try:
        arrived = uploads.append(found, at, stream)
    except OutOfStep as late:
        return jsonify(arrived=late.arrived), 409
    return jsonify(arrived=arrived)


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>/whole")
@requires(Permission.FILING_ENTER)
def upload_whole(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """All parts are here: the file is looked at, and entered or refused."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
        largest = evidence_limits(clock.today(), worked_on_or_404(filing_id).county).file_bytes
    examined: list[materials.Examined] = []
    try:
        stored = uploads.keep_whole(
            found, check=lambda path: examined.append(
                materials.examine(path, found.name, largest=largest))
        )  # fmt: skip
    except NotWhole:
        return jsonify(arrived=found.arrived), 409
    except OutOfStep:
        return jsonify(refused="这个文件正在处理。请稍候刷新页面查看。")
    except Unacceptable as refusal:
        uploads.forget(token)
        return jsonify(refused=str(refusal))
    pictures.prepare(stored.sha256, stored.path, examined[0].kind)
    told = found.told
    where = services.Where(told["place"], told["row"], told["kind"])
    span = Span(*map(date.fromisoformat, told["span"])) if told["span"] else None
    try:
        added = services.add_evidence(filing_id, where, stored, examined[0], span=span,
                                      note=told["note"], replaces=told["replaces"])  # fmt: skip
    except Refused as refusal:
        return jsonify(refused=str(refusal))
    uploads.forget(token)
    return jsonify(added=added.id, told=added.told)


@blueprint.post("/<int:filing_id>/uploads/<string(length=43):token>/drop")
@requires(Permission.FILING_ENTER)
def drop_upload(filing_id: int, token: str) -> Response:
    """The sender gives the file up."""
    _under_way_or_404(filing_id, token)
    uploads.forget(token)
    return jsonify(dropped=True)
