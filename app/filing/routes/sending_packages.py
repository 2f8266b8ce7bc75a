"""A filled package sent in parts (分段上传): a broken line costs one part, not all of it."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import abort, jsonify, request
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.filing import services
from app.filing.queries import evidence_limits
from app.filing.routes.arrivals import ROOM
from app.filing.routes.blueprint import blueprint, filing_or_404, may_enter
from app.kernel import clock, uploads
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.spreadsheets import shown_name
from app.kernel.transaction import reading_first
from app.kernel.uploads import NotWhole, OutOfStep, TooManyUnderWay, UnderWay

_MB = 1024 * 1024
_LONGEST_NAME, _LONGEST_MARK = 200, 80


def _matter(filing_id: int) -> str:
    return f"package:{filing_id}"


@blueprint.post("/<int:filing_id>/package/uploads")
@requires(Permission.FILING_ENTER)
def begin_package(filing_id: int) -> Response:
    """Announce the zip: where to send its parts, and how much of it is here already."""
    filing = filing_or_404(filing_id)
    if not filing.state.is_open or not may_enter(filing):
        return jsonify(refused=f"该申报{filing.state.words}，不能导入填报包。请刷新页面。")
    name, size = request.form.get("name", "")[-_LONGEST_NAME:], request.form.get("size", 0, int)
    most = evidence_limits(clock.today(), filing.county).total_bytes + ROOM
    if size <= 0:
        return jsonify(refused=f"“{shown_name(name)}”是空文件（0 字节）。请重新压缩后选择。")
    if size > most:
        return jsonify(
            refused=f"“{shown_name(name)}”有 {-(-size // _MB)} MB，超过 {most // _MB} MB 的上限。"
            "请减少材料，其余的在导入后另行上传。"
        )
    owner, matter = signed_in_person().user_id, _matter(filing_id)
    try:
        if uploads.bytes_under_way(matter) + size > 2 * most:
            raise TooManyUnderWay
        token = uploads.begin(owner, matter, {}, name=name, size=size,
                              mark=request.form.get("mark", "")[:_LONGEST_MARK])  # fmt: skip
    except TooManyUnderWay:
        return jsonify(refused="没有传完的文件太多。请先传完或取消，再交回新的。")
    found = uploads.find(token, owner, matter)
    return jsonify(token=token, arrived=found.arrived if found else 0)


def _under_way_or_404(filing_id: int, token: str) -> UnderWay:
    filing_or_404(filing_id)
    found = uploads.find(token, signed_in_person().user_id, _matter(filing_id))
    if found is None:
        abort(404, "这个文件已经传完，或者很久没有继续，已被清理。请重新选择文件。")
    return found


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>")
@requires(Permission.FILING_ENTER)
def package_part(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """The next part; 409 with how much is here when it does not follow on."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
    at, stream = request.args.get("at", -1, int), cast("BinaryIO", request.stream)
    try:
        arrived = uploads.append(found, at, stream)
    except OutOfStep as late:
        return jsonify(arrived=late.arrived), 409
    return jsonify(arrived=arrived)


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>/whole")
@requires(Permission.FILING_ENTER)
def package_whole(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """All parts are here: the package is kept, to be read in the background."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
    try:
        stored = uploads.keep_whole(found, check=lambda _path: None)
    except NotWhole:
        return jsonify(arrived=found.arrived), 409
    except OutOfStep:
        return jsonify(refused="这个文件正在处理。请稍候刷新页面查看。")
    try:
        made = services.keep_arrival(filing_id, stored, shown_name(found.name))
    except Refused as refusal:
        return jsonify(refused=str(refusal))
    uploads.forget(token)
    return jsonify(added=made, told="已交回，正在核对")


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>/drop")
@requires(Permission.FILING_ENTER)
def drop_package(filing_id: int, token: str) -> Response:
    """The sender gives the file up."""
    _under_way_or_404(filing_id, token)
    uploads.forget(token)
    return jsonify(dropped=True)
