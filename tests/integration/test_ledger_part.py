"""An import reads of the register what its workbook speaks of (所涉及的企业与厂区).

What it then finds, refuses and would change is what the whole register would have made of it, also
where enterprises bore another code, plants had another owner, and records were merged or annulled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.grades.services import annul_grades
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.spreadsheets import Row, Sheet, Workbook
from app.kernel.transaction import writing
from app.ledger.comparing import compare
from app.ledger.exporting import export_ledger
from app.ledger.preview import preview_of
from app.ledger.queries import register_for, register_now
from app.ledger.register import Register
from app.ledger.rules.reach import Importer
from app.ledger.sheets import SHEETS
from app.registry.domain import uscc_check_character
from app.registry.queries import plants_by_id
from app.registry.services import (
    absorb_enterprise,
    correct_enterprises,
    correct_plants,
    enterprise_entry,
    plant_entry,
)
from tests.ledgers import load, made_up_ledger
from tests.workbooks import TODAY, nothing, person, read

ENTERPRISES = 60
Books = dict[str, list[list[Any]]]
"""Sheet → header and rows."""


def book_of(register: Register) -> Books:
    """Everything, as an export shows it."""
    return {
        spec.name: [
            [column.header for column in spec.columns],
            *(
                [
                    None if (v := row.values.get(it.field)) is None else it.shown(v)
                    for it in spec.columns
                ]
                for row in register.rows[spec.name]
            ),
        ]
        for spec in SHEETS
    }


@pytest.fixture
def old_book(app: Flask) -> Iterator[Books]:
    """A workbook from before plants changed owners and codes; leaves the app context open."""
    with app.app_context():
        load(made_up_ledger(11, enterprises=ENTERPRISES))
        register = register_now()
        book = book_of(register)
        rewrite_history(register)
        yield book
        db.session.rollback()


def rewrite_history(register: Register) -> None:
    """New codes, sold and merged plants, grades annulled by hand."""
    ids = sorted(register.plants_of)
    plants = plants_by_id([it for i in ids for it in register.plants_of[i]])
    with writing("测试"):
        for i in ids[:4]:
            entry = enterprise_entry(plants[register.plants_of[i][0]])
            body = f"{entry.uscc[:8]}N{entry.uscc[9:17]}"
            new = body + uscc_check_character(body)
            correct_enterprises({i: replace(entry, uscc=new)})
        for seller, buyer in zip(ids[4:8], ids[8:12], strict=True):
            sold = register.plants_of[seller][0]
            moved = replace(plant_entry(plants[sold]), enterprise_id=buyer, number="901")
            correct_plants({sold: moved})
        for gone, stays in zip(ids[12:15], ids[15:18], strict=True):
            own = {it: plants[it] for it in register.plants_of[gone]}
            numbers = {it: f"9{n:02}" for n, it in enumerate(own, start=10)}
            absorb_enterprise(gone, stays, numbers, own, "归并", "重复", "文1")
        annul_grades([it.fact_id for it in register.rows["等级"][:9]], "误登")
        audit.record("test.act", "plant", 0)


def some_of(book: Books, dice: random.Random) -> Workbook:
    """The rows of a few enterprises, some cells changed, one code that nobody has."""
    codes = {row[0] for row in book["企业"][1:]}
    named = set(dice.sample(sorted(codes), 9)) | {"91330600MA00000000"}
    sheets = []
    for name, (header, *rows) in book.items():
        kept = [list(row) for row in rows if row[0] in named or name == "排污权储备"]
        for row in kept:
            place = dice.randrange(len(row))
            if dice.random() < 0.2:
                row[place] = dice.choice([None, "B", "001", "另写", row[place], "901"])
            elif dice.random() < 0.1 and hasattr(row[place], "year"):
                row[place] += timedelta(days=30)
        lines = [header, *kept]
        sheets.append(Sheet(name, tuple(Row(n, tuple(it)) for n, it in enumerate(lines, 1))))
    return Workbook(tuple(sheets))


IMPORTERS = (person(head=True), person("330602"), person("330603", head=True))


def judged(book: Workbook, importer: Importer, register: Register) -> bytes:
    return preview_of(compare(read(book), register, importer, TODAY, nothing)).as_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_a_part_of_the_register_answers_as_the_whole(old_book: Books, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - which rows, not a secret
    whole = register_now()
    refused = 0
    for _ in range(8):
        book = some_of(old_book, dice)
        part = register_for(read(book).codes())
        assert part.is_part
        assert not part.is_empty
        assert 0 < len(part.enterprises) < ENTERPRISES / 2
        for importer in IMPORTERS:
            told = judged(book, importer, part)
            assert told == judged(book, importer, whole)
            refused += told.count("原代码".encode()) + told.count("原属企业".encode())
    assert refused > 0


def test_a_workbook_of_most_enterprises_reads_all(old_book: Books) -> None:
    register = register_for({row[0] for row in old_book["企业"][1:]})
    assert not register.is_part
    assert register == register_now()
    assert export_ledger(register, EVERYTHING) == export_ledger(register_now(), EVERYTHING)


def test_codes_that_nobody_has_read_next_to_nothing(old_book: Books) -> None:
    register = register_for({"91330600MA00000000"})
    assert not register.enterprises
    assert not register.is_empty
    assert [name for name, rows in register.rows.items() if rows] == ["排污权储备"]
