"""Many rows at once (批量登记): the ids that are given, and what the database holds afterwards."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from app.grades.models import GradeRow
from app.kernel import audit, bulk, facts
from app.kernel.database import db
from app.kernel.transaction import UnauditedChange, transaction, writing
from app.registry.models import Enterprise, PlantSearch
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    record_industries,
    register_enterprises,
    register_plants,
)
from tests.facts import a_plant, code

MANY = 120


def taken(count: int) -> list[int]:
    return list(bulk.take_ids(Enterprise, count))


def entered(ids: list[int]) -> None:
    bulk.insert_columns(Enterprise, {"id": ids}, created_at=transaction().moment)
    audit.record("test.act", "enterprise", ids[0])


def test_ids_grow_and_are_never_given_twice(app: Flask) -> None:
    with app.app_context():
        with writing("测试"):
            first = taken(3)
            entered(first)
        with writing("测试"):
            (one,) = facts.record(GradeRow, [grade(a_plant_in_this(1))])
            audit.record("test.act", "plant", one)
            second = taken(MANY)
            entered(second)
        assert first == sorted(set(first))
        assert second == sorted(set(second))
        assert min(second) > max(first)
        with writing("测试"):  # the mapper goes on after what was taken
            enterprise = Enterprise(created_at=transaction().moment)
            db.session.add(enterprise)
            db.session.flush()
            audit.record("test.act", "enterprise", enterprise.id)
            assert enterprise.id > max(second)
            assert min(taken(2)) > enterprise.id


def a_plant_in_this(number: int) -> int:
    """A plant, entered inside the transaction that is open."""
    (enterprise,) = register_enterprises([EnterpriseEntry(code(number), "示例")])
    (plant,) = register_plants([PlantEntry(enterprise, "001", "本部", "330602")])
    return plant


def grade(plant: int, on: date = date(2024, 1, 1)) -> dict[str, object]:
    return {
        "plant_id": plant, "rulebook": "shaoxing-2023", "grade": "B", "effective_on": on,
        "expires_on": None, "source": "核定", "document": "文", "ending_document": "",
        "ending_reason": "",
    }  # fmt: skip


def test_ids_taken_and_not_used_harm_nobody(app: Flask) -> None:
    with app.app_context():
        with writing("测试"):
            taken(5)
            audit.record("test.act", "enterprise", 0)
        _, plant = a_plant(1)
        assert plant


@pytest.mark.parametrize("count", [2, MANY])
def test_rows_are_the_same_however_many_come_at_once(app: Flask, count: int) -> None:
    """Few go by INSERT, many by COPY where there is one: equal values, defaults and stamps."""
    with app.app_context():
        _, plant = a_plant(1)
        days = [date(2000 + n // 12, 1 + n % 12, 1) for n in range(count)]
        with writing("测试"):
            (one,) = facts.record(GradeRow, [grade(plant, date(1999, 1, 1))])
            many = facts.record(GradeRow, [grade(plant, day) for day in days])
            audit.record("test.act", "plant", plant)
        query = select(GradeRow.__table__).order_by(GradeRow.id)
        rows = [dict(row) for row in db.session.execute(query).mappings()]
        assert [row.pop("id") for row in rows] == [one, *many]
        assert [row.pop("effective_on") for row in rows[1:]] == days
        del rows[0]["effective_on"]
        assert all(it == rows[0] for it in rows)


def test_texts_arrive_as_they_are(app: Flask) -> None:
    hostile = ["\\N", "\\.", "a\tb", "a\nb", "\\", "'", '"', "{}", "", "绍〔2024〕𠮷", "\r", "%s"]
    with app.app_context():
        _, plant = a_plant(1)
        rows = [
            {**grade(plant, date(2000 + n // 12, 1 + n % 12, 1)), "document": word}
            for n, word in enumerate(hostile * (MANY // len(hostile)))
        ]
        with writing("测试"):
            facts.record(GradeRow, rows)
            audit.record("test.act", "plant", plant)
        held = db.session.execute(select(GradeRow.document).order_by(GradeRow.id)).scalars().all()
        assert held == [row["document"] for row in rows]


@pytest.mark.parametrize("count", [2, MANY])
def test_many_rows_without_an_audit_entry_are_refused(app: Flask, count: int) -> None:
    with app.app_context():
        with pytest.raises(UnauditedChange), writing("测试"):
            bulk.insert_columns(Enterprise, {"id": taken(count)}, created_at=transaction().moment)
        held = select(func.count()).select_from(Enterprise)
        assert db.session.execute(held).scalar_one() == 0


@pytest.mark.parametrize("count", [2, MANY])
def test_the_database_judges_many_rows_as_it_does_one(app: Flask, count: int) -> None:
    """A row that no constraint admits takes all others with it, and is an error like any other."""
    with app.app_context():
        _, plant = a_plant(1)
        rows = [grade(plant, date(2000 + n // 12, 1 + n % 12, 1)) for n in range(count)]
        rows[-1]["grade"] = "Z"
        with writing("测试"):
            audit.record("test.act", "plant", plant)
            with pytest.raises(DBAPIError):
                facts.record(GradeRow, rows)
            db.session.rollback()
        held = select(func.count()).select_from(GradeRow)
        assert db.session.execute(held).scalar_one() == 0


def test_a_row_of_the_list_is_made_once_with_all_that_it_says(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the transaction makes it, when industry and standing are known as well."""
    seen: list[str] = []
    with app.app_context():
        connection_of = db.engine

        def note(_c: object, _cursor: object, said: str, *_more: object) -> None:
            if "plant_search" in said and not said.lstrip().startswith("SELECT"):
                seen.append(said.split(maxsplit=1)[0])

        event.listen(connection_of, "before_cursor_execute", note)
        try:
            with writing("测试"):
                plant = a_plant_in_this(2)
                facts.record(GradeRow, [grade(plant)])
                assert not seen
                record_industries([IndustryEntry(plant, "furniture", "", "主要")])
                audit.record("test.act", "plant", plant)
        finally:
            event.remove(connection_of, "before_cursor_execute", note)
        row = db.session.execute(select(PlantSearch)).scalar_one()
        assert row.industry_place.endswith("furniture")
        assert row.standing_until > date(1970, 1, 1)
        assert [it for it in seen if it == "INSERT"] == ["INSERT"]
        assert db.session.execute(text("SELECT count(*) FROM plant_search")).scalar_one() == 1
