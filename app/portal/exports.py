"""The register as a file (台账导出): the bureau's layout, the same rows as the list."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.accounts.sessions import signed_in_person
from app.kernel import files
from app.kernel.spreadsheets import Column, SheetLayout, write_csv, write_xlsx
from app.policy.exports import MEDIA_TYPES
from app.portal.domain import marks
from app.portal.queries.conditions import RegisterFilter
from app.rulebook.queries import catalogue

TITLE = "企业台账"
COLUMNS = (
    Column("企业名称", 30),
    Column("曾用名", 20),
    Column("统一社会信用代码", 21, "code"),
    Column("厂区编号", 9, "code"),
    Column("厂区名称", 14),
    Column("区县", 9),
    Column("镇街", 12),
    Column("主要行业", 18),
    Column("等级", 8),
    Column("等级核实情况", 12),
    Column("规则集", 14),
    Column("保持起始日", 12, "date"),
    Column("状态", 24),
    Column("禁止申报至", 12, "date"),
    Column("近 36 个月违法", 12, "number"),
    Column("排污许可证编号", 25, "code"),
    Column("许可管理类别", 12),
    Column("许可有效期止", 12, "date"),
    Column("民生保障类", 10),
    Column("生产状态", 10),
    Column("经办人", 12),
    Column("关闭日期", 12, "date"),
)


def register_file(
    rows: Sequence[tuple[Any, ...]],
    wanted: RegisterFilter,
    conditions: Sequence[str],
    counties: Mapping[str, str],
    form: str,
) -> io.BytesIO:
    """The file (``xlsx`` or ``csv``) of these rows."""
    cells = [_cells(row, counties, wanted.on) for row in rows]
    notes = (
        f"截至 {wanted.on}，共 {len(cells)} 个厂区。条件：{'；'.join(conditions) or '无'}。",
        "等级与状态由登记的事实推定，以当日所知为准。",
    )
    content = io.BytesIO()
    if form == "csv":
        header = tuple(column.header for column in COLUMNS)
        content.write(write_csv([(TITLE,), *((note,) for note in notes), header, *cells]))
    else:
        write_xlsx(content, [SheetLayout(TITLE, COLUMNS, cells, titles=(TITLE,), notes=notes)])
    content.seek(0)
    return content


def offer_register(content: io.BytesIO, on: date, form: str) -> str:
    """Offer the file of the register of a day; returns where to fetch it."""
    name = f"{TITLE} 截至{on}.{form}"
    owner = signed_in_person().user_id
    return files.offer_download(content, name, MEDIA_TYPES[form], TITLE, owner)


def _cells(row: tuple[Any, ...], counties: Mapping[str, str], on: date) -> tuple[Any, ...]:
    (
        _, name, number, plant_name, uscc, county, town, industry, subtype,
        grade, verified, basis, blocked, banned_until, category, until, state, closed, officer,
        former_name, rulebook, violations, held_since, permit, livelihood,
    ) = row  # fmt: skip
    label = catalogue().by_id(industry).label(subtype or None, on) if industry else ""
    against = "；".join(mark.word for mark in marks(basis, banned_until, blocked=blocked))
    return (
        name, former_name, uscc, number, plant_name, counties.get(county, county), town, label,
        grade or "未定级", "" if verified else "未核实", rulebook, held_since,
        against, banned_until, violations, permit, category, until,
        {True: "是", False: "否"}.get(livelihood, ""), state, officer, closed,
    )  # fmt: skip
