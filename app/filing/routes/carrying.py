"""交回填报包: the one place at the window for what is carried in; it finds the filing by itself."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.offline_opening import Unfit
from app.filing.queries.arrivals import unfit_now
from app.filing.queries.carrying import Carried, carried_by
from app.filing.routes.blueprint import blueprint
from app.kernel import files, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.spreadsheets import shown_name
from app.kernel.transaction import reading_first
from app.kernel.web import page

_FOUND = "这是本申报的填报包。请在“交回和导入”中选择企业填好的 zip。"
_UNPACKED = 4 * 1024**3
"""Bytes; only the manifest is unpacked here, the limits of the county hold when it is read."""


class _NotKept(Exception):
    """The filing is found, but there is nothing to keep of the file."""


@blueprint.get("/window/arrivals")
@requires(Permission.FILING_WINDOW)
def carrying_page() -> str:
    """Where a filled package is handed in, whosesoever it is."""
    return _page()


def _page(fault: str = "") -> str:
    return page("filing/package/carrying.html", fault=fault)


@blueprint.post("/window/arrivals")
@requires(Permission.FILING_WINDOW)
def carry_in() -> Response:
    """Find the filing by what the package says of itself; keep it to be read, or say why not."""
    sent = request.files.get("package")
    if sent is None or not sent.filename:
        return make_response(_page("还没有选择文件。请选择企业交来的 zip，再点“交回并核对”。"), 422)
    name, found = shown_name(sent.filename), []

    def check(path: Path) -> None:
        with reading_first():
            found.append(_carried(path))
            told = _told(found[0])
        if told:
            flash(told, "problem" if found[0].is_whole else "message")
            raise _NotKept

    try:
        stored = files.keep(cast("BinaryIO", sent.stream), check=check)
        arrival_id = services.keep_arrival(found[0].filing.id, stored, name)
    except _NotKept:
        there = url_for("filing.package_page", filing_id=found[0].filing.id)
        return htmx.htmx_redirect(there)
    except (Unfit, Refused) as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        return make_response(_page(f"“{name}”没有交回。{refused}"), status)
    return htmx.htmx_redirect(
        url_for("filing.arrival_page", filing_id=found[0].filing.id, arrival_id=arrival_id)
    )


def _carried(path: Path) -> Carried:
    if not path.stat().st_size:
        raise Unfit("它是空文件（0 字节），可能没有压缩完。请重新压缩后选择。")
    return carried_by(path, scope_for(Permission.FILING_WINDOW), _UNPACKED)


def _told(found: Carried) -> str:
    """What is said on the page of the filing instead of keeping the file; empty: it is kept."""
    if found.filing.state.is_open and not found.filing.is_transferred:
        return "" if found.is_whole else _FOUND
    return unfit_now(found.filing, found.number)
