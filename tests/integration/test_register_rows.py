"""The row by which a plant is found, narrowed and sorted: it follows every fact, on any day.

Everything in it can be made again from the facts, and every list that an index serves is the list
that the facts make.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import delete, select, text

from app.grades.queries import shown_day
from app.grades.services import GradeEntry, record_grades, show_day
from app.kernel import audit, kept
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.config import ROOT
from app.kernel.database import db
from app.kernel.transaction import writing
from app.portal.domain import PERMITS, STANDINGS
from app.portal.queries.conditions import SORTS, STATES, RegisterFilter
from app.portal.queries.register import (
    count_by_grade,
    count_conditions,
    export_register,
    list_register,
)
from app.portal.queries.register_statements import Asked
from app.registry.models import PlantSearch
from app.registry.queries import list_plant_ids
from app.registry.search import search_term
from app.registry.search_index import rebuild_grams
from app.registry.services import (
    IndustryEntry,
    end_parts,
    record_industries,
    refresh_search,
)
from app.supervision.services import FindingEntry, record_findings
from tests.facts import a_plant
from tests.ledgers import load, made_up_ledger
from tests.people import KEQIAO

DAY = date(2025, 6, 30)
ROWS = select(PlantSearch.__table__).order_by(PlantSearch.plant_id)


@pytest.fixture
def register(app: Flask) -> Iterator[Flask]:
    """About 110 plants in six districts, inside an application context."""
    with app.app_context():
        load(made_up_ledger(5, enterprises=65))
        yield app


def rows() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.session.execute(ROWS)]


def made_again() -> list[tuple[Any, ...]]:
    """The rows as they come when nothing is left of them and of the index beside them."""
    day = shown_day()
    with writing("测试"):
        db.session.execute(delete(PlantSearch))
        rebuild_grams(db.session.connection())
        refresh_search(list_plant_ids())
        show_day(day - timedelta(days=1))
        show_day(day)
    return rows()


# --- In step with the facts ---------------------------------------------------------------------


def test_the_rows_are_those_that_the_facts_make(register: Flask) -> None:
    kept_rows = rows()
    assert len(kept_rows) > 100
    assert len(set(kept_rows)) == len(kept_rows)
    assert made_again() == kept_rows


def test_the_rows_follow_a_move_a_new_owner_a_new_name_industries_and_standings(
    app: Flask,
) -> None:
    with app.app_context():
        enterprise, plant = a_plant(1)
        other, second = a_plant(2)
        with writing("测试"):
            (extra,) = record_industries([IndustryEntry(second, "furniture", "", "参照")])
            record_grades([GradeEntry(plant, "shaoxing-2023", "B", date(2024, 1, 1), None, "核定")])
            record_findings([FindingEntry(other, None, shown_day(), "认1")])
            audit.record("test.act", "plant", plant)
        before = rows()
        assert made_again() == before
        with writing("测试"):  # one plant alone takes a way of its own
            record_grades([GradeEntry(plant, "shaoxing-2023", "A", date(2025, 1, 1), None, "核定")])
            audit.record("test.act", "plant", plant)
        after = rows()
        assert [it[0] for it, was in zip(after, before, strict=True) if it != was] == [plant]
        assert made_again() == after
        with writing("测试"):
            end_parts(IndustryEntry, second, [extra])
            audit.record("test.act", "plant", second)
        assert made_again() == rows()
        assert enterprise != other


def test_the_shown_day_moves_on_and_back(register: Flask) -> None:
    for day in (DAY, DAY + timedelta(days=200), date(2024, 2, 29), DAY):
        with writing("测试"):
            show_day(day)
        assert shown_day() == day
        moved = rows()
        with writing("测试"):
            show_day(date(2000, 1, 1))
            show_day(day)
        assert rows() == moved


def test_a_migration_fills_the_rows_of_plants_that_are_there(
    register: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config()
    config.set_main_option("script_location", f"{ROOT}/migrations")
    db.session.remove()
    command.downgrade(config, "0016")
    command.upgrade(config, "head")
    db.session.remove()
    filled = rows()
    assert found("印染") == {row.plant_id for row in texts() if "印染" in row.text}
    assert made_again() == filled


# --- Lists of the shown day and of any other ---------------------------------------------------

FILTERS: list[dict[str, Any]] = [
    {},
    *({"standing": name} for name in STANDINGS),
    *({"permit": name} for name in PERMITS),
    *({"state": name} for name in STATES),
    *({"grade": name} for name in ("A", "B", "D", "非引领性", "none", "b-up")),
    {"county": KEQIAO, "grade": "b-up", "standing": "clear"},
    {"life": "all"},
    {"life": "closed"},
    {"search": "有限", "grade": "C"},
]


def listed(wanted: RegisterFilter, scope: Scope) -> tuple[Any, ...]:
    """Everything a list says, its first page and its export held against each other."""
    kept.forget()
    page = list_register(wanted, scope)
    everything = export_register(wanted, scope)
    assert page.rows == [row[: len(page.rows[0])] for row in everything[:50]] if page.rows else True
    assert page.plants == len(everything)
    return page.rows, page.plants, page.enterprises, [row[0] for row in everything]


def test_the_shown_day_answers_as_the_intervals_do(register: Flask) -> None:
    answers: dict[date, list[Any]] = {}
    scopes = (EVERYTHING, Scope(frozenset({KEQIAO})))
    for shown in (date(2019, 1, 1), DAY):
        with writing("测试"):
            show_day(shown)
        kept.forget()
        answers[shown] = [
            listed(RegisterFilter(DAY, sort=sort, falling=falling, **narrowed), scope)
            for place, narrowed in enumerate(FILTERS)
            for sort, falling in ((SORTS[place % len(SORTS)], False), ("grade", True))
            for scope in scopes
        ]
        answers[shown] += [(count_by_grade(DAY, it), count_conditions(DAY, it)) for it in scopes]
    first, second = answers.values()
    assert first == second
    assert len({str(it) for it in first}) > len(FILTERS)


def test_counts_are_kept_until_something_is_recorded(register: Flask) -> None:
    wanted = RegisterFilter(DAY, grade="none")
    before = list_register(wanted, EVERYTHING).plants
    assert list_register(wanted, EVERYTHING).plants == before
    a_plant(77)
    assert list_register(wanted, EVERYTHING).plants == before + 1
    with writing("测试"):  # who writes sees what was written, and leaves nothing behind
        assert list_register(wanted, EVERYTHING).plants == before + 1
        db.session.execute(delete(PlantSearch))
        assert list_register(wanted, EVERYTHING).plants == 0
        db.session.rollback()
    assert list_register(wanted, EVERYTHING).plants == before + 1


# --- Search ------------------------------------------------------------------------------------


def texts() -> list[Any]:
    return list(db.session.execute(select(PlantSearch.plant_id, PlantSearch.text)))


def found(search: str, scope: Scope = EVERYTHING) -> set[int]:
    """The plants that a search lists."""
    kept.forget()
    db.session.rollback()
    wanted = RegisterFilter(DAY, search=search, life="all")
    every = {row[0] for row in export_register(wanted, scope)}
    page = list_register(wanted, scope)
    assert page.plants == len(every)
    assert {row[0] for row in page.rows} <= every
    return every


def test_a_search_finds_what_looking_into_every_text_finds(register: Flask) -> None:
    dice = random.Random(4)  # noqa: S311 - what to type
    known = texts()
    sizes: list[int] = []
    for _ in range(150):
        row = dice.choice(known)
        line = dice.choice(row.text.split("\n"))
        words = []
        for _ in range(dice.choice((1, 1, 1, 2))):
            at = dice.randrange(len(line))
            words.append(line[at : at + dice.choice((1, 2, 2, 2, 3, 5, 18))])
        typed = " ".join(dice.choice((it, it.upper(), wide(it))) for it in words)
        folded = [search_term(it) for it in typed.split()]
        expected = {it.plant_id for it in known if all(word in it.text for word in folded)}
        assert found(typed) == expected, typed
        sizes.append(len(expected))
    assert min(sizes) >= 1
    assert len(set(sizes)) > 10


def wide(word: str) -> str:
    """The same in full width (全角)."""
    return "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in word)


@pytest.mark.parametrize(
    "odd",
    ["%", "_", "%%", "有%", "\\", "/", "'", '"', "*", "有*", "AND", "NOT 有", "a z", "-", "😀有"],
)
def test_what_means_something_to_a_database_means_itself_in_a_search(
    register: Flask, odd: str
) -> None:
    folded = [search_term(it) for it in odd.split()]
    assert found(odd) == {it.plant_id for it in texts() if all(word in it.text for word in folded)}


def test_a_search_in_one_county_stays_there(register: Flask) -> None:
    scope = Scope(frozenset({KEQIAO}))
    inside = {row[0] for row in export_register(RegisterFilter(DAY, life="all"), scope)}
    assert found("有限", scope) == found("有限") & inside
    assert 0 < len(found("有限", scope)) < len(found("有限"))


# --- Indexes ------------------------------------------------------------------------------------

_SORTED_BY = {"name": "name"} | {sort: sort for sort in SORTS if sort != "name"}


def plan(wanted: RegisterFilter, *, many: bool) -> str:
    """How the database finds the page's plants; PostgreSQL not by what suits a hundred plants."""
    asked = Asked.of(wanted, EVERYTHING)
    query = asked.page(asked.position(), falling=wanted.falling, few=not many)
    engine = db.engine
    statement = query.compile(engine, compile_kwargs={"literal_binds": True})
    if engine.dialect.name == "sqlite":
        said = db.session.execute(text(f"EXPLAIN QUERY PLAN {_plain(str(statement))}"))
        return "\n".join(row[3] for row in said)
    for node in ("seqscan", "sort", "bitmapscan") if many else ("seqscan", "indexscan"):
        db.session.execute(text(f"SET LOCAL enable_{node} = off"))
    return "\n".join(
        row[0] for row in db.session.execute(text(f"EXPLAIN {_plain(str(statement))}"))
    )


def sorts(plan_said: str) -> bool:
    """Whether rows are sorted that no index has in order."""
    return "TEMP B-TREE" in plan_said or "Sort" in plan_said


def _plain(statement: str) -> str:
    return re.sub(r":(?=\w)", r"\\:", statement)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_a_long_list_is_walked_along_the_index_of_its_order(
    register: Flask, sort: str, falling: bool
) -> None:
    with writing("测试"):
        show_day(DAY)
    first = list_register(RegisterFilter(DAY, sort=sort, falling=falling), EVERYTHING)
    wanted = RegisterFilter(DAY, sort=sort, falling=falling, after=first.rows[-1][0], life="all")
    said = plan(wanted, many=True)
    assert f"ix_plant_search_by_{_SORTED_BY[sort]}" in said
    assert not sorts(said)
    narrowed = replace(wanted, permit="valid")
    assert f"ix_plant_search_by_{_SORTED_BY[sort]}" in plan(narrowed, many=True)


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({"county": KEQIAO}, "county"),
        ({"town": "柯桥街道"}, "town"),
        ({"industry": "casting"}, "industry"),
        ({"officer": "某人"}, "officer"),
        ({"state": "停产"}, "state"),
    ],
)
def test_one_index_narrows_and_sorts(register: Flask, narrowed: dict[str, Any], index: str) -> None:
    said = plan(RegisterFilter(DAY, life="all", **narrowed), many=True)
    assert f"ix_plant_search_by_{index}" in said
    assert not sorts(said)
    with writing("测试"):
        db.session.execute(text(f"DROP INDEX ix_plant_search_by_{index}"))
        said = plan(RegisterFilter(DAY, life="all", **narrowed), many=True)
        db.session.rollback()
    assert f"ix_plant_search_by_{index}" not in said


def test_a_search_asks_the_index_of_pairs(register: Flask) -> None:
    said = plan(RegisterFilter(DAY, search="印染", life="all"), many=False)
    assert ("plant_gram" if db.engine.dialect.name == "sqlite" else "ix_plant_search_grams") in said
