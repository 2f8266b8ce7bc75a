"""A filled package sent in parts (分段上传): a broken line costs one part, not all of it."""

from __future__ import annotations

from werkzeug import Response

from app.filing import services
from app.filing.queries import evidence_limits
from app.filing.routes import parts
from app.filing.routes.arrivals import ROOM
from app.filing.routes.blueprint import blueprint, filing_or_404, may_enter
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.files import Stored
from app.kernel.permissions import requires
from app.kernel.spreadsheets import shown_name
from app.kernel.transaction import reading_first
from app.kernel.uploads import UnderWay

_MB = 1024 * 1024


def _matter(filing_id: int) -> str:
    return f"package:{filing_id}"


@blueprint.post("/<int:filing_id>/package/uploads")
@requires(Permission.FILING_ENTER)
def begin_package(filing_id: int) -> Response:
    """Announce the zip: where to send its parts, and how much of it is here already."""
    filing = filing_or_404(filing_id)
    if not filing.state.is_open or not may_enter(filing):
        return parts.refused(f"该申报{filing.state.words}，不能导入填报包。请刷新页面。")
    it = parts.announced()
    most = evidence_limits(clock.today(), filing.county).total_bytes + ROOM
    if it.size <= 0:
        return parts.refused(f"“{shown_name(it.name)}”是空文件（0 字节）。请重新压缩后选择。")
    if it.size > most:
        return parts.refused(
            f"“{shown_name(it.name)}”有 {-(-it.size // _MB)} MB，超过 {most // _MB} MB 的上限。"
            "请减少材料，其余的在导入后另行上传。"
        )
    return parts.begun(it, _matter(filing_id), {}, most)


def _under_way_or_404(filing_id: int, token: str) -> UnderWay:
    filing_or_404(filing_id)
    return parts.under_way_or_404(token, _matter(filing_id))


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>")
@requires(Permission.FILING_ENTER)
def package_part(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """The next part; 409 with how much is here when it does not follow on."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)
    return parts.part_taken(found)


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>/whole")
@requires(Permission.FILING_ENTER)
def package_whole(filing_id: int, token: str) -> Response | tuple[Response, int]:
    """All parts are here: the package is kept, to be read in the background."""
    with reading_first():
        found = _under_way_or_404(filing_id, token)

    def enter(stored: Stored) -> dict[str, object]:
        made = services.keep_arrival(filing_id, stored, shown_name(found.name))
        return {"added": made, "told": "已交回，正在核对"}

    return parts.whole(found, enter)


@blueprint.post("/<int:filing_id>/package/uploads/<string(length=43):token>/drop")
@requires(Permission.FILING_ENTER)
def drop_package(filing_id: int, token: str) -> Response:
    """The sender gives the file up."""
    return parts.given_up(_under_way_or_404(filing_id, token))
