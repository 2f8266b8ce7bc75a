"""Reads packages that came back in the background (后台核对填报包): many files take their time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, cast

from app.filing.domain import TRANSPORT, Entry
from app.filing.evidence import ANY
from app.filing.offline import MANIFEST, folders_of
from app.filing.offline_findings import Findings, MaterialRead, refused
from app.filing.offline_opening import Opened, Placed, Unfit, open_package, placed_files
from app.filing.offline_reading import numbers_of, read_form
from app.filing.queries import Filing, evidence_limits, filing_by_id, working
from app.filing.queries.arrivals import unfit_now
from app.filing.queries.packages import find_arrival, find_package
from app.filing.services.arrivals import READ, enter_findings
from app.kernel import clock, jobs, materials
from app.kernel.canonical import canonical
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.files import path_of
from app.kernel.jobs import JobRun
from app.kernel.spreadsheets import UnreadableWorkbook
from app.kernel.system_words import disk_is_full
from app.kernel.transaction import writing
from app.kernel.zips import BROKEN

MB = 1024 * 1024
ROOM = 100 * MB
"""For the form and what a zip program adds, beside the materials."""
_MOST_PROBLEMS = 500
_FULL = "服务器磁盘已满，没有核对完。请告知{}，腾出空间后重新交回。"


def read_arrival(run: JobRun) -> None:
    """Read a package and keep what was found, for the preview; nothing of the filing changes."""
    filing_id, arrival_id = run.payload["filing_id"], run.payload["arrival_id"]
    filing, arrival = filing_by_id(filing_id), find_arrival(filing_id, arrival_id)
    if filing is None or arrival is None or arrival.state != "reading":
        return
    try:
        findings = _read(filing, arrival.sha256, run)
    except Unfit as fault:
        findings = refused(str(fault))
    db.session.rollback()
    with writing("离线填报包", actor_id=arrival.arrived_by, actor_name=arrival.arrived_by_name):
        enter_findings(filing_id, arrival_id, findings)


def _read(filing: Filing, sha256: str, run: JobRun) -> Findings:
    limits = evidence_limits(clock.today(), filing.county)
    run.progress(0, 0, "正在打开填报包")
    opened = open_package(path_of(sha256), limits.total_bytes + ROOM)
    with opened.archive:
        _refuse_another(filing, opened)
        found = working(filing)
        if fault := unfit_now(filing, opened.number, found):
            return refused(fault, opened.number)
        book = opened.book()
        _refuse_another_form(opened, numbers_of(book))
        form = read_form(book, [(it.place, it.label, it.table) for it in found.tables])
        folders = folders_of([(it.place, it.table) for it in found.tables])
        placed, problems = placed_files(opened.files, form.materials, folders)
        db.session.rollback()  # long work needs no open transaction
        problems = [*form.problems, *problems]
        read = [] if problems else _materials(opened, placed, limits.file_bytes, run)
    entries: dict[tuple[int, str], Entry] = {**form.answers}
    if form.summary is not None:
        entries[0, TRANSPORT] = form.summary
    return Findings(opened.number, tuple(problems[:_MOST_PROBLEMS]), entries,
                    frozenset(form.kept), tuple(read), opened.notes)  # fmt: skip


def _refuse_another(filing: Filing, opened: Opened) -> None:
    """What the manifest says must be what the database kept."""
    package = find_package(opened.number)
    is_own = package is not None and package.filing_id == filing.id
    if is_own and package and canonical(opened.manifest) != canonical(package.manifest):
        raise Unfit(f"“{MANIFEST}”被改动，与导出时的不同。请用原来的重新压缩。")


def _refuse_another_form(opened: Opened, numbers: set[str]) -> None:
    if not numbers:
        raise Unfit("填报表里没有填报包编号，不能确认是这份填报包的表。请用原来的填报表填写。")
    if numbers != {opened.number}:
        others = "、".join(sorted(numbers - {opened.number}))
        raise Unfit(
            f"填报表是另一份填报包（{others}）的，与清单（{opened.number}）不一致。"
            "请核对是否放错了文件。"
        )


def _materials(
    opened: Opened, placed: Sequence[Placed], largest: int, run: JobRun
) -> list[MaterialRead]:
    read = []
    for count, it in enumerate(placed):
        run.progress(count, len(placed), "正在检查材料")
        read.append(_material(opened, it, largest))
    return read


def _material(opened: Opened, it: Placed, largest: int) -> MaterialRead:
    name = it.found.shown.rsplit("/", 1)[-1]
    size = opened.archive.entries[it.found.entry].file_size
    fault, stored, examined = "", None, None
    if it.folder is None:
        fault = "不在带编号的材料文件夹中，不知道证明哪一项。请移到对应的文件夹。"
    else:
        try:
            materials.refuse_size(name, size, largest)
            with opened.archive.open(it.found.entry) as stream:
                stored, examined = materials.receive(
                    cast("BinaryIO", stream), name, largest=largest
                )
        except materials.Unacceptable as refusal:
            fault = str(refusal)
        except (UnreadableWorkbook, *BROKEN) as broken:
            if disk_is_full(broken):
                raise jobs.JobFailed(_FULL.format(whom_to_tell())) from broken
            fault = f"“{name[:60]}”解压时出错，已经损坏。请重新放入后压缩。"
    line = it.line
    return MaterialRead(
        path=it.found.shown[:300],
        place=it.folder.place if it.folder else 0,
        row_key=it.folder.row_key if it.folder else "",
        kind=_kind(it),
        name=examined.name if examined else name[:200],
        size=stored.size if stored else size,
        sha256=stored.sha256 if stored else "",
        media=examined.kind if examined else "",
        pages=examined.pages if examined else None,
        first=line.first.isoformat() if line and line.first else "",
        last=line.last.isoformat() if line and line.last else "",
        note=line.note if line else "",
        fault=fault,
    )


def _kind(it: Placed) -> str:
    """Which of the asked materials it is: as listed; unlisted, the only one its row asks for."""
    kind = it.line.kind if it.line else ""
    if not kind and it.folder is not None and len(it.folder.kinds) == 1:
        kind = it.folder.kinds[0]
    return "" if kind == ANY else kind


jobs.define(READ, read_arrival, title="核对第 {arrival_id} 份交回的离线填报包")
