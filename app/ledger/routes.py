"""台账导入、台账导出: a workbook's upload, preview and confirmation; the register as a file."""

from __future__ import annotations

import io
from collections.abc import Callable

from flask import Blueprint, abort, current_app, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.domain import Actor
from app.accounts.queries import list_bureaus
from app.accounts.sessions import signed_in_person
from app.kernel import clock, files, htmx
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.kernel.spreadsheets import UnreadableWorkbook
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.kernel.workflow import ActionNotAllowed
from app.ledger import screens, services
from app.ledger.exporting import export_ledger
from app.ledger.forms import read_import_filter, receive_workbook
from app.ledger.guide import blank_workbook
from app.ledger.listing import listed
from app.ledger.queries import (
    ImportFilter,
    ImportView,
    audit_sequence_of,
    find_import,
    findings,
    has_changed_since,
    list_imports,
    register_now,
    same_file_before,
)
from app.ledger.services import NotYours
from app.ledger.workflow import LEDGER_IMPORT, READY, REFUSED, WRITING, WRITTEN
from app.rulebook.queries import all_rulebooks, catalogue

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SECONDS_BETWEEN_LOOKS = 3
_HEADS = {"file": "文件", "uploader": "上传人", "uploaded": "上传时间", "state": "状态"}

blueprint = Blueprint("ledger", __name__, url_prefix="/ledger", template_folder="templates")


# --- The list and the upload -------------------------------------------------------------------


@blueprint.get("/")
@requires(Permission.LEDGER_IMPORT)
def imports() -> str:
    """The form to upload a workbook, and the imports the person may see."""
    return _imports_page("")


@blueprint.post("/")
@requires(Permission.LEDGER_IMPORT)
def upload_workbook() -> Response:
    """Take in a workbook; its rows are checked in the background."""
    try:
        stored, name = receive_workbook(request.files.get("workbook"))
    except UnreadableWorkbook as unreadable:
        return make_response(_imports_page(str(unreadable)), 422)
    row = services.upload(stored, name, signed_in_person())
    return htmx.htmx_redirect(_address(row.id))


def _imports_page(problem: str) -> str:
    wanted = read_import_filter(request.args)
    found = list_imports(signed_in_person(), wanted)
    last, shown = found.pages, found.page
    return page(
        "ledger/imports.html",
        blocks=("upload", "rows"),
        problem=problem,
        limit=current_app.config["MAX_CONTENT_LENGTH"],
        wanted=wanted,
        found=found,
        states=LEDGER_IMPORT.states,
        tag_of=screens.tag_of,
        heads={key: _head(key, label, wanted) for key, label in _HEADS.items()},
        chips=_chips(wanted),
        clear_url=url_for("ledger.imports"),
        previous_url=url_with(page=shown - 1 if shown > 2 else None) if shown > 1 else None,
        next_url=url_with(page=shown + 1) if shown < last else None,
        may_export=can(Permission.LEDGER_EXPORT),
    )


def _chips(wanted: ImportFilter) -> list[tuple[str, str, str]]:
    chips = []
    if wanted.search:
        chips.append(("搜索", wanted.search, url_with(q=None, page=None)))
    if wanted.state:
        words = LEDGER_IMPORT.states[wanted.state]
        chips.append(("状态", words, url_with(state=None, page=None)))
    return chips


def _head(key: str, label: str, wanted: ImportFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    falling = not wanted.falling if here else key == "uploaded"
    url = url_with(sort=key, order="desc" if falling else "asc", page=None)
    return label, url, ("descending" if wanted.falling else "ascending") if here else ""


@blueprint.post("/template")
@requires(Permission.LEDGER_IMPORT)
def download_template() -> Response:
    """The blank workbook with all sheets and how to fill them in."""
    today = clock.today()
    counties = {county.code: county.name for county in list_bureaus("county")}
    content = blank_workbook(catalogue(), all_rulebooks(), counties, today)
    return _offer(content, "企业台账模板.xlsx", "台账模板")


# --- One import --------------------------------------------------------------------------------


@blueprint.get("/<int:import_id>")
@requires(Permission.LEDGER_IMPORT)
def import_page(import_id: int) -> str | Response:
    """One import: how far it is, what was found, what confirming does, or what was written."""
    view = _view(import_id)
    if htmx.fragment_target() == "progress" and not view.is_running:
        return htmx.htmx_redirect(_address(import_id))
    preview = None if view.is_running else findings(view)
    is_ready = view.state == READY and preview is not None
    queued_at = view.job.queued_at if view.job else None
    return page(
        "ledger/import.html",
        blocks=("progress", "findings"),
        view=view,
        tag_of=screens.tag_of,
        address=_address(import_id),
        refresh_seconds=SECONDS_BETWEEN_LOOKS if view.is_running else None,
        is_stalled=screens.is_stalled(view, clock.now()),
        preview=preview,
        listing=listed(preview, request.args) if preview else None,
        clear_url=url_with(q=None, sheet=None, page=None),
        effects=screens.effects_of(preview) if preview and is_ready else None,
        has_moved_on=is_ready and queued_at is not None and has_changed_since(queued_at),
        same_before=same_file_before(view, signed_in_person()),
        audit_sequence=audit_sequence_of(view) if view.state == WRITTEN else None,
        actions={step.action for step in view.steps},
    )


@blueprint.post("/<int:import_id>/confirm")
@requires(Permission.LEDGER_IMPORT)
def confirm_import(import_id: int) -> Response:
    """Have exactly the change set that was on the page written, once."""
    view = _view(import_id)
    if view.is_own and view.state in (WRITING, WRITTEN):
        return _back(import_id)
    if view.is_own and request.form.get("changes") != view.changes_sha256:
        return _back(import_id, "核对结果已经更新，没有写入。请看过新的结果后再写入。")
    return _done(import_id, services.confirm)


@blueprint.post("/<int:import_id>/recheck")
@requires(Permission.LEDGER_IMPORT)
def recheck_import(import_id: int) -> Response:
    """Check the workbook against the register of now."""
    return _done(import_id, services.recheck)


@blueprint.post("/<int:import_id>/drop")
@requires(Permission.LEDGER_IMPORT)
def drop_import(import_id: int) -> Response:
    """Give the import up; nothing of it is written."""
    return _done(import_id, services.drop)


@blueprint.post("/<int:import_id>/report")
@requires(Permission.LEDGER_IMPORT)
def download_report(import_id: int) -> Response:
    """The person's own workbook with what is wrong in a column 错误."""
    view = _view(import_id)
    if view.state != REFUSED or view.report_path is None:
        return _back(import_id, "这次导入没有错误报告。请刷新页面查看最新状态。")
    name = f"{view.file_name.rsplit('.', 1)[0]}_错误.xlsx"
    return _offer(view.report_path.read_bytes(), name, "台账错误报告")


def _view(import_id: int) -> ImportView:
    view = find_import(import_id, signed_in_person())
    if view is None:
        abort(404, "没有这次导入，或者不在您的权限范围内。")
    return view


def _address(import_id: int) -> str:
    return url_for("ledger.import_page", import_id=import_id)


def _done(import_id: int, verb: Callable[[int, Actor], object]) -> Response:
    try:
        verb(import_id, signed_in_person())
    except NotYours as foreign:
        abort(404, str(foreign))
    except ActionNotAllowed as refused:
        return _back(import_id, str(refused))
    return _back(import_id)


def _back(import_id: int, problem: str = "") -> Response:
    if problem:
        flash(problem, "problem")
    return htmx.htmx_redirect(_address(import_id))


# --- The register as a file --------------------------------------------------------------------


@blueprint.get("/export")
@requires(Permission.LEDGER_EXPORT)
def export_page() -> str:
    """What an export holds, and the day it may be limited to."""
    return _export_page("", "")


@blueprint.post("/export")
@requires(Permission.LEDGER_EXPORT)
def export_register() -> Response:
    """The register within the person's reach as a workbook that can be imported again."""
    typed = request.form.get("as_of", "")
    try:
        day = read_day(typed)
    except ValueError as fault:
        return make_response(_export_page(typed, str(fault)), 422)
    scope = scope_for(Permission.LEDGER_EXPORT)
    with reading_first():
        content = export_ledger(register_now(), scope, day).content
    until = f"截至{day}" if day else f"{clock.today()}导出"
    return _offer(content, f"企业台账_{_whose()}_{until}.xlsx", "台账导出")


def _export_page(typed: str, fault: str) -> str:
    return page(
        "ledger/export.html",
        typed=typed,
        fault=fault,
        whose=_whose(),
        may_import=can(Permission.LEDGER_IMPORT),
    )


def _whose() -> str:
    """The counties that an export holds, in words."""
    scope = scope_for(Permission.LEDGER_EXPORT)
    if scope.is_everything:
        return "全市"
    counties = list_bureaus("county")
    return "、".join(it.short_name for it in counties if scope.covers(county=it.code))


def _offer(content: bytes, name: str, purpose: str) -> Response:
    owner = signed_in_person().user_id
    return htmx.htmx_redirect(files.offer_download(io.BytesIO(content), name, XLSX, purpose, owner))
