"""Indicator tables (指标表) as tests make them, and the people who put them in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Flask

from app.accounts.domain import Role
from app.approvals import services as approvals
from app.indicators import services
from app.indicators.criteria import Cell, IndicatorTable, Row
from app.indicators.queries import newest_version
from app.indicators.wording import read
from app.kernel.transaction import writing
from tests.people import opened

RULES = "shaoxing-2023"
GRADES = ("A", "B", "B-", "C", "D")


def a_row(key: str, *cells: tuple[str, str], title: str = "颗粒物", source: str = "") -> Row:
    """A row from pairs: the grades of a cell, separated by blanks, and its text."""
    made = tuple(Cell(tuple(grades.split()), read(text)) for grades, text in cells)
    return Row(key, "排放限值", title, made, source=source)


def dust(limit: str, key: str = "4.1") -> Row:
    """颗粒物 up to a limit for A, to twenty below, else D."""
    return a_row(
        key, ("A", f"颗粒物≤{limit}mg/m³"), ("B B- C", "颗粒物≤20mg/m³"), ("D", "未达到C级要求")
    )


def a_table(*rows: Row, title: str = "测试指标表", industry: str = "casting") -> IndicatorTable:
    """A table of these rows for 铸造 by the plan of Shaoxing."""
    return IndicatorTable(industry, "", RULES, title, GRADES, rows or (dust("10"),), "测试来源")


@dataclass(frozen=True, slots=True)
class TableKeepers:
    """A rule editor (规则维护员) and the head of the city (市级负责人)."""

    app: Flask
    editor: int
    head: int

    def keep(self, table: IndicatorTable, kind: str = "base", part: str = "") -> int:
        """Keep a table as the newest version of its family; returns the version's id."""
        with self.app.app_context(), writing("测试", actor_id=self.editor, actor_name="维护员"):
            own = (table.rulebook, table.industry, table.subtype, kind, part)
            family = services.open_family(*own)
            last = newest_version(family)
            return services.keep_version(family, table, made_from=last.id if last else None)

    def propose(self, family: int, version: int | None, from_on: date) -> int:
        """Put before the head that a version rules from a day."""
        with self.app.app_context(), writing("测试", actor_id=self.editor, actor_name="维护员"):
            return services.propose_ruling(
                family, version, from_on, document="绍市环发〔2026〕8号", reason="测试"
            )

    def approve(self, proposal_id: int) -> None:
        """The head approves it."""
        with self.app.app_context(), writing("测试", actor_id=self.head, actor_name="负责人"):
            approvals.approve(proposal_id)

    def rule(self, family: int, version: int | None, from_on: date) -> None:
        """Propose and approve."""
        self.approve(self.propose(family, version, from_on))


def table_keepers(app: Flask) -> TableKeepers:
    """Both people; needs the bureau."""
    return TableKeepers(app, opened(app, Role.RULE_EDITOR), opened(app, Role.CITY_HEAD))
