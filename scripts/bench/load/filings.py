"""Filings to measure: a table of sixty rows of every kind, drafts, their answers and materials."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bench.load.people import PASSWORD
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.accounts.services import set_up_bureau
from app.filing.domain import Transport
from app.filing.models import FilingEvidence
from app.filing.services import save_answer, save_transport
from app.indicators.domain import (
    Answer,
    Clauses,
    Evidence,
    IndicatorTable,
    Limits,
    Measured,
    Row,
    Share,
    YesNo,
)
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.facts import a_plant, code
from tests.filings import begun, put_in_force, row, table
from tests.people import YUECHENG

ROWS, FILES = 60, 200
MEDIA = ("pdf", "pdf", "jpg", "xlsx")
_LAST = ("D", "未达到C级要求")
_CLAUSES = tuple(
    f"第{number}条要求：生产车间、储罐和装卸环节密闭收集，废气经治理后排放，并保存台账"
    for number in range(1, 9)
)


def indicators(rows: int = ROWS) -> IndicatorTable:
    """A made-up table: limits, lists, shares, questions and what is 未核实, in nine dimensions.

    Every third row asks for three materials, so a filing of grade B must prove them all.
    """
    asked = tuple(
        Evidence(kind, period)
        for kind, period in (("监测报告", "上一自然年"), ("台账", "各季度"), ("照片", ""))
    )
    dimensions = max(1, -(-rows // 9))
    return table(tuple(
        replace(made, evidence=asked if number % 3 == 0 else ())
        for number, made in enumerate(_rows(rows, dimensions), start=1)
    ))  # fmt: skip


def _rows(rows: int, in_dimension: int) -> Iterator[Row]:
    for number in range(1, rows + 1):
        cells = _CELLS[number % len(_CELLS)](number)
        yield row(str(number), f"维度{(number - 1) // in_dimension + 1}", f"指标{number}", *cells)


def _limits(number: int) -> tuple[tuple[str, str], ...]:
    names = (f"颗粒物（排口{number}，小时均值）", f"二氧化硫（排口{number}，小时均值）")

    def most(value: int) -> str:
        return "\n".join(f"{it}≤{value}mg/m³（基准氧含量8%）" for it in names)

    return ("A", most(10)), ("B B-", most(20)), ("C", most(30)), _LAST


def _lists(number: int) -> tuple[tuple[str, str], ...]:
    def first(count: int) -> str:
        return "\n".join(f"{place}、{text}（{number}）"
                         for place, text in enumerate(_CLAUSES[:count], start=1))  # fmt: skip

    return ("A", first(8)), ("B B-", first(5)), ("C", first(2)), _LAST


def _shares(number: int) -> tuple[tuple[str, str], ...]:
    subject = f"第{number}类车辆国五及以上比例"
    return ("A", f"{subject}≥100%"), ("B B-", f"{subject}≥80%"), ("C", f"{subject}≥50%"), _LAST


def _questions(number: int) -> tuple[tuple[str, str], ...]:
    subject = f"须做到：第{number}处出入口安装门禁系统"
    return ("A B B-", subject), ("C", f"须做到：第{number}处出入口登记车辆"), _LAST


def _open(number: int) -> tuple[tuple[str, str], ...]:
    return ("A", "未核实"), ("B B- C", f"1、{_CLAUSES[number % 8]}"), _LAST


_CELLS = (_limits, _lists, _shares, _questions, _open)


def reaching_b(asked: Row) -> Answer:
    """An answer to a row by which it reaches B."""
    ticked, measured, shares, said = set[str](), {}, {}, {}
    for cell in asked.cells:
        match cell.criterion:
            case Clauses(items) if "B" in cell.grades:
                ticked.update(it.id for it in items)
            case Limits(items):
                measured.update({it.quantity.id: Measured(Decimal("12.5"), Decimal(8))
                                 for it in items})  # fmt: skip
            case Share(subject):
                shares[subject] = Decimal(85)
            case YesNo(subject):
                said[subject] = True
            case _:
                pass
    return Answer(frozenset(ticked), measured, shares, said)


@dataclass(frozen=True, slots=True)
class Draft:
    """A filing that is worked on, of an enterprise of its own, and who fills it in."""

    id: int
    uscc: str
    filers: tuple[str, ...]
    """Names to sign in with, by the password of all."""
    plant: int


def open_bureau(made: IndicatorTable) -> None:
    """The bureau, and the table in force there."""
    with writing("测量"):
        set_up_bureau()
        audit.record("test.set_up", "bureau", "all")
    put_in_force(made, date(2026, 1, 1))


def a_draft(
    number: int, *, filers: int = 1, role: Role = Role.FILER, county: str = YUECHENG
) -> Draft:
    """A filing of the enterprise of this number for grade B, begun and empty."""
    _, plant = a_plant(number, county=county)
    names = tuple(f"填报.{number}.{it}" for it in range(1, filers + 1))
    kept = passwords.hashed(PASSWORD)
    with writing("测量"):
        for it in names:
            person = services.open_account(it, f"{it}号", password_hash=kept)
            services.grant_role(person.user_id, role, uscc=code(number))
    return Draft(begun(plant, form_key=f"测量{number}"), code(number), names, plant)


def answer_all(draft: Draft, made: IndicatorTable) -> None:
    """Every row answered so that the filing reaches B, and the transport summary."""
    with writing("测量", actor_id=2, actor_name="填报人"):
        for it in made.rows:
            save_answer(draft.id, 1, it.key, reaching_b(it), 0)
        save_transport(draft.id, Transport(100, Decimal(85), Decimal(5), gate_connected=True,
                                           transmission_rate=Decimal(97)), 0)  # fmt: skip


def add_files(draft: Draft, made: IndicatorTable, count: int, *, first: int = 0) -> None:
    """Materials on record, spread over the rows; what lies on disk does not matter to a page.

    ``first``: how many there are already.
    """
    with writing("测量", actor_id=2, actor_name="填报人") as current:
        same = {
            "filing_id": draft.id, "place": 1, "pages": 3, "note": "", "confirmed": True,
            "period_from": date(2025, 1, 1), "period_until": date(2025, 12, 31),
            "added_at": current.moment, "added_by": 2, "added_by_name": "填报人",
        }  # fmt: skip
        db.session.execute(
            insert(FilingEvidence),
            [{**same, **_material(made, number)} for number in range(first, first + count)],
        )
        audit.record("test.attached", "filing", draft.id)


def _material(made: IndicatorTable, number: int) -> dict[str, object]:
    it = made.rows[number % len(made.rows)]
    kinds = [wanted.kind for wanted in it.evidence] or [""]
    kind = kinds[number // len(made.rows) % len(kinds)]
    media = MEDIA[number % len(MEDIA)]
    return {"row_key": it.key, "kind": kind, "media": media, "size": 1_000_000 + number,
            "sha256": hashlib.sha256(os.urandom(16)).hexdigest(),
            "name": f"2025年度{kind or '材料'}{number}.{media}"}  # fmt: skip


def statements(app: Flask, client: FlaskClient, path: str) -> int:
    """Of a page, once everything that is kept in the process is there."""
    said: list[object] = []

    def note(*about: object) -> None:
        said.append(about[2])

    _get(client, path)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    _get(client, path)
    event.remove(engine, "before_cursor_execute", note)
    return len(said)


def _get(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status}")
