"""交回的填报包: kept, read in the background, and imported whole once a person has confirmed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import insert, update

from app.approvals.domain import Overtaken, Refused
from app.filing.domain import Conflict, State, Transport, Way
from app.filing.models import FilingArrival
from app.filing.offline_comparing import Change, Compared
from app.filing.offline_findings import Findings, MaterialRead, findings_document
from app.filing.periods import Span
from app.filing.queries import Filing, evidence_limits
from app.filing.queries.arrivals import changes_in, unfit_now
from app.filing.queries.packages import Arrival, find_arrival
from app.filing.services.answering import save_answer, save_transport
from app.filing.services.course import changed, enter, held, note_step, open_for_entries
from app.filing.services.evidence import Where, add_evidence, refuse_hoard
from app.kernel import clock, files, jobs
from app.kernel.canonical import canonical
from app.kernel.database import db
from app.kernel.files import Stored
from app.kernel.materials import Examined
from app.kernel.transaction import transaction

READ = "filing.package_read"
MINE, THEIRS = "mine", "theirs"
_GONE = "没有这份交回的填报包。请从“离线填报包”进入。"


def keep_arrival(filing_id: int, stored: Stored, name: str) -> int:
    """Enter a zip that lies on disk, to be read; the same one again is read again. Raises Refused.

    Returns its id.
    """
    filing = open_for_entries(filing_id)
    if filing.way is Way.WINDOW:
        raise Refused("窗口代录的申报依据纸质材料录入，不用离线填报包。")
    current = transaction()
    limits = evidence_limits(clock.day_of(current.moment), filing.county)
    refuse_hoard(filing, stored.size, limits)
    files.enter(stored)
    arrival_id: int = db.session.execute(
        insert(FilingArrival)
        .values(
            filing_id=filing_id, sha256=stored.sha256, name=name[-200:], size=stored.size,
            state="reading", findings="", arrived_at=current.moment,
            arrived_by=current.actor_id, arrived_by_name=current.actor_name,
            imported_by_name="",
        )
        .returning(FilingArrival.id)
    ).scalar_one()  # fmt: skip
    jobs.enqueue(READ, {"arrival_id": arrival_id, "filing_id": filing_id},
                 key=f"{READ}:{arrival_id}")  # fmt: skip
    enter("filing.package_arrived", filing, {"文件名": name, "SHA-256": stored.sha256})
    return arrival_id


def enter_findings(filing_id: int, arrival_id: int, findings: Findings) -> None:
    """Keep what was found in a package; once refused or imported it stays so."""
    filing, arrival = held(filing_id), find_arrival(filing_id, arrival_id)
    if arrival is None or arrival.state != "reading":
        return
    state = "refused" if findings.problems else "read"
    _alter(arrival_id, state=state, findings=canonical(findings_document(findings)))
    enter("filing.package_checked", filing,
          {"文件名": arrival.name, "结果": arrival_words(state),
           "问题": len(findings.problems)})  # fmt: skip


def arrival_words(state: str) -> str:
    """The state as the audit log tells it."""
    return {"refused": "有问题，未导入", "read": "可以导入"}.get(state, state)


def import_arrival(filing_id: int, arrival_id: int, chosen: Mapping[str, str], seen: str) -> int:
    """Write everything of a package that was previewed, or nothing; returns how much was new.

    ``chosen`` says of each row that both sides changed which one stands; ``seen`` is the mark of
    the preview. Raises Refused, Overtaken.
    """
    filing = open_for_entries(filing_id)
    arrival = find_arrival(filing_id, arrival_id)
    if arrival is None:
        raise Refused(_GONE)
    if arrival.state != "read":
        raise Overtaken(f"这份填报包{arrival.words[1]}，不能再导入。请刷新页面查看。")
    if fault := unfit_now(filing, str(arrival.findings["package"])):
        raise Overtaken(f"{fault}没有导入任何内容。")
    preview = changes_in(filing, arrival)
    if seen != preview.mark:
        raise Overtaken("预览之后，申报的内容已有改动，没有导入。请按下面的最新预览重新核对。")
    _refuse_unchosen(preview.rows, chosen)
    written = sum(_write(filing, it, chosen) for it in preview.rows)
    added = _add_files(filing, preview.files)
    _settle(filing, arrival, written, added)
    return written + added


def _refuse_unchosen(rows: Iterable[Compared], chosen: Mapping[str, str]) -> None:
    both = [it for it in rows if it.change is Change.CONFLICT]
    left = [it for it in both if chosen.get(it.id) not in (MINE, THEIRS)]
    if left:
        raise Refused(
            f"有 {len(left)} 项两边都改过，还没有选择，没有导入。第一项：{left[0].title}。"
            "请逐项选择用填报包的内容还是保留现有内容。"
        )


def _write(filing: Filing, it: Compared, chosen: Mapping[str, str]) -> int:
    """Save a row if it is to be; 1 where something was written."""
    is_mine = it.change is Change.CONFLICT and chosen.get(it.id) == MINE
    if it.change not in (Change.NEW, Change.CONFIRM) and not is_mine:
        return 0
    if isinstance(it.mine, Transport):
        done = save_transport(filing.id, it.mine, it.revision)
    else:
        done = save_answer(filing.id, it.place, it.row_key, it.mine, it.revision)
    if isinstance(done, Conflict):
        raise Overtaken("导入时有人修改了同一项，没有导入任何内容。请刷新预览后重新核对。")
    return 1


def _add_files(filing: Filing, found: Iterable[MaterialRead]) -> int:
    added = 0
    for it in found:
        if it.fault:
            continue
        path = files.path_of(it.sha256)
        if not path.is_file():
            raise Refused(f"材料“{it.name}”已被清理，没有导入任何内容。请重新上传填报包。")
        span = _span(it.first, it.last)
        done = add_evidence(
            filing.id, Where(it.place, it.row_key, it.kind), Stored(it.sha256, it.size, path),
            Examined(it.media, it.pages, it.name), span=span, note=it.note,
        )  # fmt: skip
        added += done.is_new
    return added


def _span(first: str, last: str) -> Span | None:
    return Span(date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def _settle(filing: Filing, arrival: Arrival, written: int, added: int) -> None:
    current = transaction()
    _alter(arrival.id, state="imported", imported_at=current.moment,
           imported_by_name=current.actor_name)  # fmt: skip
    if filing.way is Way.BROWSER:
        changed(filing, way=Way.PACKAGE)
    note_step(filing.id, "import", State(filing.state),
              f"填报包 {arrival.findings['package']}，{written} 项、{added} 份材料")  # fmt: skip
    enter(
        "filing.package_imported", filing,
        {"文件名": arrival.name, "SHA-256": arrival.sha256,
         "填报包编号": arrival.findings["package"], "写入指标": written, "添加材料": added},
    )  # fmt: skip


def _alter(arrival_id: int, **values: Any) -> None:
    db.session.execute(update(FilingArrival).where(FilingArrival.id == arrival_id).values(**values))
