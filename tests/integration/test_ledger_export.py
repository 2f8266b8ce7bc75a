"""Exporting the ledger and taking it in again elsewhere (台账导出与还原)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from app.accounts.places import SHAOXING, CountyPlan
from app.accounts.queries import list_bureaus
from app.accounts.services import set_up_bureau
from app.grades.domain import Standing
from app.grades.queries import standings_on
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.spreadsheets import read_workbook
from app.kernel.transaction import writing
from app.ledger.exporting import export_ledger
from app.ledger.marks import is_unaltered_export
from app.ledger.queries import register_now
from app.ledger.sheets import SHEETS
from app.policy.queries import candidates
from app.registry.queries import list_plants
from app.rights.domain import Level
from app.rights.queries import reserves_on_record
from app.rights.services import ReserveEntry, record_reserves
from app.rights.services.reserves import EntryDraft, book, carry_over
from app.rights.tonnage import Account, EntryKind
from tests.conftest import Freeze
from tests.installations import close, installed
from tests.ledger_imports import command, imported, register_of, someone
from tests.workbooks import SAMPLES, A, B, Tables, finding, grade, lawful


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


def exported(app: Flask, path: Path, *words: str) -> Path:
    result = command(app, "export", path, *words)
    assert result.exit_code == 0, result.output
    return path


def standings(app: Flask) -> dict[tuple[str, str], Standing]:
    with app.app_context():
        known = {plant.plant_id: (plant.uscc, plant.number) for plant in list_plants(EVERYTHING)}
        found = standings_on(list(known), date(2025, 6, 30))
        return {known[plant]: standing for plant, standing in found.items()}


def lawful_and_corrected(app: Flask, folder: Path) -> None:
    """The lawful ledger, then a correction and a withdrawal, so that some facts are annulled."""
    imported(app, lawful(), folder)
    with app.app_context():
        city = someone("city-head")
    tables = lawful()
    tables["企业"][0]["联系电话"] = "0575-2"
    tables["等级"][0]["文号"] = "浙环函〔2024〕9号"
    tables["等级"].insert(0, grade(A, "001", "A", date(2024, 1, 10), 规则集="national-2026"))
    tables["违法行为"][0]["撤销日期"] = date(2025, 5, 1)
    imported(app, tables, folder, "--by", city.name)


def test_an_export_taken_in_again_changes_nothing(app: Flask, tmp_path: Path) -> None:
    lawful_and_corrected(app, tmp_path)
    result = command(app, "import", exported(app, tmp_path / "e.xlsx"))
    assert result.exit_code == 0, result.output
    assert "没有需要写入的内容" in result.stdout


@pytest.mark.parametrize("source", ["sample", "corrected"])
def test_an_export_gives_the_same_register_and_bytes_elsewhere(
    app: Flask, elsewhere: Flask, tmp_path: Path, source: str
) -> None:
    if source == "sample":
        assert command(app, "import", SAMPLES / "ledger-small.xlsx").exit_code == 0
    else:
        lawful_and_corrected(app, tmp_path)
    first = exported(app, tmp_path / "1.xlsx")
    assert exported(app, tmp_path / "2.xlsx").read_bytes() == first.read_bytes()
    assert command(elsewhere, "import", first).exit_code == 0
    assert register_of(elsewhere) == register_of(app)
    assert exported(elsewhere, tmp_path / "3.xlsx").read_bytes() == first.read_bytes()
    mine, theirs = standings(app), standings(elsewhere)
    assert {key: it.grade for key, it in mine.items()} == {k: it.grade for k, it in theirs.items()}
    assert {key: it.blocked for key, it in mine.items()} == {
        key: it.blocked for key, it in theirs.items()
    }


def test_an_export_holds_every_column_of_the_contract_in_its_order(
    app: Flask, tmp_path: Path
) -> None:
    imported(app, lawful(), tmp_path)
    book = openpyxl.load_workbook(exported(app, tmp_path / "e.xlsx"))
    assert book.sheetnames == [*(spec.name for spec in SHEETS), "导出说明"]
    for spec in SHEETS:
        titles = [cell.value for cell in book[spec.name][1]]
        assert titles == [column.header for column in spec.asked_columns]


def test_an_empty_register_is_exported_with_its_headers(app: Flask, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(exported(app, tmp_path / "e.xlsx"))
    assert [spec.name for spec in SHEETS if not spec.optional] == book.sheetnames[:-1]


def banned_later(app: Flask, folder: Path) -> Path:
    """An export in which a grade starts inside a ban that was found after it was recorded."""
    imported(app, lawful(), folder)
    with app.app_context():
        city = someone("city-head")
    new: Tables = {"虚假材料": [finding(A, "001", date(2024, 1, 1))]}
    imported(app, new, folder, "--by", city.name)
    return exported(app, folder / "e.xlsx")


def test_what_was_lawful_when_recorded_is_only_pointed_out_in_an_unaltered_export(
    app: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    path = banned_later(app, tmp_path)
    result = command(elsewhere, "import", path)
    assert result.exit_code == 0, result.output
    assert "禁止期" in result.stdout
    assert "未改动" in result.stdout
    assert register_of(elsewhere) == register_of(app)


def test_an_altered_export_is_judged_like_any_workbook(
    app: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    path = banned_later(app, tmp_path)
    book = openpyxl.load_workbook(path)
    book["企业"].cell(2, 8).value = "改过"
    book.save(path)
    assert command(elsewhere, "import", path).exit_code == 2
    assert not any(register_of(elsewhere).values())


def test_saving_an_export_in_an_office_program_does_not_alter_it(
    app: Flask, tmp_path: Path
) -> None:
    imported(app, lawful(), tmp_path)
    path = exported(app, tmp_path / "e.xlsx")
    openpyxl.load_workbook(path).save(path)
    assert is_unaltered_export(read_workbook(path, path.name))


def test_as_of_a_day_leaves_out_what_came_later(app: Flask, tmp_path: Path) -> None:
    tables = lawful()
    tables["违法行为"][0]["撤销日期"] = date(2025, 6, 1)
    imported(app, tables, tmp_path)
    path = exported(app, tmp_path / "e.xlsx", "--as-of", "2025-03-31")
    book = openpyxl.load_workbook(path)
    assert not any(cell.value for row in book["检查"].iter_rows(min_row=2) for cell in row)
    assert book["等级"].max_row == 4
    titles = [cell.value for cell in book["违法行为"][1]]
    withdrawn = titles.index("撤销日期") + 1
    assert book["违法行为"].cell(2, withdrawn).value is None
    assert book["违法行为"].cell(3, withdrawn).value is not None
    assert "2025-03-31" in [cell.value for row in book["导出说明"] for cell in row]


def test_a_county_exports_its_plants_and_what_holds_for_them(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        export = export_ledger(register_now(), Scope(frozenset({"330604"})))
    (tmp_path / "e.xlsx").write_bytes(export.content)
    book = openpyxl.load_workbook(tmp_path / "e.xlsx")
    codes = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    }
    assert A in codes
    assert B not in codes
    assert export.rows["厂区"] == 1
    assert export.rows["违法行为"] == 1


def test_a_faulty_day_or_path_is_one_line(app: Flask, tmp_path: Path) -> None:
    for words, code in (
        ((tmp_path / "e.xlsx", "--as-of", "2025-2-30"), 2),
        ((tmp_path / "no" / "e.xlsx",), 1),
    ):
        result = command(app, "export", *words)
        assert result.exit_code == code
        assert len(result.stderr.strip().splitlines()) == 1


def test_an_export_brings_the_zones_of_its_installation_with_it(
    app: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    zone = CountyPlan("滨海新区")
    with app.app_context(), writing("测试"):
        set_up_bureau(replace(SHAOXING, counties=(*SHAOXING.counties, zone)))
    tables = lawful()
    tables["厂区"][0]["区县代码"] = "滨海新区"
    imported(app, tables, tmp_path)
    path = exported(app, tmp_path / "e.xlsx")
    assert command(elsewhere, "import", path).exit_code == 0
    assert register_of(elsewhere) == register_of(app)
    for each in (app, elsewhere):
        with each.app_context():
            (found,) = [it for it in list_bureaus() if it.local_code]
            assert found.name == "滨海新区"
    assert exported(elsewhere, tmp_path / "2.xlsx").read_bytes() == path.read_bytes()


def someone_here(app: Flask) -> str:
    with app.app_context():
        return someone("city-officer").display_name


def test_a_closed_plant_comes_back_closed(app: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    """Its facts with it; it is a candidate until its day there as here, and stays in the register.

    Imported into the register it came from, the workbook changes nothing.
    """
    tables = lawful()
    for row in tables["厂区"]:
        row["关闭日期"] = ""
    tables["厂区"][0]["关闭日期"] = "2025-03-01"
    imported(app, tables, tmp_path)
    path = exported(app, tmp_path / "all.xlsx")
    with app.app_context():
        records = [it.record_id for it in list_plants(EVERYTHING)]
    assert command(app, "import", path, "--by", someone_here(app)).exit_code == 0
    with app.app_context():
        assert [it.record_id for it in list_plants(EVERYTHING)] == records
    assert command(elsewhere, "import", path).exit_code == 0
    assert register_of(elsewhere) == register_of(app)
    assert standings(elsewhere) == standings(app)
    for day, closed in ((date(2025, 2, 28), 0), (date(2025, 3, 1), 1)):
        seen = []
        for one in (app, elsewhere):
            with one.app_context():
                found = {(it.uscc, it.plant) for it in candidates(day)}
                assert len(list_plants(EVERYTHING)) == len(found) + closed
                seen.append(found)
        assert seen[0] == seen[1]


def test_reserves_hold_the_same_tonnes_elsewhere(
    app: Flask, elsewhere: Flask, tmp_path: Path, clock: Freeze
) -> None:
    """Entries and carry-overs travel in the year's supply; signed lists travel by backup only."""
    clock("2026-02-01 09:00")
    imported(app, lawful(), tmp_path)
    account = Account(Level.CITY, "PM", 2025)
    with app.app_context(), writing("测试"):
        record_reserves([ReserveEntry("city", "PM", 2025, Decimal("8.125"))])
        book(EntryDraft(account, EntryKind.IN, Decimal("2.001"), date(2025, 5, 1), "甲"))
        book(EntryDraft(account, EntryKind.OUT, Decimal("0.126"), date(2025, 6, 1), "乙"))
        carry_over(account, Decimal(10), date(2026, 1, 5), "丙", "")
        book(EntryDraft(account, EntryKind.IN, Decimal("0.400"), date(2026, 1, 6), "丁"))
    imported_there = command(elsewhere, "import", exported(app, tmp_path / "e.xlsx"))
    assert imported_there.exit_code == 0, imported_there.output
    here, there = balances(app), balances(elsewhere)
    assert here == there
    assert here[account] == Decimal("0.400")
    assert here[account.next_year] == Decimal(10)


def balances(app: Flask) -> dict[Account, Decimal]:
    with app.app_context():
        return {account: it.balance for account, it in reserves_on_record().items()}
