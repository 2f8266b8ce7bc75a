"""A table as a file (xlsx in the shape of the guide, TOML), out and in; in: whole, or nothing."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import abort, flash, request, url_for
from werkzeug import Response
from werkzeug.datastructures import FileStorage

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.indicators import services
from app.indicators.checking import faults
from app.indicators.criteria import IndicatorTable
from app.indicators.queries import Family, Version
from app.indicators.routes.blueprint import (
    NOT_THERE,
    blueprint,
    family_or_404,
    newest_or_404,
    version_or_404,
)
from app.indicators.routes.blueprint import table_page as framed
from app.indicators.routes.lists import may_see_drafts
from app.indicators.sheets import Problem, UnreadableTable, read_table, write_table
from app.indicators.telling import industry_label
from app.indicators.toml_files import from_toml, placed, to_toml
from app.kernel import files, htmx, transaction
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.spreadsheets import Limits, UnreadableWorkbook, read_workbook, shown_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 5 * 1024 * 1024
_LIMITS = Limits(file_bytes=LARGEST, unpacked_bytes=40 * 1024 * 1024, sheets=10, rows=2_000,
                 columns=60, cells=60_000, blank_run=20_000, merged=5_000)  # fmt: skip
SHOWN_PROBLEMS = 200


@blueprint.post("/<int:family_id>/download")
@requires(Permission.RULEBOOK_VIEW)
def download_table(family_id: int) -> Response:
    """A version as a workbook or as TOML."""
    family = family_or_404(family_id)
    if not may_see_drafts():
        abort(404, NOT_THERE)
    version, content = version_or_404(family.id, request.form.get("version", "")), BytesIO()
    name = f"{industry_label(family).replace('/', '-')}指标表第{version.number}版"
    if request.form.get("format") == "toml":
        content.write(to_toml(version.table).encode())
        name, media = f"{name}.toml", "text/plain; charset=utf-8"
    else:
        write_table(content, version.table)
        name, media = f"{name}.xlsx", XLSX
    content.seek(0)
    owner = signed_in_person().user_id
    return htmx.htmx_redirect(files.offer_download(content, name, media, "指标表", owner))


@blueprint.get("/<int:family_id>/upload")
@requires(Permission.RULEBOOK_EDIT)
def upload_form(family_id: int) -> str:
    """The form by which a file becomes the newest version."""
    family = family_or_404(family_id)
    return _upload_page(family, newest_or_404(family.id), [])


@blueprint.post("/<int:family_id>/upload")
@requires(Permission.RULEBOOK_EDIT)
def upload_table(family_id: int) -> Response | tuple[str, int]:
    """Read a file; without a fault it is kept as the newest version, else nothing is."""
    family = family_or_404(family_id)
    newest = newest_or_404(family.id)
    if request.form.get("made_from", "") != str(newest.id):
        words = f"已有第 {newest.number} 版，是在您打开本页之后保存的。请先对照，再重新上传。"
        return _upload_page(family, newest, [Problem("", words)]), 409
    try:
        table = _received(family, newest.table)
    except UnreadableTable as unreadable:
        return _upload_page(family, newest, list(unreadable.problems)), 422
    except UnreadableWorkbook as unreadable:
        return _upload_page(family, newest, [Problem("", str(unreadable))]), 422
    note = f"导入 {_name(request.files.get('table'))}"[:200]
    try:
        kept = services.keep_version(family.id, table, made_from=newest.id, note=note)
    except Refused as refused:
        transaction.close()
        return _upload_page(family, newest, [Problem("", str(refused))]), 409
    if kept == newest.id:
        flash("文件内容与最新一版相同，没有变动。")
        return htmx.htmx_redirect(url_for("indicators.table_page", family_id=family.id))
    flash("已保存为新的一版，下面是与上一版的对照。")
    return htmx.htmx_redirect(url_for("indicators.compare", family_id=family.id))


def _received(family: Family, about: IndicatorTable) -> IndicatorTable:
    """The table in the uploaded file. Raises UnreadableTable or UnreadableWorkbook."""
    sent = request.files.get("table")
    if sent is None or not sent.filename:
        raise UnreadableTable([Problem("", "没有选择文件。请选择 .xlsx 或 .toml 文件。")])
    name, columns = _name(sent), services.columns_under(family.rulebook)
    if name.casefold().endswith(".toml"):
        return _of_toml(sent.stream.read(LARGEST + 1), about, columns)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        content = sent.stream.read(LARGEST + 1)
        path.write_bytes(content)
        return read_table(read_workbook(path, name, _LIMITS), about, columns)


def _of_toml(
    content: bytes, about: IndicatorTable, columns: tuple[tuple[str, ...], ...]
) -> IndicatorTable:
    if len(content) > LARGEST:
        raise UnreadableTable([Problem("", "文件超过 5 MB。请核对是否选错文件。")])
    try:
        table = from_toml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        words = "文件不是 UTF-8 编码。请用 UTF-8 另存。"
        raise UnreadableTable([Problem("", words)]) from error
    own = (about.rulebook, about.industry, about.subtype)
    if (table.rulebook, table.industry, table.subtype) != own:
        words = "文件写明的规则集、行业或子类与这张表不同。请核对是否选错文件。"
        raise UnreadableTable([Problem("", words)])
    if found := faults(table, columns):
        raise UnreadableTable(placed(found))
    return replace(table, rows=table.rows)


def _name(sent: FileStorage | None) -> str:
    return shown_name(sent.filename or "") if sent else ""


def _upload_page(family: Family, newest: Version, problems: list[Problem]) -> str:
    return framed(
        "upload",
        family,
        version=newest,
        problems=problems[:SHOWN_PROBLEMS],
        more=max(0, len(problems) - SHOWN_PROBLEMS),
    )
