"""交回的填报包: taken in, previewed row by row and file by file, imported once confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.offline_comparing import Change, Compared
from app.filing.offline_findings import findings_of
from app.filing.queries import Filing, evidence_limits
from app.filing.queries.arrivals import Preview, changes_in, unfit_now
from app.filing.queries.packages import Arrival, find_arrival
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.filing.routes.packages import page_of
from app.kernel import clock, files, htmx, jobs
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.spreadsheets import shown_name
from app.kernel.transaction import reading_first

ROOM = 100 * 1024 * 1024
_EMPTY = "是空文件（0 字节），可能没有压缩完。请重新压缩后选择。"


class _NotTaken(Exception):
    """The upload is not kept; the text says why."""


@blueprint.post("/<int:filing_id>/package/arrivals")
@requires(Permission.FILING_ENTER)
def upload_package(filing_id: int) -> Response:
    """Keep a filled package on disk and let it be read; nothing of the filing changes yet."""
    with reading_first():
        filing = open_filing_or_409(filing_id)
        largest = evidence_limits(clock.today(), filing.county).total_bytes + ROOM
    sent = request.files.get("package")
    if sent is None or not sent.filename:
        fault = "还没有选择文件。请选择填好后压缩的 zip，再点“交回并核对”。"
        return make_response(page_of(filing_or_404(filing_id), fault), 422)
    name = shown_name(sent.filename)

    def check(path: Path) -> None:
        size = path.stat().st_size
        if not size:
            raise _NotTaken(f"“{name}”{_EMPTY}")
        if size > largest:
            most = largest // 1024**2
            raise _NotTaken(
                f"“{name}”有 {size // 1024**2} MB，超过 {most} MB 的上限。"
                "请减少材料，其余的在导入后另行上传。"
            )

    files.refuse_without_room()
    try:
        stored = files.keep(cast("BinaryIO", sent.stream), check=check)
        arrival_id = services.keep_arrival(filing_id, stored, name)
    except (_NotTaken, Refused) as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        return make_response(page_of(filing_or_404(filing_id), str(refused)), status)
    return htmx.htmx_redirect(
        url_for("filing.arrival_page", filing_id=filing_id, arrival_id=arrival_id)
    )


def _arrival_or_404(filing: Filing, arrival_id: int) -> Arrival:
    found = find_arrival(filing.id, arrival_id)
    if found is None:
        abort(404, "没有这份交回的填报包。请从“离线填报包”进入。")
    return found


@blueprint.get("/<int:filing_id>/package/arrivals/<int:arrival_id>")
@requires(Permission.FILING_ENTER)
def arrival_page(filing_id: int, arrival_id: int) -> str | Response:
    """What was found in the package: its problems by cell, or what an import would change."""
    filing = filing_or_404(filing_id)
    arrival = _arrival_or_404(filing, arrival_id)
    if htmx.fragment_target() == "progress" and arrival.state != "reading":
        return htmx.htmx_redirect(request.path)
    return _page(filing, arrival)


def _page(filing: Filing, arrival: Arrival, fault: str = "") -> str:
    found = findings_of(arrival.findings) if arrival.findings else None
    outdated, preview = "", None
    if arrival.state == "read" and found is not None:
        outdated = unfit_now(filing, found.package)
        preview = None if outdated else changes_in(filing, arrival)
    chosen = {key: value for key, value in request.form.items() if key.startswith("k")}
    groups = _groups(preview)
    unchosen = [it for it in groups["choose"] if fault and not chosen.get(it.id)]
    return filing_page(
        "package/arrival",
        filing,
        blocks=("progress",),
        refresh_seconds=5 if arrival.state == "reading" else None,
        arrival=arrival,
        found=found,
        outdated=outdated,
        preview=preview,
        groups=groups,
        chosen=chosen,
        unchosen=unchosen,
        faults=[("", fault)] * bool(fault)
        + [(f"{it.id}-mine", f"{it.title}：还没有选择。") for it in unchosen],
        job=jobs.newest(services.READ, f"{services.READ}:{arrival.id}"),
        here=url_for("filing.arrival_page", filing_id=filing.id, arrival_id=arrival.id),
    )


def _groups(preview: Preview | None) -> dict[str, list[Compared]]:
    """The rows by what is done with them: to choose, to write, the rest."""
    rows = preview.rows if preview else ()
    writes = (Change.NEW, Change.CONFIRM)
    return {
        "choose": [it for it in rows if it.change is Change.CONFLICT],
        "write": [it for it in rows if it.change in writes],
        "rest": [it for it in rows if it.change not in (*writes, Change.CONFLICT)],
    }


@blueprint.post("/<int:filing_id>/package/arrivals/<int:arrival_id>")
@requires(Permission.FILING_ENTER)
def import_package(filing_id: int, arrival_id: int) -> Response:
    """Write what the preview showed, all of it or nothing."""
    filing = open_filing_or_409(filing_id)
    arrival = _arrival_or_404(filing, arrival_id)
    chosen = {key: value for key, value in request.form.items() if key.startswith("k")}
    try:
        written = services.import_arrival(
            filing_id, arrival_id, chosen, request.form.get("seen", "")
        )
    except Refused as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        arrival = _arrival_or_404(filing, arrival_id)
        return make_response(_page(filing, arrival, str(refused)), status)
    flash(f"已导入 {written} 处内容，已按同样的规则检查。" if written else "没有需要导入的内容。")
    return htmx.htmx_redirect(url_for("filing.checks_page", filing_id=filing_id))
