"""Where the workbook meets facts entered by hand (台账与经办登记): neither undoes the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.domain import Actor
from app.desk.acts import ACTS
from app.desk.proposals import carry_out
from app.desk.queries.facts import FINDING, GRADE, MODELS, VIOLATION, subject_of_fact
from app.grades.queries import standings_on
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.queries import list_plants
from tests.installations import close, installed
from tests.ledger_imports import command, imported, register_of, someone
from tests.workbooks import A, B, lawful

FINE, OTHER, FOUND = "绍环罚〔2025〕1号", "绍环罚〔2024〕2号", "绍市环认〔2024〕7号"
WITHDRAWAL = {
    "withdrawn_on": "2025-05-01", "withdrawal_document": "复议〔2025〕3号",
    "withdrawal_reason": "事实不清",
}  # fmt: skip


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A second, empty installation on the same engine."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    engine = request.getfixturevalue(request.node.callspec.params["app"])
    with engine.database(folder) as url:
        fresh = installed(folder, url)
        yield fresh
        close(fresh)


@pytest.fixture
def city(app: Flask, tmp_path: Path) -> Actor:
    """The register filled by a workbook, and a head of the city."""
    tables = lawful()
    tables["违法行为"][1]["撤销日期"] = None
    imported(app, tables, tmp_path)
    with app.app_context():
        return someone("city-head")


def by_hand(app: Flask, who: Actor, act_id: str, fact: int, typed: Mapping[str, str]) -> int:
    """What the form does when it is confirmed, and when the second person has approved."""
    act = ACTS[act_id]
    with app.app_context(), writing("web", actor_id=who.user_id, actor_name=who.display_name):
        subject = subject_of_fact(act.kind, fact, EVERYTHING)
        assert subject is not None
        form = {**act.texts(subject, act.initial(subject)), **typed}
        read = act.read(subject, form)
        assert not read.errors, read.errors
        return carry_out(act, subject, read.values)


def fact_of(app: Flask, kind: str, **said: Any) -> Any:
    """The one standing fact that says this."""
    model = MODELS[kind]
    with app.app_context():
        query = select(model).filter_by(annulled_at=None, **said)
        (found,) = db.session.execute(query).scalars()
        db.session.expunge_all()
        db.session.rollback()
    return found


def counted(app: Flask) -> dict[str, int]:
    """How many records there are of each kind, standing or not."""
    with app.app_context():
        found = {kind: len(db.session.execute(select(it.id)).all()) for kind, it in MODELS.items()}
        db.session.rollback()
    return found


def exported(app: Flask, path: Path) -> Path:
    result = command(app, "export", path)
    assert result.exit_code == 0, result.output
    return path


def changed(path: Path, sheet: str, document: str, column: str, value: Any) -> Path:
    """The same workbook with one cell mended, in the row of this document."""
    book = openpyxl.load_workbook(path)
    rows = list(book[sheet].iter_rows())
    heads = [cell.value for cell in rows[0]]
    (row,) = (row for row in rows[1:] if document in [cell.value for cell in row])
    row[heads.index(column)].value = value
    book.save(path)
    return path


def test_an_old_workbook_takes_no_withdrawal_and_no_mark_back(
    app: Flask, city: Actor, tmp_path: Path
) -> None:
    """PLAN-BLOCK, PLAN-FALSE: a blank never erases; what a workbook cannot say stays."""
    old = exported(app, tmp_path / "old.xlsx")
    fine = fact_of(app, VIOLATION, document=FINE)
    by_hand(app, city, "violation.withdraw", fine.id, WITHDRAWAL)
    other = fact_of(app, VIOLATION, document=OTHER)
    by_hand(app, city, "violation.mark", other.id, {"barring_reason": "情节严重"})
    found = fact_of(app, FINDING, document=FOUND)
    by_hand(app, city, "finding.withdraw", found.id, WITHDRAWAL)
    given = fact_of(app, GRADE, grade="B")
    ending = {"expires_on": "2025-04-01", "ending_document": "绍环撤1号", "ending_reason": "不符"}
    by_hand(app, city, "grade.withdraw", given.id, ending)
    before = counted(app)
    result = command(app, "import", old, "--by", city.name)
    assert result.exit_code == 0, result.output
    assert "没有需要写入的内容" in result.stdout
    assert result.output.count("登记簿保持 2025-05-01") == 2
    assert "登记簿保持 2025-04-01" in result.output
    assert counted(app) == before
    assert fact_of(app, VIOLATION, document=OTHER).barring_reason == "情节严重"


def test_a_cell_mended_in_a_new_export_keeps_what_a_workbook_cannot_say(
    app: Flask, city: Actor, elsewhere: Flask, tmp_path: Path
) -> None:
    """Document, reason and the head's mark go on to the record that takes the place."""
    fine, other = (fact_of(app, VIOLATION, document=it) for it in (FINE, OTHER))
    by_hand(app, city, "violation.withdraw", fine.id, WITHDRAWAL)
    by_hand(app, city, "violation.mark", other.id, {"barring_reason": "情节严重"})
    new = exported(app, tmp_path / "new.xlsx")
    assert "没有需要写入的内容" in command(app, "import", new, "--by", city.name).stdout
    assert command(elsewhere, "import", new).exit_code == 0
    assert register_of(elsewhere) == register_of(app)
    for document in (FINE, OTHER):
        changed(new, "违法行为", document, "行为日期", date(2024, 1, 9))
    assert command(app, "import", new, "--by", city.name).exit_code == 0
    mended = fact_of(app, VIOLATION, document=FINE)
    assert (mended.acted_on, mended.withdrawal_document) == (date(2024, 1, 9), "复议〔2025〕3号")
    assert (mended.withdrawal_reason, mended.replaces_id is None) == ("事实不清", False)
    assert fact_of(app, VIOLATION, document=OTHER).barring_reason == "情节严重"


_ANNULLED = {
    "违法行为": (VIOLATION, {"document": FINE}, "violation", "决定文号"),
    "虚假材料": (FINDING, {"document": FOUND}, "finding", "认定文号"),
    "等级": (GRADE, {"grade": "B"}, "grade", "生效日期"),
}


@pytest.mark.parametrize("sheet", sorted(_ANNULLED))
def test_what_was_annulled_by_hand_does_not_come_back_by_an_old_workbook(
    app: Flask, city: Actor, tmp_path: Path, sheet: str
) -> None:
    kind, said, name, column = _ANNULLED[sheet]
    old = exported(app, tmp_path / "old.xlsx")
    by_hand(app, city, f"{name}.annul", fact_of(app, kind, **said).id, {"reason": "登错企业"})
    before = counted(app)
    refused = command(app, "import", old, "--by", city.name)
    assert refused.exit_code == 2
    assert column in refused.output
    assert "作废，理由：登错企业" in refused.output
    assert city.display_name in refused.output
    assert counted(app) == before
    new = exported(app, tmp_path / "new.xlsx")
    assert "没有需要写入的内容" in command(app, "import", new, "--by", city.name).stdout


def test_a_corrected_document_is_not_entered_beside_its_correction(
    app: Flask, city: Actor, tmp_path: Path
) -> None:
    old = exported(app, tmp_path / "old.xlsx")
    fine = fact_of(app, VIOLATION, document=FINE)
    typed = {"document": "绍环罚〔2025〕11号", "reason": "文号少打一位"}
    by_hand(app, city, "violation.correct", fine.id, typed)
    refused = command(app, "import", old, "--by", city.name)
    assert refused.exit_code == 2
    assert "更正，理由：文号少打一位" in refused.output
    mended = changed(old, "违法行为", FINE, "决定文号", "绍环罚〔2025〕11号")
    assert "没有需要写入的内容" in command(app, "import", mended, "--by", city.name).stdout
    back = fact_of(app, VIOLATION, document="绍环罚〔2025〕11号")
    by_hand(app, city, "violation.correct", back.id, {"document": FINE, "reason": "原来没错"})
    changed(mended, "违法行为", "绍环罚〔2025〕11号", "决定文号", FINE)
    assert "没有需要写入的内容" in command(app, "import", mended, "--by", city.name).stdout


def test_the_answers_are_the_same_elsewhere_after_everything_was_done_by_hand(
    app: Flask, city: Actor, elsewhere: Flask, tmp_path: Path
) -> None:
    """An export leaves annulled records out; imported into an empty register it answers alike."""
    by_hand(app, city, "violation.withdraw", fact_of(app, VIOLATION, document=FINE).id, WITHDRAWAL)
    by_hand(app, city, "violation.annul", fact_of(app, VIOLATION, document=OTHER).id,
            {"reason": "登错企业"})  # fmt: skip
    by_hand(app, city, "finding.correct", fact_of(app, FINDING, document=FOUND).id,
            {"found_on": "2025-01-15", "reason": "日期登错"})  # fmt: skip
    by_hand(app, city, "grade.annul", fact_of(app, GRADE, grade="引领性").id, {"reason": "误登"})
    assert command(elsewhere, "import", exported(app, tmp_path / "e.xlsx")).exit_code == 0
    days = [date(2024, 6, 1), date(2025, 1, 15), date(2025, 3, 1), date(2025, 6, 30)]
    assert _answers(app, days) == _answers(elsewhere, days)


def _answers(app: Flask, days: list[date]) -> dict[tuple[str, str, date], tuple[Any, ...]]:
    with app.app_context():
        plants = {it.plant_id: (it.uscc, it.number) for it in list_plants(EVERYTHING)}
        assert {uscc for uscc, _ in plants.values()} == {A, B}
        found = {
            (*plants[plant], day): (it.grade, it.blocked, it.banned_until, it.violations_36m,
                                    it.held_since)
            for day in days
            for plant, it in standings_on(list(plants), day).items()
        }  # fmt: skip
        db.session.rollback()
    return found
