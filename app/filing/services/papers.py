"""Papers of submissions (申报文件): kept as they were made first, by a job after the commit.

The original and its hash are frozen in the transaction of the submission; the papers follow from
it. Until they are kept they are made when asked for, which gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

from app.filing import bundle, papers, record
from app.filing.models import FilingPaper
from app.filing.papers import JSON, TEXT, RecordFile
from app.filing.queries.filings import Submission, find_submission
from app.filing.queries.papers import (
    papers_of,
    receipt_of,
    signed_commitment,
    submitted_application,
)
from app.kernel import audit, clock, files, jobs
from app.kernel.authority import EVERYTHING
from app.kernel.config import ROOT
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.papers import MEDIA_TYPES, PaperFault, file_name
from app.kernel.transaction import transaction, writing

JOB = "filing.papers"
VERIFIER = ROOT / "scripts" / bundle.VERIFIER
"""The stand-alone check (核验程序)."""
_GONE = "存证件缺失，或与提交时的校验值不符。须从备份恢复，请告知{}。"


def keep_papers(submission_id: int) -> int:
    """Have the papers of a submission kept, inside its transaction; returns the job's id."""
    return jobs.enqueue(JOB, {"submission": submission_id}, key=f"{JOB}:{submission_id}")


def _record(it: Submission) -> bytes:
    return papers.record_pdf(it.content.encode())


def _commitment(it: Submission) -> bytes:
    return papers.commitment_pdf(signed_commitment(it), it.submitted_at)


def _application(it: Submission) -> bytes:
    return papers.application_pdf(submitted_application(it), it.submitted_at)


def _receipt(it: Submission) -> bytes:
    return papers.receipt_pdf(receipt_of(it), it.submitted_at)


KEPT: Mapping[str, tuple[str, Callable[[Submission], bytes]]] = {
    "record": ("申报存证件", _record),
    "application": ("申请表", _application),
    "commitment": ("承诺书", _commitment),
    "receipt": ("申报回执", _receipt),
}
"""The papers that are kept, all PDF."""
OTHERS = ("application-docx", "commitment-docx", "original", "files")
"""What is always made of the frozen content."""


def paper(submission: Submission, kind: str) -> RecordFile:
    """A paper of a submission: as it was kept, else made now. Raises PaperFault."""
    content = submission.content.encode()
    held = record.read(content)
    name = record.name_of(held)
    if kind == "original":
        return RecordFile(file_name(f"申报原件_{name}", "json"), JSON, content)
    if kind == "files":
        return RecordFile(file_name(f"佐证材料校验值_{name}", "txt"), TEXT, record.file_list(held))
    if kind == "commitment-docx":
        signed = signed_commitment(submission)
        return _docx(f"{signed.title}_{name}", papers.commitment_docx(signed))
    if kind == "application-docx":
        form = submitted_application(submission)
        return _docx(f"{form.title}_{name}", papers.application_docx(form))
    title, make = KEPT[kind]
    kept = papers_of(submission.id).get(kind)
    if kept is None:
        return RecordFile(file_name(f"{title}_{name}", "pdf"), MEDIA_TYPES["pdf"], make(submission))
    if not files.is_whole(kept.sha256):
        raise PaperFault(_GONE.format(whom_to_tell()))
    return RecordFile(kept.name, MEDIA_TYPES["pdf"], files.path_of(kept.sha256).read_bytes())


IN_BUNDLE = ("record", "commitment", "application", "receipt", "original")
"""The papers that go with the materials."""


def all_of(submission: Submission) -> tuple[str, Iterator[bytes]]:
    """A submission as one zip: its name, and its bytes as they are written. Raises PaperFault.

    The papers are there before the first byte is sent; the materials follow from disk, and need
    neither the database nor the app.
    """
    made = [paper(submission, kind) for kind in IN_BUNDLE]
    held = record.read(submission.content)
    written = [
        *(bundle.Written(it.name, it.content) for it in made),
        bundle.Written(bundle.NOTE, bundle.note(held, [it.name for it in made])),
        bundle.Written(bundle.VERIFIER, VERIFIER.read_bytes()),
    ]
    name = file_name(f"申报全部文件_{record.name_of(held)}", "zip")
    at = submission.submitted_at.astimezone(clock.SHANGHAI)
    return name, bundle.pieces(written, bundle.originals(held, files.path_of), at, _is_whole)


def _is_whole(material: bundle.Original) -> bool:
    try:
        return files.digest_of(material.path) == material.sha256
    except OSError:
        return False


def _docx(name: str, content: bytes) -> RecordFile:
    return RecordFile(file_name(name, "docx"), MEDIA_TYPES["docx"], content)


def _keep(run: jobs.JobRun) -> None:
    submission = find_submission(run.payload["submission"], EVERYTHING)
    if submission is None:
        raise jobs.JobFailed("没有这次提交。")
    there = papers_of(submission.id)
    try:
        made = {kind: paper(submission, kind) for kind in KEPT if kind not in there}
    except PaperFault as fault:
        raise jobs.JobFailed(str(fault)) from fault
    stored = {kind: files.keep(io.BytesIO(it.content)) for kind, it in made.items()}
    with writing("申报文件"):
        missing = [kind for kind in made if kind not in papers_of(submission.id)]
        for kind in missing:
            files.enter(stored[kind])
            db.session.add(
                FilingPaper(
                    submission_id=submission.id, kind=kind, sha256=stored[kind].sha256,
                    name=made[kind].name, size=stored[kind].size, made_at=transaction().moment,
                )
            )  # fmt: skip
        if missing:
            told = {made[kind].name: stored[kind].sha256 for kind in missing}
            audit.record("filing.papers-kept", "filing", submission.filing_id, told)


jobs.define(JOB, _keep, title="生成申报存证件", repeatable=True)
