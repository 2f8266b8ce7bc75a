"""The sheets of the ledger workbook (台账工作表), declared: columns, what identifies a row, widths.

Everything else in this stage reads these tables: reading, comparing, writing and exporting know
no sheet by themselves. The field of a column is the name the fact has in its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any, TypeAlias

from app.kernel.spreadsheets import Cell
from app.kernel.spreadsheets.layout import Kind
from app.ledger import parsing
from app.ledger.parsing import Parse
from app.registry.domain import IndustryRole, document_key, name_key
from app.rulebook.queries import catalogue

Values: TypeAlias = dict[str, Any]
"""A row's values by field, as the register keeps them; a blank is None or left out."""

Key: TypeAlias = tuple[Any, ...]
"""By which a row is new, changed or the same."""


class Subject(Enum):
    """Whom the rows of a sheet are about."""

    NOBODY = auto()
    ENTERPRISE = auto()
    PLANT = auto()
    EITHER = auto()
    """A plant, or with a blank 厂区编号 every plant of the enterprise."""


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column: its title, the field it fills, how its cells are read and shown.

    ``folded`` makes values comparable where the column is part of the identity; ``ends`` marks a
    day whose blank is reported when the register has one (撤销日期, 失效日期).
    """

    header: str
    field: str
    parse: Parse
    required: bool = False
    kind: Kind = "text"
    width: float = 14
    shown: Callable[[Any], Cell] = _as_it_is
    folded: Callable[[Any], Any] = _as_it_is
    ends: bool = False
    when_used: bool = False
    """Written only when some row has a value; read wherever it stands."""


@dataclass(frozen=True)
class SheetSpec:
    """One sheet; ``identity`` names the fields beside the subject that tell its rows apart.

    ``dated`` is the field whose day says when the fact came about, for an export as of a day.
    """

    name: str
    subject: Subject
    columns: tuple[ColumnSpec, ...]
    identity: tuple[str, ...] = ()
    dated: str | None = None
    decision: bool = False
    """等级、虚假材料、排污权储备: needs a county head or the city."""
    optional: bool = False

    @property
    def first_header(self) -> str:
        """The first starred column, by which the header row is known."""
        return next(column.header for column in self.columns if column.required)

    @cached_property
    def key_fields(self) -> frozenset[str]:
        """The fields a row is identified by, those of its subject included."""
        return frozenset(self.identity) | {"uscc", "plant"} & {it.field for it in self.columns}

    @property
    def asked_columns(self) -> tuple[ColumnSpec, ...]:
        """The columns that a blank workbook (台账模板) has."""
        return tuple(column for column in self.columns if not column.when_used)

    @cached_property
    def ending_columns(self) -> tuple[ColumnSpec, ...]:
        """Those whose day says when a fact ended."""
        return tuple(column for column in self.columns if column.ends)

    def column(self, field: str) -> ColumnSpec:
        """The column that fills the field."""
        return next(column for column in self.columns if column.field == field)

    @cached_property
    def _folds(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return tuple((field, self.column(field).folded) for field in self.identity)

    def own_key(self, values: Mapping[str, Any]) -> Key:
        """The part of the identity beside the subject; a blank counts as empty text."""
        return tuple(
            "" if (value := values.get(field)) is None else fold(value)
            for field, fold in self._folds
        )


def _yes_no(value: Any) -> Cell:
    return "是" if value else "否"


def _industry_name(value: Any) -> Cell:
    return catalogue().by_id(value).name


def _level_name(value: Any) -> Cell:
    return next(word for word, level in parsing.LEVELS.items() if level == value)


def _text(header: str, field: str, longest: int, *, width: float = 14) -> ColumnSpec:
    return ColumnSpec(header, field, parsing.text(longest), width=width)


def _named(header: str, field: str, longest: int, *, required: bool = True) -> ColumnSpec:
    return ColumnSpec(
        header, field, parsing.text(longest), required, width=30, folded=name_key
    )  # fmt: skip


def _document(header: str, field: str, *, required: bool = True) -> ColumnSpec:
    return ColumnSpec(
        header, field, parsing.text(100), required, width=26, folded=document_key
    )  # fmt: skip


def _day(header: str, field: str, *, required: bool = False, ends: bool = False) -> ColumnSpec:
    return ColumnSpec(header, field, parsing.day, required, "date", 12, ends=ends)


def _choice(header: str, field: str, parse: Parse, *, required: bool = True) -> ColumnSpec:
    return ColumnSpec(header, field, parse, required, width=12)


def _number(header: str, field: str, *, places: int = 6) -> ColumnSpec:
    return ColumnSpec(header, field, parsing.number(places), kind="number", width=12)


_USCC = ColumnSpec(
    "统一社会信用代码", "uscc", parsing.uscc, required=True, kind="code", width=21
)  # fmt: skip
_PLANT = ColumnSpec(
    "厂区编号", "plant", parsing.plant_number, required=True, kind="code", width=9
)  # fmt: skip
_PLANT_OR_ALL = ColumnSpec("厂区编号", "plant", parsing.plant_number, kind="code", width=9)
_POLLUTANT = _choice("污染物", "pollutant", parsing.pollutant)
_YEAR = ColumnSpec("年度", "year", parsing.year, required=True, kind="number", width=8)
_UNIT = _text("产能单位", "capacity_unit", 30, width=12)

SHEETS: tuple[SheetSpec, ...] = (
    SheetSpec("企业", Subject.ENTERPRISE, (
        _USCC,
        _named("企业名称", "name", 120),
        _text("曾用名", "former_name", 200, width=24),
        _text("法定代表人", "legal_representative", 60),
        _text("联系人", "contact", 60),
        ColumnSpec("联系电话", "phone", parsing.phone, kind="code", width=18),
        _day("成立日期", "founded_on"),
        _text("备注", "note", 2000, width=30),
    )),
    SheetSpec("厂区", Subject.PLANT, (
        _USCC, _PLANT,
        _named("厂区名称", "name", 120),
        ColumnSpec("区县代码", "county", parsing.county, required=True, kind="code", width=10),
        _text("地址", "address", 200, width=30),
        _number("经度", "longitude", places=12),
        _number("纬度", "latitude", places=12),
        ColumnSpec("排污许可证编号", "permit_number", parsing.permit_number, kind="code", width=26),
        _choice("许可管理类别", "permit_category", parsing.permit_category, required=False),
        _day("许可有效期止", "permit_until"),
        ColumnSpec("民生保障类", "livelihood", parsing.yes_no, width=10, shown=_yes_no),
        _choice("生产状态", "state", parsing.plant_state, required=False),
        _text("镇街", "town", 60),
        ColumnSpec("经办人", "officer", parsing.text(60), when_used=True),
        ColumnSpec("关闭日期", "closed_on", parsing.day, kind="date", width=12, ends=True,
                   when_used=True),
    )),
    SheetSpec("行业", Subject.PLANT, (
        _USCC, _PLANT,
        ColumnSpec("行业", "industry", parsing.industry, required=True, width=22,
                   shown=_industry_name),
        _text("子类", "subtype", 40),
        _choice("角色", "role", parsing.choice(tuple(IndustryRole),
                {"主": "主要", "主要行业": "主要", "参照行业": "参照"})),
        ColumnSpec("国民经济行业代码", "gbt_code", parsing.gbt_code, kind="code", width=16),
        _number("产能", "capacity"),
        _UNIT,
    ), identity=("industry", "subtype")),
    SheetSpec("等级", Subject.PLANT, (
        _USCC, _PLANT,
        ColumnSpec("规则集", "rulebook", parsing.rulebook, required=True, width=16),
        _choice("等级", "grade", parsing.grade),
        _day("生效日期", "effective_on", required=True),
        _day("失效日期", "expires_on", ends=True),
        _choice("来源", "source", parsing.choice(("核定", "复核", "降级", "历史"))),
        _document("文号", "document", required=False),
    ), identity=("rulebook", "effective_on"), dated="effective_on", decision=True),
    SheetSpec("违法行为", Subject.EITHER, (
        _USCC, _PLANT_OR_ALL,
        ColumnSpec("类型", "kind", parsing.violation_kind, required=True, width=26),
        _day("行为日期", "acted_on"),
        _day("决定日期", "decided_on", required=True),
        _document("决定文号", "document"),
        _day("撤销日期", "withdrawn_on", ends=True),
    ), identity=("document", "kind"), dated="decided_on"),
    SheetSpec("虚假材料", Subject.EITHER, (
        _USCC, _PLANT_OR_ALL,
        _day("认定日期", "found_on", required=True),
        _document("认定文号", "document"),
        _day("撤销日期", "withdrawn_on", ends=True),
        _text("说明", "note", 2000, width=30),
    ), identity=("document",), dated="found_on", decision=True),
    SheetSpec("检查", Subject.PLANT, (
        _USCC, _PLANT,
        _day("检查日期", "inspected_on", required=True),
        _choice("检查类型", "kind", parsing.choice(("日常检查", "抽查", "复核", "执法"),
                {"日常": "日常检查", "执法检查": "执法"})),
        _choice("结论", "conclusion", parsing.choice(("符合", "不符合"))),
        _choice("实际等级", "actual_grade", parsing.grade, required=False),
        ColumnSpec("检查人员", "inspectors", parsing.inspectors, width=20),
        ColumnSpec("行政行为码", "action_code", parsing.code(60), kind="code", width=24),
    ), identity=("inspected_on", "kind", "action_code"), dated="inspected_on"),
    SheetSpec("建设项目", Subject.PLANT, (
        _USCC, _PLANT,
        _named("项目名称", "name", 200),
        _choice("类型", "kind", parsing.choice(("新建", "改建", "扩建"))),
        ColumnSpec("新办企业", "new_enterprise", parsing.yes_no, width=10, shown=_yes_no),
        _document("环评批文号", "eia_document", required=False),
        _choice("环评写明等级", "eia_grade", parsing.grade, required=False),
        _day("开工日期", "started_on"),
        _day("完成日期", "completed_on"),
        _day("以新带老开工日期", "upgrade_started_on"),
        _day("以新带老完成日期", "upgrade_completed_on"),
    ), identity=("name",)),
    SheetSpec("排污权申请", Subject.PLANT, (
        _USCC, _PLANT,
        _named("项目名称", "project_name", 200, required=False),
        _POLLUTANT,
        ColumnSpec("申请量", "asked", parsing.positive_tonnes, required=True, kind="tonnes",
                   width=12),
        _day("申请日期", "applied_on", required=True),
        _YEAR,
    ), identity=("project_name", "pollutant", "year"), dated="applied_on"),
    SheetSpec("排污权储备", Subject.NOBODY, (
        ColumnSpec("级别", "level", parsing.level, required=True, width=8, shown=_level_name),
        _POLLUTANT, _YEAR,
        ColumnSpec("数量", "tonnes", parsing.number(3), required=True, kind="tonnes", width=12),
    ), identity=("level", "pollutant", "year"), decision=True),
    SheetSpec("生产线", Subject.PLANT, (
        _USCC, _PLANT,
        ColumnSpec("编号", "number", parsing.code(20), required=True, kind="code", width=10),
        _named("名称", "name", 120),
        _text("工序", "process", 120),
        _number("环评批复产能", "approved_capacity"),
        _number("许可产能", "permitted_capacity"),
        _number("上年实际产能", "actual_capacity"),
        _UNIT,
    ), identity=("number",), optional=True),
    SheetSpec("应急措施", Subject.PLANT, (
        _USCC, _PLANT,
        ColumnSpec("生产线编号", "line_number", parsing.code(20), kind="code", width=10),
        _choice("预警级别", "level", parsing.choice(("黄", "橙", "红"), {
            word + end: word for word in "黄橙红" for end in ("色", "色预警")})),
        _named("措施", "measure", 500),
        _number("由", "amount_from"),
        _number("至", "amount_to"),
        _text("单位", "unit", 30),
        ColumnSpec("减排量", "reduction", parsing.number(3), kind="tonnes", width=12),
    ), identity=("line_number", "level", "measure"), optional=True),
)  # fmt: skip
"""In the order of the contract, which is also the order in which they depend on one another."""

BY_NAME: Mapping[str, SheetSpec] = {sheet.name: sheet for sheet in SHEETS}
EXPORT_NOTE_SHEET = "导出说明"
GUIDE_SHEET, INDUSTRY_SHEET = "填表说明", "行业目录"
OWN_SHEETS = frozenset({EXPORT_NOTE_SHEET, GUIDE_SHEET, INDUSTRY_SHEET})
"""Sheets that exports and the blank workbook carry for people; nothing is read from them."""
