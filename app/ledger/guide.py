"""The blank workbook that people fill in (台账模板): every sheet with its header, and a guide.

What a column accepts is said here in words; the lists of allowed words are tried against the
parsers by a test, so that the guide never promises what reading refuses.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.kernel.spreadsheets import Cell, Column, SheetLayout, write_xlsx
from app.ledger.parsing import GRADES, LEVELS, POLLUTANTS
from app.ledger.sheets import GUIDE_SHEET, INDUSTRY_SHEET, SHEETS, ColumnSpec, SheetSpec
from app.registry.domain import IndustryRole, PermitCategory, PlantState
from app.rulebook.domain import Catalogue, RulebookInfo
from app.supervision.domain import ViolationKind

_BLANK_ROWS = 300
"""Formatted as their column, so that a typed 001 stays 001."""

YES_NO = ("是", "否")

ALLOWED: Mapping[tuple[str, str], Sequence[str]] = {
    ("厂区", "许可管理类别"): tuple(PermitCategory),
    ("厂区", "民生保障类"): YES_NO,
    ("厂区", "生产状态"): tuple(PlantState),
    ("行业", "角色"): tuple(IndustryRole),
    ("等级", "等级"): GRADES,
    ("等级", "来源"): ("核定", "复核", "降级", "历史"),
    ("违法行为", "类型"): tuple(ViolationKind),
    ("检查", "检查类型"): ("日常检查", "抽查", "复核", "执法"),
    ("检查", "结论"): ("符合", "不符合"),
    ("检查", "实际等级"): GRADES,
    ("建设项目", "类型"): ("新建", "改建", "扩建"),
    ("建设项目", "新办企业"): YES_NO,
    ("建设项目", "环评写明等级"): GRADES,
    ("排污权申请", "污染物"): POLLUTANTS,
    ("排污权储备", "级别"): tuple(LEVELS),
    ("排污权储备", "污染物"): POLLUTANTS,
    ("应急措施", "预警级别"): ("黄", "橙", "红"),
}
"""Sheet and column → the words that may stand in it."""

_BY_HEADER: Mapping[str, str] = {
    "统一社会信用代码": "18 位，设为文本格式；校验位有误的会被拒绝。",
    "厂区编号": "三位数字，企业内不重复，从 001 起，设为文本格式。",
    "区县代码": "六位数字，也可以填写区县名称。",
    "规则集": "规则集的编号。",
    "行业": "行业目录中的编号或名称，见“行业目录”表。",
    "子类": "行业目录中该行业的子类，见“行业目录”表；没有的留空。",
    "年度": "四位年份，例如 2025。",
    "检查人员": "两人以上，用“、”分隔。",
    "经度": "十进制度，例如 120.58。",
    "纬度": "十进制度，例如 30.01。",
    "国民经济行业代码": "2 至 4 位数字，设为文本格式。",
}
_BY_COLUMN: Mapping[tuple[str, str], str] = {
    ("行业", "角色"): "每个厂区有且只有一个“主要”。",
    ("等级", "失效日期"): "不再有效的第一天；长期有效的留空。",
    ("违法行为", "厂区编号"): "三位数字；留空表示适用于企业全部厂区。",
    ("违法行为", "行为日期"): "不晚于决定日期。",
    ("违法行为", "撤销日期"): "处罚决定被撤销的日期，不早于决定日期；不要删行。",
    ("虚假材料", "厂区编号"): "三位数字；留空表示适用于企业全部厂区。",
    ("虚假材料", "撤销日期"): "认定被撤销的日期，不早于认定日期；不要删行。",
    ("检查", "实际等级"): "结论为“不符合”时必填。",
    ("排污权申请", "项目名称"): "与“建设项目”表中同一厂区的项目名称一致的，即为该项目。",
    ("排污权申请", "申请量"): "吨/年，最多三位小数。",
    ("排污权储备", "数量"): "吨/年，最多三位小数。",
}
_WHOLE_SHEET: Mapping[str, str] = {
    "等级": "由区县负责人或市级人员导入。",
    "虚假材料": "由区县负责人或市级人员导入。",
    "排污权储备": "由市级人员导入。",
    "生产线": "选填的工作表，不用时可以删去。",
    "应急措施": "选填的工作表，不用时可以删去。",
}
_ABOUT: Sequence[str] = (
    "带 * 的列必填。列的次序不限，空行、合计行会略过；不在表中的列不读取。",
    "日期写作 2025-06-30、2025/6/30、2025年6月30日或 20250630，年份须为四位。",
    "有一行被拒绝，整份都不写入。空白单元格不会清除系统中已有的内容。",
)


def blank_workbook(
    catalogue: Catalogue, rulebooks: Iterable[RulebookInfo], counties: Mapping[str, str], on: date
) -> bytes:
    """The workbook: the guide first, then every sheet with its header, then the industries.

    ``counties`` are code → name; the industries are those of the catalogue on the day.
    """
    choices = {
        "规则集": "、".join(f"{it.id}（{it.title}）" for it in rulebooks),
        "区县代码": "、".join(f"{code}（{name}）" for code, name in counties.items()),
    }
    buffer = io.BytesIO()
    sheets = [_guide(choices), *map(_blank, SHEETS), _industries(catalogue, on)]
    write_xlsx(buffer, sheets)
    return buffer.getvalue()


def _blank(spec: SheetSpec) -> SheetLayout:
    columns = [
        Column(_title(column), max(column.width, len(_title(column)) * 2 + 2), column.kind)
        for column in spec.asked_columns
    ]
    return SheetLayout(spec.name, columns, [[None] * len(columns)] * _BLANK_ROWS)


def _title(column: ColumnSpec) -> str:
    return column.header + "*" if column.required else column.header


def _guide(choices: Mapping[str, str]) -> SheetLayout:
    rows: list[Sequence[Cell]] = []
    for spec in SHEETS:
        if spec.name in _WHOLE_SHEET:
            rows.append([spec.name, None, None, _WHOLE_SHEET[spec.name]])
        rows += [
            [
                spec.name,
                column.header,
                "必填" if column.required else "选填",
                explanation(spec, column, choices),
            ]
            for column in spec.asked_columns
        ]
    columns = [Column("工作表", 14), Column("列", 20), Column("必填", 8), Column("怎么填", 80)]
    return SheetLayout(GUIDE_SHEET, columns, rows, titles=["企业台账填表说明"], notes=_ABOUT)


def explanation(spec: SheetSpec, column: ColumnSpec, choices: Mapping[str, str]) -> str:
    """How a column is filled in: what it means, and the words or the form it takes."""
    place = (spec.name, column.header)
    parts = [_BY_COLUMN.get(place) or _BY_HEADER.get(column.header, "")]
    if place in ALLOWED:
        parts.append(f"可填：{'、'.join(ALLOWED[place])}。")
    if column.header in choices:
        parts.append(f"可填：{choices[column.header]}。")
    if column.kind == "date":
        parts.append("日期。")
    elif column.kind in ("number", "tonnes") and not any(parts):
        parts.append("数字，不带单位。")
    elif column.kind == "code" and not any(parts):
        parts.append("设为文本格式。")
    return "".join(parts) or "文字。"


def _industries(catalogue: Catalogue, on: date) -> SheetLayout:
    held = sorted(catalogue.on(on).industries, key=lambda it: (it.number or 999, it.id))
    rows: list[Sequence[Cell]] = [
        [it.number, it.name_on(on), "、".join(subtype.name for subtype in it.subtypes)]
        for it in held
    ]
    columns = [Column("编号", 8, "number"), Column("行业", 30), Column("子类", 60)]
    return SheetLayout(INDUSTRY_SHEET, columns, rows)
