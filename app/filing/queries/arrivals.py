"""What a package that came back would change (导入预览), and whether it may be imported at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.filing.answers import transport_of
from app.filing.domain import TRANSPORT, Entry
from app.filing.offline import MANIFEST
from app.filing.offline_comparing import Change, Compared, Key, Side, compared
from app.filing.offline_findings import MaterialRead, entries_of, findings_of
from app.filing.queries.filings import Filing, submissions_of
from app.filing.queries.packages import Arrival, Package, find_package
from app.filing.queries.working import Working, working
from app.kernel.canonical import canonical, sha256_of

AGAIN = "请重新导出填报包，把已填的内容抄到新的填报表中。"


def unfit_now(filing: Filing, number: str, found: Working | None = None) -> str:
    """Why a package of this number cannot be imported into the filing; empty: it can."""
    package = find_package(number)
    if package is None:
        return f"没有导出过这个编号的填报包，可能是“{MANIFEST}”被改动。请用原来的填报包。"
    if package.filing_id != filing.id:
        plant, own = package.manifest["plant"], package.manifest["filing"]
        return (
            f"这份填报包是为另一件申报（{plant['number']} {plant['name']}，{own['year']} 年）"
            "导出的，不能导入本申报。请核对选择的文件。"
        )
    if not filing.state.is_open:
        return f"该申报{filing.state.words}，内容已经固定，不能导入。"
    if filing.is_transferred:
        return "厂区已转到另一企业，不能导入原企业的填报包。请由现企业另行申报。"
    sent = submissions_of(filing.id)
    if sent and sent[-1].submitted_at > package.issued_at:
        return f"这份填报包是在申报提交之前导出的，之后申报已提交并退回补正。{AGAIN}"
    if _tables_of(found or working(filing)) != _tables_in(package):
        return f"导出之后，申报的行业或者指标表版本已经更换，填报表与现在的指标表不同。{AGAIN}"
    return ""


def _tables_of(found: Working) -> list[tuple[int, str, str, list[int]]]:
    return [(it.place, it.industry, it.subtype, list(it.version_ids)) for it in found.tables]


def _tables_in(package: Package) -> list[tuple[int, str, str, list[int]]]:
    return [(it["place"], it["industry"], it["subtype"], [v["id"] for v in it["versions"]])
            for it in package.manifest["tables"]]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file with whether the filing has it already."""

    read: MaterialRead
    title: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do."""

    rows: tuple[Compared, ...]
    lines: tuple[FileChange, ...]
    mark: str
    """Of what the person saw: the import refuses when the filing has changed since."""

    @property
    def files(self) -> tuple[MaterialRead, ...]:
        """The files that the filing has not yet."""
        return tuple(it.read for it in self.lines if not it.is_there)

    @property
    def conflicts(self) -> int:
        """Rows that a person must choose for."""
        return sum(it.change is Change.CONFLICT for it in self.rows)

    @property
    def to_write(self) -> int:
        """Rows and files that would be written."""
        rows = sum(it.change in (Change.NEW, Change.CONFIRM) for it in self.rows)
        return rows + sum(not it.fault for it in self.files)

    @property
    def refused_files(self) -> int:
        """Files that are not taken."""
        return sum(bool(it.read.fault) for it in self.lines)


def changes_in(filing: Filing, arrival: Arrival) -> Preview:
    """What an import of the package would change now."""
    found, read = working(filing), findings_of(arrival.findings)
    package = find_package(read.package)
    base: Mapping[Key, Entry] = {} if package is None else _base(package)
    tables = [(it.place, it.label, it.table) for it in found.tables]
    now = {key: Side(it.answer, it.revision, it.confirmed) for key, it in found.answers.items()}
    summary = found.transport
    now[0, TRANSPORT] = Side(summary.transport, summary.revision, summary.confirmed)
    rows = compared(tables, base, read.entries or {}, now, read.kept)
    titles = {(it.place, it.row_key): it.title for it in rows}
    held = {(it.place, it.row_key, it.kind, it.sha256) for it in found.evidence}
    lines = [FileChange(it, titles.get((it.place, it.row_key), "其他材料"),
                        (it.place, it.row_key, it.kind, it.sha256) in held)
             for it in read.files]  # fmt: skip
    mark = canonical([[it.place, it.row_key, it.revision, it.change] for it in rows]
                     + [[it.read.path, it.is_there] for it in lines])  # fmt: skip
    return Preview(tuple(rows), tuple(lines), sha256_of(mark))


def _base(package: Package) -> dict[Key, Entry]:
    transport = transport_of(package.manifest["transport"]["answer"])
    return {**entries_of(package.manifest["entries"]), (0, TRANSPORT): transport}
