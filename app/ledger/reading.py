"""From a workbook to typed rows (读取台账): headers found, cells read, every oddity named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.kernel.spreadsheets import (
    Cell,
    Row,
    Sheet,
    Workbook,
    clean_text,
    find_header,
    header_key,
)
from app.kernel.spreadsheets.delimited import plain_text
from app.ledger import parsing
from app.ledger.headers import Header
from app.ledger.known import KnownCells, Plain
from app.ledger.marks import is_unaltered_export
from app.ledger.merged import MergedCells
from app.ledger.parsing import Tools
from app.ledger.problems import Level, Problem, problem
from app.ledger.sheets import BY_NAME, OWN_SHEETS, SHEETS, ColumnSpec, SheetSpec, Values

ProgressCallback: TypeAlias = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what is being done."""

TOTAL_WORDS = ("合计", "小计", "总计", "共计", "填表", "制表", "填报")
"""A row without a key whose first words begin so is a line for people, not a fact."""

_FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ROWS_BETWEEN_REPORTS = 500
_MOST_NAMED = 5


@dataclass(slots=True)
class TypedRow:
    """A row of a sheet as values by field; ``failed`` are the fields that could not be read."""

    spec: SheetSpec
    number: int
    values: Values
    blank: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows left out because they hold nothing to be entered, and why."""

    sheet: str
    first: int
    last: int
    why: str


@dataclass(slots=True)
class TypedSheet:
    """The rows of one sheet; ``fields`` are those whose columns the sheet has."""

    spec: SheetSpec
    header_row: int
    fields: frozenset[str]
    given_name: str
    rows: list[TypedRow] = field(default_factory=list)


@dataclass(slots=True)
class TypedLedger:
    """A whole workbook read: rows by sheet, what was found, what was left aside."""

    sheets: dict[str, TypedSheet] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    is_unaltered_export: bool = False
    unreadable: set[str] = field(default_factory=set)
    """Sheets whose header cannot be read: nothing follows from what they seem to lack."""

    def rows(self, sheet: str) -> list[TypedRow]:
        """The rows of a sheet; none when the workbook has no such sheet."""
        return self.sheets[sheet].rows if sheet in self.sheets else []

    def codes(self) -> set[str]:
        """Every 统一社会信用代码 that a row names."""
        rows = (row for sheet in self.sheets.values() for row in sheet.rows)
        return {row.values["uscc"] for row in rows if "uscc" in row.values}

    def unread_places(self, sheet: str) -> str:
        """In brackets the rows of a sheet of which nobody can tell whom they are about."""
        rows = [row for row in self.rows(sheet) if row.failed & {"uscc", "plant"}]
        if not rows:
            return ""
        numbers = "、".join(str(row.number) for row in rows[:_MOST_NAMED])
        more = f" 等 {len(rows)} " if len(rows) > _MOST_NAMED else " "
        return f"（“{sheet}”表第 {numbers}{more}行的代码或编号有误，未能读出）"

    @property
    def header_rows(self) -> dict[str, int]:
        """The header's row number by sheet, as the workbook spells its name."""
        return {sheet.given_name: sheet.header_row for sheet in self.sheets.values()}

    def refuse(self, row: TypedRow, field_name: str, sentence: str, *, mend: str = "") -> None:
        """Refuse the row at the column of the field."""
        row.is_refused = True
        self._note(Level.REFUSED, row, field_name, sentence, mend)

    def warn(self, row: TypedRow, field_name: str, sentence: str, *, mend: str = "") -> None:
        """Point something out at the column of the field."""
        self._note(Level.WARNING, row, field_name, sentence, mend)

    def read_as(self, row: TypedRow, field_name: str, sentence: str) -> None:
        """Say what the cell was read as."""
        self._note(Level.READ_AS, row, field_name, sentence, "")

    def _note(self, level: Level, row: TypedRow, field_name: str, sentence: str, mend: str) -> None:
        column = row.spec.column(field_name) if field_name else None
        value = row.values.get(field_name) if field_name else None
        shown = "" if column is None or value is None else plain_text(column.shown(value))
        header = column.header if column else ""
        self.problems.append(
            problem(level, row.spec.name, row.number, header, sentence, value=shown, mend=mend)
        )


def read_ledger(workbook: Workbook, tools: Tools, progress: ProgressCallback) -> TypedLedger:
    """Every row of the sheets of the contract; other sheets and columns are named, not read."""
    ledger = TypedLedger(is_unaltered_export=is_unaltered_export(workbook))
    ledger.ignored += workbook.notes
    given = {header_key(sheet.name): sheet for sheet in workbook.sheets}
    total = sum(len(given[spec.name].rows) for spec in SHEETS if spec.name in given)
    done = 0
    known = KnownCells(tools)
    for spec in SHEETS:
        if (sheet := given.get(spec.name)) is not None:
            for row_count in _read_sheet(sheet, spec, known, tools, ledger):
                progress(done + row_count, total, f"正在读取“{spec.name}”")
            done += len(sheet.rows)
    ledger.ignored += [
        f"工作表“{clean_text(sheet.name)}”不属于台账，未予读取。"
        for name, sheet in given.items()
        if name not in BY_NAME and name not in OWN_SHEETS
    ]
    if not any(name in BY_NAME for name in given):
        names = "、".join(spec.name for spec in SHEETS)
        sentence = f"工作簿里没有台账的工作表，请把工作表命名为：{names}"
        ledger.problems.append(problem(Level.REFUSED, "", None, "", sentence))
    return ledger


def _read_sheet(
    sheet: Sheet, spec: SheetSpec, known: KnownCells, tools: Tools, ledger: TypedLedger
) -> Iterator[int]:
    """Reads the sheet into the ledger; yields now and then how many rows are done."""
    if not sheet.rows:
        return
    start = find_header(sheet, spec.first_header)
    if start is None:
        sentence = (
            f"没有找到表头：没有一行写着“{spec.first_header}”，"
            f"请在数据上方补上表头（{'、'.join(column.header for column in spec.columns)}）"
        )
        ledger.unreadable.add(spec.name)
        ledger.problems.append(
            problem(Level.REFUSED, spec.name, sheet.rows[0].number, "", sentence)
        )
        return
    header = Header(sheet, start, spec)
    fields = frozenset(header.columns.values())
    typed = TypedSheet(spec, sheet.rows[start].number, fields, sheet.name)
    ledger.sheets[spec.name] = typed
    for level, found in ((Level.REFUSED, header.faults()), (Level.WARNING, header.cautions())):
        ledger.problems += [
            problem(level, spec.name, typed.header_row, title, sentence)
            for title, sentence in found
        ]
    ledger.ignored += header.ignored
    ledger.problems += _unseen(sheet, typed)
    if header.is_faulty:
        ledger.unreadable.add(spec.name)
    if start:
        ledger.skipped.append(
            Skipped(spec.name, sheet.rows[0].number, sheet.rows[start - 1].number, "表头以上的行")
        )
    reader = _RowReader(header, MergedCells(sheet, header.columns), known, tools, ledger)
    previous = typed.header_row
    for done, row in enumerate(sheet.rows[start + 1 :], start=1):
        if row.number > previous + 1:
            ledger.skipped.append(Skipped(spec.name, previous + 1, row.number - 1, "空行"))
        previous = row.number
        if (typed_row := reader.read(row)) is not None:
            typed.rows.append(typed_row)
        if done % ROWS_BETWEEN_REPORTS == 0:
            yield done


def _unseen(sheet: Sheet, typed: TypedSheet) -> Iterator[Problem]:
    """Rows that are read though a person who looks at the sheet does not see them."""
    if sheet.hidden:
        sentence = "这张工作表是隐藏的，同样读取，请核对是否要导入，不导入的请删去"
        yield problem(Level.WARNING, typed.spec.name, None, "", sentence)
    rows = [number for number in sheet.hidden_rows if number > typed.header_row]
    if rows:
        named = "、".join(map(str, rows[:_MOST_NAMED])) + ("…" if len(rows) > _MOST_NAMED else "")
        sentence = (
            f"有 {len(rows)} 行被隐藏或筛选（第 {named} 行），同样读取，"
            "请取消隐藏和筛选后核对，不导入的请删去"
        )
        yield problem(Level.WARNING, typed.spec.name, None, "", sentence)


class _RowReader:
    """Reads row after row of one sheet."""

    def __init__(
        self,
        header: Header,
        merged: MergedCells,
        known: KnownCells,
        tools: Tools,
        ledger: TypedLedger,
    ) -> None:
        self._spec = header.spec
        self._merged = merged
        self._known = known
        self._tools = tools
        self._ledger = ledger
        self._lines = {line.number for line in header.lines}
        self._cannot = header.is_faulty
        by_field = {column.field: column for column in header.spec.columns}
        self._columns = [
            (place, by_field[name], known.plain(by_field[name]))
            for place, name in header.columns.items()
        ]
        self._width = max(header.columns, default=-1) + 1
        first = next(column for column in header.spec.columns if column.required)
        self._keys = known.plain(first)
        self._key_places = [place for place, name in header.columns.items() if name == first.field]

    def read(self, row: Row) -> TypedRow | None:
        """The typed row; None when it holds nothing to be entered."""
        if row.number in self._lines or self._cannot:
            return None
        if not self._has_known_key(row) and (why := self._why_skipped(row)) is not None:
            self._ledger.skipped.append(Skipped(self._spec.name, row.number, row.number, why))
            return None
        typed = TypedRow(self._spec, row.number, {})
        values = typed.values
        cells = row.cells + (None,) * (self._width - len(row.cells))
        for place, column, plain in self._columns:
            cell = cells[place]
            if cell is not None:
                value = plain.get(cell if type(cell) is str else (type(cell), cell))
                if value is not None:
                    values[column.field] = value
                else:
                    self._take(typed, column, cell, plain)
            elif (region := self._merged.over(row.number, place)) is not None:
                self._under_merged(typed, column, region)
            else:
                self._blank(typed, column)
        if self._spec.name == "行业":
            self._finish_industry(typed)
        return typed

    def _has_known_key(self, row: Row) -> bool:
        """Whether the key was read before without a word: then it is no title and no total."""
        if not self._key_places or self._key_places[0] >= len(row.cells):
            return False
        cell = row.cells[self._key_places[0]]
        return (cell if type(cell) is str else (type(cell), cell)) in self._keys

    def _why_skipped(self, row: Row) -> str | None:
        texts = (header_key(cell) for cell in row.cells if isinstance(cell, str))
        first = next(filter(None, texts), "")
        keys = [row.cells[place] for place in self._key_places if place < len(row.cells)]
        key = keys[0] if keys else None
        key_text = header_key(key) if isinstance(key, str) else key
        if key_text == self._spec.first_header:
            return "重复的表头"
        if first.startswith(TOTAL_WORDS) and (key_text in (None, "") or key_text == first):
            return f"“{first[:20]}”行"
        if not any(self._says_something(row, place) for place, _, _ in self._columns):
            return "没有台账内容的行"
        return None

    @staticmethod
    def _says_something(row: Row, place: int) -> bool:
        cell = row.cells[place] if place < len(row.cells) else None
        return cell is not None and not (isinstance(cell, str) and not header_key(cell))

    def _blank(self, typed: TypedRow, column: ColumnSpec) -> None:
        typed.blank.add(column.field)
        if column.required:
            typed.failed.add(column.field)
            self._ledger.refuse(
                typed,
                column.field,
                f"没有填写“{column.header}”，这一列必须填写，请补填",
            )

    def _under_merged(self, typed: TypedRow, column: ColumnSpec, region: str) -> None:
        typed.failed.add(column.field)
        self._ledger.refuse(
            typed,
            column.field,
            f"这一格属于合并单元格 {region}，内容只在左上角的一格，无法确定是否也是本行的内容，"
            "请取消合并单元格，逐行填写",
        )

    def _take(
        self,
        typed: TypedRow,
        column: ColumnSpec,
        cell: Cell,
        plain: Plain,
    ) -> None:
        """Read a cell; what needs no word is plain from now on."""
        value, read_as, fault = self._known.parsed(column, cell)
        if fault is not None:
            typed.failed.add(column.field)
            typed.is_refused = True
            self._at_cell(Level.REFUSED, typed, column, cell, fault)
            return
        if value is None:
            self._blank(typed, column)
            return
        typed.values[column.field] = value
        is_like_formula = column.kind == "text" and _looks_like_formula(value)
        if read_as is not None:
            self._at_cell(Level.READ_AS, typed, column, cell, read_as)
        elif not is_like_formula:
            plain[cell if type(cell) is str else (type(cell), cell)] = value
        if is_like_formula:
            self._ledger.warn(
                typed,
                column.field,
                f"“{value[:40]}”像是公式，将按文字原样保存，不会运行。请核对，填错的请改正",
            )

    def _at_cell(
        self, level: Level, typed: TypedRow, column: ColumnSpec, cell: Cell, sentence: str
    ) -> None:
        """Note something at a cell, with what it says as it was typed."""
        self._ledger.problems.append(
            problem(
                level,
                self._spec.name,
                typed.number,
                column.header,
                sentence,
                value=plain_text(cell),
            )
        )

    def _finish_industry(self, typed: TypedRow) -> None:
        """子类 is read against the industry of its row."""
        given = typed.values.get("subtype")
        if given is None or "industry" not in typed.values:
            return
        parsed = parsing.subtype(typed.values["industry"], given, self._tools)
        if parsed.problem is not None:
            typed.failed.add("subtype")
            self._ledger.refuse(typed, "subtype", parsed.problem)
            del typed.values["subtype"]
            return
        typed.values["subtype"] = parsed.value
        if parsed.read_as is not None:
            self._ledger.read_as(typed, "subtype", parsed.read_as)


def _looks_like_formula(value: Any) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(_FORMULA_SIGNS)
        and any(character.isalnum() for character in value)
    )
