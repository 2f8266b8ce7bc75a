"""The papers of a filing as files: 申请表, 承诺书, 存证件, 回执 (申报文件).

All are made from what a submission froze and bear its moment, so that the same content gives the
same bytes. A bureau's own are ``application.docx``, ``commitment.docx`` (layout) and
``commitment.toml`` (words) in ``instance/letters``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from app.filing import commitment, receipt, record
from app.filing.application import ApplicationForm
from app.filing.commitment import Wording, WordingFault
from app.filing.commitment_paper import CommitmentPaper
from app.kernel import papers
from app.kernel.papers import MEDIA_TYPES, PaperFault

OWN_WORDING = "commitment.toml"
OWN_TEMPLATE = "commitment.docx"
OWN_APPLICATION = "application.docx"
BAD_TEMPLATE = (
    "{}模板有误，没有生成。请核对数据目录 letters 文件夹中的 {}，或移走它以使用系统自带的模板。"
)
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A part of the copy of record."""

    name: str
    media: str
    content: bytes


def wording() -> Wording:
    """The words of the commitment in this bureau. Raises PaperFault when its own cannot be read."""
    path = papers.own_folder() / OWN_WORDING
    if not path.is_file():
        return commitment.BUILT_IN
    try:
        return commitment.read_wording(path.read_bytes())
    except WordingFault as fault:
        raise PaperFault(
            f"本局的承诺书文字不能使用：{fault}文件是数据目录 letters 文件夹中的 {OWN_WORDING}，"
            "改正以前不能签署申报；移走它则使用系统自带的文字。"
        ) from fault


def commitment_pdf(paper: CommitmentPaper, made_at: datetime) -> bytes:
    """The commitment as PDF."""
    return papers.pdf(_part("commitment.typ"), paper.values(), made_at)


def commitment_docx(paper: CommitmentPaper) -> bytes:
    """The commitment as docx, by the bureau's own template where there is one."""
    return papers.docx(
        _part("commitment.docx"), paper.values(), OWN_TEMPLATE,
        BAD_TEMPLATE.format("承诺书", OWN_TEMPLATE),
    )  # fmt: skip


def application_pdf(form: ApplicationForm, made_at: datetime) -> bytes:
    """The application form as PDF."""
    return papers.pdf(_part("application.typ"), form.values(), made_at)


def application_docx(form: ApplicationForm) -> bytes:
    """The application form as docx, by the bureau's own template where there is one."""
    return papers.docx(
        _part("application.docx"), form.values(), OWN_APPLICATION,
        BAD_TEMPLATE.format("申请表", OWN_APPLICATION),
    )  # fmt: skip


def receipt_pdf(paper: receipt.Receipt, made_at: datetime) -> bytes:
    """The receipt as PDF."""
    return papers.pdf(_part("receipt.typ"), paper.values(), made_at)


def record_pdf(content: bytes) -> bytes:
    """The copy of record of a submission as PDF."""
    held = record.read(content)
    values = record.values(held, record.digest(content))
    return papers.pdf(_part("record.typ"), values, record.submitted_at(held))


def make(content: bytes) -> tuple[RecordFile, ...]:
    """The copy of record: the paper, its original, the list of files; of a canonical JSON."""
    held = record.read(content)
    name = record.name_of(held)
    return (
        RecordFile(papers.file_name(f"申报存证件_{name}", "pdf"), MEDIA_TYPES["pdf"],
                   record_pdf(content)),
        RecordFile(papers.file_name(f"申报原件_{name}", "json"), JSON, content),
        RecordFile(papers.file_name(f"佐证材料校验值_{name}", "txt"), TEXT, record.file_list(held)),
    )  # fmt: skip


def _part(name: str) -> bytes:
    return (resources.files("app.filing") / "data" / name).read_bytes()
