"""The list of filings as a file (申报清单): the same rows as on the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.accounts.sessions import signed_in_person
from app.filing.queries import FilingLine
from app.kernel import clock, files
from app.kernel.spreadsheets import Column, SheetLayout, write_csv, write_xlsx

TITLE = "企业申报清单"
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
COLUMNS = (
    Column("提交时间", 18),
    Column("企业名称", 30),
    Column("统一社会信用代码", 21, "code"),
    Column("厂区编号", 9, "code"),
    Column("厂区名称", 14),
    Column("区县", 9),
    Column("年度", 8, "number"),
    Column("申报类型", 12),
    Column("申报等级", 10),
    Column("自评等级", 10),
    Column("状态", 10),
    Column("填报方式", 12),
    Column("回执编号", 24, "code"),
)


def filings_file(
    lines: Sequence[FilingLine], conditions: Sequence[str], counties: Mapping[str, str], form: str
) -> io.BytesIO:
    """The file (``xlsx`` or ``csv``) of these filings."""
    cells = [_cells(it, counties) for it in lines]
    notes = (
        f"截至 {clock.today()}，共 {len(cells)} 件。条件：{'；'.join(conditions) or '无'}。",
        "自评等级由企业填报的内容得出，尚未审核。",
    )
    content = io.BytesIO()
    if form == "csv":
        header = tuple(column.header for column in COLUMNS)
        content.write(write_csv([(TITLE,), *((note,) for note in notes), header, *cells]))
    else:
        write_xlsx(content, [SheetLayout(TITLE, COLUMNS, cells, titles=(TITLE,), notes=notes)])
    content.seek(0)
    return content


def offer_filings(content: io.BytesIO, form: str) -> str:
    """Offer the file; returns where to fetch it."""
    name = f"{TITLE} {clock.today()}.{form}"
    return files.offer_download(content, name, MEDIA_TYPES[form], TITLE, signed_in_person().user_id)


def _cells(line: FilingLine, counties: Mapping[str, str]) -> tuple[Any, ...]:
    it, plant = line.filing, line.filing.plant
    return (
        clock.shown(line.submitted_at) if line.submitted_at else "",
        plant.enterprise_name, plant.uscc, plant.number, plant.name,
        counties.get(it.county, it.county), it.year, it.kind.words, it.target,
        line.grade or "", it.state.words, it.way.words, line.receipt,
    )  # fmt: skip
