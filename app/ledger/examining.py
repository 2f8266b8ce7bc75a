"""Opening a workbook and holding it against the register (核对台账): nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.accounts.places import SHAOXING, Bureau, BureauPlan, CountyIndex, short_name, with_codes
from app.accounts.queries import list_bureaus
from app.kernel import clock
from app.kernel.collector import put_off
from app.kernel.spreadsheets import Workbook, header_key, read_workbook, write_report_copy
from app.ledger.comparing import Comparison, compare
from app.ledger.marks import is_unaltered_export
from app.ledger.parsing import Tools
from app.ledger.places import plan_in
from app.ledger.problems import Level, row_texts
from app.ledger.queries.register import register_for
from app.ledger.reading import ProgressCallback, TypedLedger, read_ledger
from app.ledger.rules.reach import Importer
from app.ledger.sheets import EXPORT_NOTE_SHEET
from app.rulebook.queries import all_rulebooks, catalogue


@dataclass(frozen=True, slots=True)
class OpenedLedger:
    """A workbook that has been read; good for one comparison."""

    workbook: Workbook
    ledger: TypedLedger
    plan: BureauPlan
    """By which an installation without a bureau is to be set up first."""

    def report(self) -> bytes:
        """The person's workbook as .xlsx with what is refused in a column 错误."""
        texts = row_texts(self.ledger.problems, Level.REFUSED)
        errors = {it.name: texts.get(header_key(it.name), {}) for it in self.workbook.sheets}
        return write_report_copy(self.workbook, errors, self.ledger.header_rows)


@put_off()
def open_ledger(path: Path, file_name: str, progress: ProgressCallback) -> OpenedLedger:
    """Read the file (.xlsx, .xls, .csv, a zip or folder of .csv). Raises UnreadableWorkbook."""
    progress(0, 0, "正在打开文件")
    workbook = read_workbook(path, file_name)
    plan = _plan_of(workbook)
    counties = CountyIndex(list_bureaus() or planned_bureaus(plan))
    tools = Tools(counties, catalogue(), all_rulebooks(), workbook.date1904)
    return OpenedLedger(workbook, read_ledger(workbook, tools, progress), plan)


@put_off()
def compare_now(opened: OpenedLedger, importer: Importer, progress: ProgressCallback) -> Comparison:
    """Hold the workbook against the register as it stands in the current transaction."""
    progress(0, 0, "正在读取登记簿")
    register = register_for(opened.ledger.codes())
    return compare(opened.ledger, register, importer, clock.today(), progress)


def _plan_of(workbook: Workbook) -> BureauPlan:
    """The bureaus an unaltered export names, else those the system is delivered with."""
    note = workbook.sheet(EXPORT_NOTE_SHEET)
    declared = plan_in(note) if note is not None and is_unaltered_export(workbook) else None
    return declared or SHAOXING


def planned_bureaus(plan: BureauPlan) -> list[Bureau]:
    """The bureaus a plan would set up."""
    return [
        Bureau(plan.province_code, plan.province, plan.province, "province"),
        Bureau(plan.city_code, plan.city, short_name(plan.city), "city"),
        *(
            Bureau(code, it.name, short_name(it.name), "county", former_codes=it.former_codes)
            for it, code in with_codes(plan)
        ),
    ]
