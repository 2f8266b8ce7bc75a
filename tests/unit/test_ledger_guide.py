"""The guide of the blank workbook promises nothing that reading refuses (台账模板)."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from app.ledger.guide import ALLOWED, blank_workbook, explanation
from app.ledger.sheets import BY_NAME, OWN_SHEETS, SHEETS, ColumnSpec, SheetSpec
from app.rulebook.queries import all_rulebooks, catalogue
from tests.workbooks import tools

ON = date(2025, 9, 1)
COLUMNS = [(spec, column) for spec in SHEETS for column in spec.columns]


@pytest.mark.parametrize(("place", "words"), ALLOWED.items(), ids="-".join)
def test_every_word_that_the_guide_allows_is_read(
    place: tuple[str, str], words: tuple[str, ...]
) -> None:
    sheet, header = place
    column = next(it for it in BY_NAME[sheet].columns if it.header == header)
    for word in words:
        parsed = column.parse(word, tools())
        assert parsed.problem is None, (word, parsed.problem)
        assert column.shown(parsed.value) == word


@pytest.mark.parametrize(
    ("spec", "column"), COLUMNS, ids=[f"{spec.name}-{column.header}" for spec, column in COLUMNS]
)
def test_every_column_is_explained(spec: SheetSpec, column: ColumnSpec) -> None:
    assert explanation(spec, column, {}).endswith("。")


def test_a_column_with_fixed_words_names_them_all() -> None:
    refused = [
        (spec.name, column.header)
        for spec, column in COLUMNS
        if column.kind == "text"
        and column.parse("没有这个词", tools()).problem is not None
        and column.header not in {"规则集", "行业", "检查人员"}
    ]
    assert set(refused) <= set(ALLOWED)


def test_the_same_register_of_rules_gives_the_same_bytes() -> None:
    made = [blank_workbook(catalogue(), all_rulebooks(), {"330602": "越城区"}, ON) for _ in "ab"]
    assert made[0] == made[1]
    names = openpyxl.load_workbook(io.BytesIO(made[0])).sheetnames
    assert [name for name in names if name not in OWN_SHEETS] == [spec.name for spec in SHEETS]
