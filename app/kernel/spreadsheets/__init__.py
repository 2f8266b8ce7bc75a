"""Workbooks in and out (电子表格): guard, reader, parsers of cells, writers; knows no stage."""

from .cells import (
    DEFAULT_LIMITS,
    Cell,
    CellError,
    Limits,
    Merged,
    Row,
    Sheet,
    UncomputedFormula,
    UnreadableWorkbook,
    Workbook,
    WorkbookKind,
    is_invisible,
)
from .delimited import write_csv
from .guard import inspect_workbook, shown_name
from .layout import Column, SheetLayout
from .reader import find_header, read_workbook
from .report_copy import write_report_copy
from .text import (
    Parsed,
    cell_problem,
    clean_text,
    code_form,
    header_key,
    parse_choice,
    parse_code,
    parse_date,
    parse_decimal,
    parse_integer,
    parse_text,
    parse_yes_no,
)
from .writer import write_xlsx

__all__ = [
    "DEFAULT_LIMITS",
    "Cell",
    "CellError",
    "Column",
    "Limits",
    "Merged",
    "Parsed",
    "Row",
    "Sheet",
    "SheetLayout",
    "UncomputedFormula",
    "UnreadableWorkbook",
    "Workbook",
    "WorkbookKind",
    "cell_problem",
    "clean_text",
    "code_form",
    "find_header",
    "header_key",
    "inspect_workbook",
    "is_invisible",
    "parse_choice",
    "parse_code",
    "parse_date",
    "parse_decimal",
    "parse_integer",
    "parse_text",
    "parse_yes_no",
    "read_workbook",
    "shown_name",
    "write_csv",
    "write_report_copy",
    "write_xlsx",
]
