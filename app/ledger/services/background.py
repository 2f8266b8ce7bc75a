"""The two background jobs of an import (后台核对、后台写入).

Both look first whether their work is done, so that a run that was killed can be taken up again: the
facts and the state 'written' are of one transaction, hence either all is there or nothing is.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from app.accounts.domain import Actor
from app.accounts.queries import actor_by_name
from app.kernel import audit, files, jobs
from app.kernel.collector import put_off
from app.kernel.database import db
from app.kernel.files import Stored, path_of
from app.kernel.jobs import MAX_ATTEMPTS, JobFailed, JobRun
from app.kernel.spreadsheets import UnreadableWorkbook
from app.kernel.transaction import holds_writer_lock, transaction, writing
from app.ledger.comparing import Comparison
from app.ledger.examining import compare_now, open_ledger
from app.ledger.models import LedgerImport
from app.ledger.preview import preview_of
from app.ledger.reading import ProgressCallback
from app.ledger.rules.reach import Importer, importer_of
from app.ledger.services.importing import OutdatedPreview, import_ledger
from app.ledger.services.uploads import CHECK, WRITE, check_again
from app.ledger.workflow import CHECKING, LEDGER_IMPORT, WRITING

INTERRUPTED = "上次处理被中断，当时没有写入任何内容，现已从头重新处理。"
_BROKEN = "系统处理出错，没有写入任何内容。请重新核对；仍出错的，请联系管理员查看日志。"


@dataclass(frozen=True, slots=True)
class _Task:
    """What a job is about, read before any long work begins."""

    import_id: int
    file_name: str
    file_sha256: str
    changes_sha256: str | None
    actor: Actor
    importer: Importer


def define_jobs() -> None:
    """Let the worker know how workbooks are checked and written."""
    jobs.define(CHECK, check_upload, title="核对第 {import_id} 次导入的台账")
    jobs.define(WRITE, write_upload, title="写入第 {import_id} 次导入的台账")


@put_off()
def check_upload(run: JobRun) -> None:
    """Read an uploaded workbook and keep what was found, for the preview."""
    task = _task(run, CHECKING)
    if task is None:
        return
    with _broken_goes_to(task, "reject", run):
        progress = _progress(run)
        try:
            opened = open_ledger(path_of(task.file_sha256), task.file_name, progress)
        except UnreadableWorkbook as unreadable:
            problem = str(unreadable)
            _settle(task, "reject", lambda row: setattr(row, "problem", problem))
            return
        comparison = compare_now(opened, task.importer, progress)
        db.session.rollback()  # the register has been read; long work needs no open transaction
        progress(0, 0, "正在生成预览")
        findings = files.keep(io.BytesIO(preview_of(comparison).as_bytes()))
        report = files.keep(io.BytesIO(opened.report())) if comparison.is_refused else None
        action = "refuse" if comparison.is_refused else "accept"
        _settle(task, action, lambda row: _enter_findings(row, comparison, findings, report, run))


def _enter_findings(
    row: LedgerImport, comparison: Comparison, findings: Stored, report: Stored | None, run: JobRun
) -> None:
    files.enter(findings)
    if report is not None:
        files.enter(report)
    row.findings_sha256 = findings.sha256
    row.report_sha256 = report.sha256 if report else None
    row.changes_sha256 = comparison.sha256
    row.summary = _summary(comparison, run)


@put_off()
def write_upload(run: JobRun) -> None:
    """Write a confirmed import: exactly what was previewed, or nothing."""
    task = _task(run, WRITING)
    if task is None:
        return
    with _broken_goes_to(task, "fail", run):
        progress = _progress(run)
        opened = open_ledger(path_of(task.file_sha256), task.file_name, progress)
        db.session.rollback()
        progress(0, 0, "正在写入，完成前不会有任何内容生效")
        try:
            with _writing(task):
                row = db.session.get_one(LedgerImport, task.import_id)
                if row.state != WRITING:
                    return
                comparison = import_ledger(
                    opened,
                    task.importer,
                    progress,
                    source={"文件名": task.file_name, "文件摘要": task.file_sha256},
                    object_id=task.import_id,
                    previewed=task.changes_sha256,
                )
                row.state = LEDGER_IMPORT.step(row.state, "finish").target
                row.finished_at = transaction().moment
                row.summary = _summary(comparison, run)
        except OutdatedPreview as outdated:
            with _writing(task):
                row = db.session.get_one(LedgerImport, task.import_id)
                check_again(row, task.actor, str(outdated))


def _task(run: JobRun, state: str) -> _Task | None:
    """What to do; None when it has been done or given up meanwhile."""
    row = db.session.get(LedgerImport, run.payload["import_id"])
    if row is None or row.state != state:
        return None
    actor = actor_by_name(run.payload["by"])
    importer = importer_of(actor) if actor is not None else None
    if actor is None or importer is None:
        raise JobFailed("上传人已停用或不再有导入权限，没有写入任何内容。请由有权限的人重新上传。")
    task = _Task(
        row.id, row.file_name, row.file_sha256, row.changes_sha256, actor, importer
    )  # fmt: skip
    db.session.rollback()
    return task


def _via(import_id: int) -> str:
    """Through what the facts came in, as a plant's history tells it."""
    return f"台账导入第 {import_id} 号"


@contextmanager
def _writing(task: _Task) -> Iterator[None]:
    with writing(
        _via(task.import_id), actor_id=task.actor.user_id, actor_name=task.actor.display_name
    ):
        yield


def _settle(task: _Task, action: str, enter: Callable[[LedgerImport], None]) -> None:
    """End a check: the state, what was found, and an audit entry, unless it was given up."""
    with _writing(task):
        row = db.session.get_one(LedgerImport, task.import_id)
        if row.state != CHECKING:
            return
        step = LEDGER_IMPORT.step(row.state, action)
        row.state = step.target
        enter(row)
        audit.record(
            "ledger.checked",
            "ledger_import",
            row.id,
            {"结果": LEDGER_IMPORT.states[row.state], "变更摘要": row.changes_sha256},
        )


@contextmanager
def _broken_goes_to(task: _Task, action: str, run: JobRun) -> Iterator[None]:
    """A fault of ours on the last attempt leaves the import where the person can go on."""
    try:
        yield
    except JobFailed:
        raise
    except Exception:  # whichever it is: it goes on to the queue, which counts the attempts
        if run.attempt >= MAX_ATTEMPTS:
            with _writing(task):
                row = db.session.get_one(LedgerImport, task.import_id)
                if row.state in (CHECKING, WRITING):
                    row.state = LEDGER_IMPORT.step(row.state, action).target
                    row.problem = _BROKEN
                    audit.record("ledger.failed", "ledger_import", row.id)
        raise


def _summary(comparison: Comparison, run: JobRun) -> str:
    held: dict[str, Any] = {
        "sheets": {name: asdict(counts) for name, counts in comparison.counts.items()},
        "is_unchanged": comparison.is_unchanged and not comparison.is_refused,
        "was_interrupted": run.attempt > 1,
    }
    return json.dumps(held, ensure_ascii=False)


def _progress(run: JobRun) -> ProgressCallback:
    """Progress of the job; after an interruption every note says that nothing had been written."""
    before = INTERRUPTED if run.attempt > 1 else ""

    def progress(done: int, total: int, note: str) -> None:
        if not holds_writer_lock():
            db.session.rollback()  # what was read is in memory; progress is another connection's
        run.progress(done, total, before + note)

    return progress
