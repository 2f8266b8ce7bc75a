"""The list of filings as a file (申报清单): the same rows as on the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.accounts.sessions import signed_in_person
from app.filing.evidence import Needed
from app.filing.queries import Filing, FilingLine
from app.filing.queries.former import Former
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
FORMER_TITLE = "以往厂区的申报"
FORMER_COLUMNS = (
    Column("厂区编号", 9, "code"),
    Column("厂区名称", 14),
    Column("厂区情况", 10),
    Column("现登记为", 40),
    Column("年度", 8, "number"),
    Column("申报类型", 12),
    Column("申报等级", 10),
    Column("状态", 10),
    Column("开始时间", 18),
    Column("提交次数", 9, "number"),
    Column("最近提交时间", 18),
    Column("回执编号", 24, "code"),
)
NEEDED_TITLE = "本次申报需要的材料"
NEEDED_COLUMNS = (
    Column("状态", 9),
    Column("指标表", 14),
    Column("维度", 14),
    Column("指标", 24),
    Column("材料", 20),
    Column("应覆盖的时段", 14),
    Column("还缺什么", 34),
    Column("已有文件", 34),
    Column("为什么需要", 50),
    Column("条款", 12),
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
    return _file(TITLE, COLUMNS, cells, notes, form)


def needed_file(filing: Filing, shown: Sequence[Needed], condition: str, form: str) -> io.BytesIO:
    """The file of the materials that a filing needs."""
    cells = [
        (it.progress.words, it.table, it.dimension, it.title, it.kind, it.period,
         "；".join(it.missing), "、".join(file.name for file in it.files), it.why, it.clause)
        for it in shown
    ]  # fmt: skip
    notes = (filing.title, f"截至 {clock.today()}，共 {len(cells)} 项。条件：{condition}。")
    return _file(NEEDED_TITLE, NEEDED_COLUMNS, cells, notes, form)


def former_file(lines: Sequence[Former], conditions: Sequence[str], form: str) -> io.BytesIO:
    """The file of what an enterprise filed for plants that it has no longer."""
    cells = [
        (it.filing.plant.number, it.filing.plant.name, it.gone, it.filing.plant.full_name,
         it.filing.year, it.filing.kind.words, it.filing.target, it.filing.state.words,
         clock.shown(it.filing.opened_at), len(it.sent),
         clock.shown(it.sent[-1].submitted_at) if it.sent else "",
         it.sent[-1].receipt if it.sent else "")
        for it in lines
    ]  # fmt: skip
    note = f"截至 {clock.today()}，共 {len(cells)} 件。条件：{'；'.join(conditions) or '无'}。"
    return _file(FORMER_TITLE, FORMER_COLUMNS, cells, (note,), form)


def _file(
    title: str, columns: Sequence[Column], cells: Sequence[tuple[Any, ...]],
    notes: Sequence[str], form: str,
) -> io.BytesIO:  # fmt: skip
    content = io.BytesIO()
    if form == "csv":
        header = tuple(column.header for column in columns)
        content.write(write_csv([(title,), *((note,) for note in notes), header, *cells]))
    else:
        sheet = SheetLayout(title, tuple(columns), cells, titles=(title,), notes=tuple(notes))
        write_xlsx(content, [sheet])
    content.seek(0)
    return content


def offer_filings(content: io.BytesIO, form: str) -> str:
    """Offer the file; returns where to fetch it."""
    return offer_file(content, TITLE, form)


def offer_file(content: io.BytesIO, title: str, form: str) -> str:
    """Offer a file of this title; returns where to fetch it."""
    name = f"{title} {clock.today()}.{form}"
    return files.offer_download(content, name, MEDIA_TYPES[form], title, signed_in_person().user_id)


def _cells(line: FilingLine, counties: Mapping[str, str]) -> tuple[Any, ...]:
    it, plant = line.filing, line.filing.plant
    return (
        clock.shown(line.submitted_at) if line.submitted_at else "",
        plant.enterprise_name, plant.uscc, plant.number, plant.name,
        counties.get(it.county, it.county), it.year, it.kind.words, it.target,
        line.grade or "", it.state.words, it.way.words, line.receipt,
    )  # fmt: skip
