"""Uploaded workbooks from upload to confirmation (上传、核对、确认): the verbs of the pages."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.accounts.domain import Actor
from app.kernel import audit, files, jobs
from app.kernel.database import db
from app.kernel.files import Stored
from app.kernel.models import Job
from app.kernel.spreadsheets import shown_name
from app.kernel.transaction import transaction
from app.kernel.workflow import ActionNotAllowed
from app.ledger.models import LedgerImport
from app.ledger.workflow import CHECKING, LEDGER_IMPORT, READY, WHILE_RUNNING

CHECK, WRITE = "ledger.check", "ledger.write"


class NotYours(LookupError):
    """There is no such import, or it is another person's."""


def upload(stored: Stored, file_name: str, actor: Actor) -> LedgerImport:
    """Take in an uploaded workbook; it is checked in the background."""
    files.enter(stored)
    db.session.flush()
    row = LedgerImport(
        file_name=shown_name(file_name),
        file_sha256=stored.sha256,
        uploaded_by=actor.user_id,
        uploaded_at=transaction().moment,
        state=CHECKING,
        summary="{}",
        problem="",
    )
    db.session.add(row)
    db.session.flush()
    _check_in_background(row, actor)
    audit.record(
        "ledger.uploaded",
        "ledger_import",
        row.id,
        {"文件名": row.file_name, "文件摘要": row.file_sha256},
    )
    return row


def confirm(import_id: int, actor: Actor) -> LedgerImport:
    """Have the previewed change set written, in the background. Raises ActionNotAllowed."""
    row = own_import(import_id, actor)
    step = LEDGER_IMPORT.step(row.state, "confirm")
    if row.state == READY and json.loads(row.summary).get("is_unchanged"):
        raise ActionNotAllowed("登记簿与该工作簿完全一致，没有需要写入的内容。")
    row.state, row.problem = step.target, ""
    row.job_id = jobs.enqueue(
        WRITE, {"import_id": row.id, "by": actor.name}, key=f"{WRITE}:{row.id}:{row.job_id}"
    )
    audit.record("ledger.confirmed", "ledger_import", row.id, {"变更摘要": row.changes_sha256})
    return row


def recheck(import_id: int, actor: Actor) -> LedgerImport:
    """Check the workbook against the register of now once more. Raises ActionNotAllowed."""
    row = own_import(import_id, actor)
    _refuse_while_running(row, "recheck")
    row.state, row.problem = LEDGER_IMPORT.step(row.state, "recheck").target, ""
    _check_in_background(row, actor)
    audit.record("ledger.rechecked", "ledger_import", row.id)
    return row


def drop(import_id: int, actor: Actor) -> LedgerImport:
    """Give the workbook up; nothing of it is written. Raises ActionNotAllowed."""
    row = own_import(import_id, actor)
    _refuse_while_running(row, "drop")
    step, moment = LEDGER_IMPORT.step(row.state, "drop"), transaction().moment
    row.state, row.finished_at = step.target, moment
    audit.record("ledger.dropped", "ledger_import", row.id)
    return row


def check_again(row: LedgerImport, actor: Actor, problem: str) -> None:
    """The register has moved on under a confirmed import: preview it anew, and say why."""
    row.state, row.problem = LEDGER_IMPORT.step(row.state, "outdated").target, problem
    _check_in_background(row, actor)
    audit.record("ledger.outdated", "ledger_import", row.id, {"变更摘要": row.changes_sha256})


def own_import(import_id: int, actor: Actor) -> LedgerImport:
    """The person's own import, for changing it. Raises NotYours."""
    row = db.session.get(LedgerImport, import_id)
    if row is None or row.uploaded_by != actor.user_id:
        raise NotYours("没有这次导入，或者不是您上传的。请从“台账导入”的列表中选择。")
    return row


def _check_in_background(row: LedgerImport, actor: Actor) -> None:
    row.job_id = jobs.enqueue(
        CHECK, {"import_id": row.id, "by": actor.name}, key=f"{CHECK}:{row.id}:{row.job_id or 0}"
    )


def _refuse_while_running(row: LedgerImport, action: str) -> None:
    if (row.state, action) not in WHILE_RUNNING:
        return
    state = db.session.execute(select(Job.state).where(Job.id == row.job_id)).scalar_one_or_none()
    if state != "failed":
        word = LEDGER_IMPORT.states[row.state]
        raise ActionNotAllowed(f"当前状态为“{word}”，后台正在处理。请等待处理完毕。")
