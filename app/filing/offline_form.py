"""填报表.xlsx of an offline package: the guide's tables with cells to be filled in beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from app.filing.domain import Evidence
from app.filing.offline import (
    HEADS,
    MATERIAL_HEADS,
    NUMBER_TITLE,
    Folder,
    Line,
    folders_of,
    lines_of_table,
    lines_of_transport,
    row_number,
)
from app.filing.queries.working import Working, WorkingTable
from app.indicators.sheets import column_heads, laid_out
from app.kernel.spreadsheets.printed import EntryCell, Placed, PrintedSheet, write_printed

GUIDE, SUMMARY, MATERIALS, OPTIONS = "说明", "运输汇总", "材料清单", "材料选项"
_ROWS_ABOVE = 3
"""Two titles and the header."""
_FREE_LINES = 120
"""Blank lines for materials, below those that are asked for."""
_WIDTH_OF_GRADES = 80.0
_WIDTHS_BEFORE, _WIDTHS_AFTER = (7.0, 12.0, 16.0), (8.0, 18.0, 10.0)
_WIDTHS_OF_LINES = (11.0, 34.0, 20.0, 26.0)
STEPS = (
    "本填报包只用于下面写明的厂区和申报。用 Excel 或 WPS 填写，不需要联网，也不需要安装其他软件。",
    (
        "在各“指标”表和“运输汇总”表的浅黄色格子里填写，其他格子是指标表原文，已锁定。“填报序号”是导入"
        "时认行的依据，请不要改动、删除或调换；不要插入、删除行。"
    ),
    (
        "数字只填监测报告等材料中的实测值，不带单位，不填限值、范围、“约”；未检出的填方法检出限。"
        "不要用公式，直接填写数字。"
    ),
    "有“带入内容已核对”一行的，是以往申报带入的内容：核对无误或改好后选“是”，否则仍为待确认。",
    (
        "证明材料放进“材料”文件夹里各指标自己的文件夹（文件夹的编号见指标表“材料文件夹”一列）。"
        "可以是 PDF、OFD、图片（JPG、PNG、HEIC）、Word（docx）、Excel（xlsx），不要放压缩包。"
    ),
    (
        "在“材料清单”表里逐个写明文件名、是哪一种材料和所属时段（起止日期，例如 2025-01-01）；"
        "材料文件夹和材料从下拉列表中选，也可以照“材料选项”表填写。"
        "一行写一个文件；没有写进清单的文件按所在文件夹导入，时段可以在导入后补填。"
    ),
    (
        "填完保存为 xlsx，连同“材料”文件夹和“填报包清单.json”一起压缩成一个 zip，"
        "文件夹名和文件名保持原样，交到区县窗口或由本企业填报人在网上导入。"
    ),
    (
        "以往申报带入的材料是否仍然有效、对检查提示（例如数值比上年变化较大）的说明，不在本表填写：导入后"
        "由填报人在网上填写，或者另附签名盖章的书面说明，由窗口按说明填写。"
    ),
    (
        "导入时逐格检查，有问题的按工作表和单元格告知；检查和修改都不影响已经填好的内容。"
        "导入后由本企业签署人在网上签署提交，或者由窗口凭签名盖章的扫描件提交。"
    ),
)


def write_form(target: BinaryIO, found: Working, number: str) -> None:
    """The workbook with everything that was entered so far."""
    folders = folders_of([(it.place, it.table) for it in found.tables])
    sheets = [_guide(found, number)]
    sheets += [_table(found, it, number) for it in found.tables]
    sheets += [_summary(found, number), _materials(found, folders, number)]
    sheets.append(_options(folders, number))
    write_printed(target, sheets)


def sheet_name(table: WorkingTable) -> str:
    """指标1 水泥."""
    return f"指标{table.place} {table.label}"


def _guide(found: Working, number: str) -> PrintedSheet:
    filing = found.filing
    plant = filing.plant
    told = [
        ("企业", f"{plant.enterprise_name}（{plant.uscc}）"),
        ("厂区", f"{plant.number} {plant.name}"),
        ("申报", f"{filing.kind.in_year(filing.year)}，申报等级 {filing.target}"),
        *(("指标表", f"{it.label}：{_versions(it)}") for it in found.tables),
        *((f"第 {at} 步", text) for at, text in enumerate(STEPS, start=1)),
    ]
    placed = [
        Placed(row, column, text, row, column)
        for row, pair in enumerate(told)
        for column, text in enumerate(pair)
    ]
    titles = ("重点行业绩效分级离线填报包", f"{NUMBER_TITLE}{number}")
    return PrintedSheet(GUIDE, ("项目", "内容"), (12.0, 100.0), placed, titles)


def _versions(table: WorkingTable) -> str:
    if table.in_force is None:
        return "没有施行中的指标表，按维度自行选择等级"
    return "、".join(f"第 {it.number} 版（校验值 {it.sha256[:12]}）"
                     for it in table.in_force.versions)  # fmt: skip


# --- An indicator table -----------------------------------------------------------------------


def _table(found: Working, table: WorkingTable, number: str) -> PrintedSheet:
    guide = table.table
    answers = {key: it.answer for (place, key), it in found.answers.items()
               if place == table.place}  # fmt: skip
    carried = frozenset(key for (place, key), it in found.answers.items()
                        if place == table.place and not it.confirmed)  # fmt: skip
    by_row: dict[str, list[Line]] = {row.key: [] for row in guide.rows}
    for line in lines_of_table(table.place, guide, answers, carried):
        by_row[line.row_key].append(line)
    counts = [len(by_row[row.key]) for row in guide.rows]
    heads = (*column_heads(guide.grades)[:-1], "材料文件夹")
    placed = _stretched(laid_out(guide), counts, len(heads) - 1)
    for at, start in enumerate(_starts(counts)):
        text, last = row_number(table.place, at), start + counts[at] - 1
        placed.append(Placed(start, len(heads) - 1, text, last, len(heads) - 1))
    lines = [line for row in guide.rows for line in by_row[row.key]]
    beside, entries = _lines(lines, len(heads))
    share = _WIDTH_OF_GRADES / max(1, len(guide.grades))
    widths = (*_WIDTHS_BEFORE, *(share for _ in guide.grades), *_WIDTHS_AFTER, *_WIDTHS_OF_LINES)
    titles = (guide.title, f"{NUMBER_TITLE}{number}")
    return PrintedSheet(sheet_name(table), (*heads, *HEADS), widths, [*placed, *beside], titles,
                        entries)  # fmt: skip


def _starts(counts: Sequence[int]) -> list[int]:
    """Where each row of the guide begins when it takes so many lines."""
    return [sum(counts[:at]) for at in range(len(counts))]


def _stretched(placed: Sequence[Placed], counts: Sequence[int], columns: int) -> list[Placed]:
    """The guide's cells, each row as high as its lines; what stands beyond ``columns`` left out."""
    starts = _starts(counts)
    return [
        replace(it, row=starts[it.row], last_row=starts[it.last_row] + counts[it.last_row] - 1)
        for it in placed
        if it.column < columns
    ]


def _lines(lines: Sequence[Line], at: int) -> tuple[list[Placed], list[EntryCell]]:
    """Number, what is asked and how, with the cell between them, from column ``at`` on."""
    placed, entries = [], []
    for row, line in enumerate(lines):
        for column, text in ((at, line.number), (at + 1, line.ask.label), (at + 3, line.ask.hint)):
            placed.append(Placed(row, column, text, row, column))
        entries.append(EntryCell(row, at + 2, line.ask.value, line.ask.choices))
    return placed, entries


def _summary(found: Working, number: str) -> PrintedSheet:
    saved = found.transport
    placed, entries = _lines(
        list(lines_of_transport(saved.transport, is_carried=not saved.confirmed)), 0
    )
    titles = ("运输汇总（HJ 1321）", f"{NUMBER_TITLE}{number}")
    return PrintedSheet(SUMMARY, HEADS, _WIDTHS_OF_LINES, placed, titles, entries)


# --- The materials ----------------------------------------------------------------------------


def _options(folders: Sequence[Folder], number: str) -> PrintedSheet:
    """What may be chosen in the list of materials: a drop-down list of its own holds too little."""
    columns = ([it.number for it in folders], [it.title for it in folders], _kinds(folders))
    placed = [
        Placed(row, column, text, row, column)
        for column, texts in enumerate(columns)
        for row, text in enumerate(texts)
    ]
    titles = ("材料文件夹的编号和材料的名称，供“材料清单”选择，不必填写", f"{NUMBER_TITLE}{number}")
    heads = ("材料文件夹", "证明的指标", "可选的材料")
    return PrintedSheet(OPTIONS, heads, (12.0, 40.0, 40.0), placed, titles)


def _kinds(folders: Sequence[Folder]) -> list[str]:
    return list(dict.fromkeys(kind for it in folders for kind in it.kinds))


def _sources(folders: Sequence[Folder]) -> dict[int, str]:
    """By columns of the list of materials: the cells that hold what may be chosen."""
    counts = {0: ("A", len(folders)), 1: ("C", len(_kinds(folders)))}
    first = _ROWS_ABOVE + 1
    return {at: f"='{OPTIONS}'!${column}${first}:${column}${first + count - 1}"
            for at, (column, count) in counts.items() if count}  # fmt: skip


def _materials(found: Working, folders: Sequence[Folder], number: str) -> PrintedSheet:
    placed: list[Placed] = []
    entries: list[EntryCell] = []
    row, sources = 0, _sources(folders)
    for folder in folders:
        for kind in folder.kinds:
            told = _asked(found, folder, kind)
            placed.append(Placed(row, 2, told, row, 2))
            entries += _material_cells(row, sources, folder.number, kind)
            row += 1
    for row in range(row, row + _FREE_LINES):  # noqa: B020 - goes on below the last one
        placed.append(Placed(row, 2, "", row, 2))
        entries += _material_cells(row, sources)
    titles = (
        "材料清单：一行一个文件，文件放在“材料”中对应编号的文件夹里",
        f"{NUMBER_TITLE}{number}",
    )
    widths = (12.0, 24.0, 50.0, 40.0, 14.0, 14.0, 24.0)
    return PrintedSheet(MATERIALS, MATERIAL_HEADS, widths, placed, titles, entries)


def _material_cells(
    row: int, sources: Mapping[int, str], number: str = "", kind: str = ""
) -> list[EntryCell]:
    texts = {0: number, 1: kind, 3: "", 4: "", 5: "", 6: ""}
    return [EntryCell(row, column, text, source=sources.get(column, ""))
            for column, text in texts.items()]  # fmt: skip


def _asked(found: Working, folder: Folder, kind: str) -> str:
    """Which indicator it proves, for which period, what of it the filing has already."""
    wanted = [it.period for it in (folder.row.evidence if folder.row else ())
              if it.kind == kind and it.period]  # fmt: skip
    held = [it for it in found.evidence_by_row.get((folder.place, folder.row_key), ())
            if _is_of(it, kind)]  # fmt: skip
    parts = [folder.title]
    parts += [f"时段：{'、'.join(wanted)}"] if wanted else []
    if held:
        names = "、".join(it.name for it in held[:3]) + ("等" if len(held) > 3 else "")
        parts.append(f"申报中已有 {len(held)} 份（{names}），不必再附")
    return "；".join(parts)


def _is_of(it: Evidence, kind: str) -> bool:
    return it.kind == kind or not it.kind
