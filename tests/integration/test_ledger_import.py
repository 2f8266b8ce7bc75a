"""Importing the ledger into a real register, by the command (台账导入)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.grades.queries import standings_on
from app.kernel import audit, clock, facts
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.ledger.queries import register_now
from app.registry.queries import list_plants
from app.registry.services import PlantEntry, correct_plants
from tests.facts import code
from tests.ledger_imports import command, imported, register_of, someone
from tests.workbooks import SAMPLES, A, B, Tables, finding, grade, grid, lawful, saved

MESSY = [
    ("企业", 7, "统一社会信用代码"),
    ("企业", 7, "成立日期"),
    ("企业", 8, "统一社会信用代码"),
    ("企业", 9, "统一社会信用代码"),
    ("企业", 9, "成立日期"),
    ("企业", 10, "企业名称"),
    ("厂区", 4, "经度"),
    ("厂区", 5, "排污许可证编号"),
    ("厂区", 6, "区县代码"),
    ("厂区", 7, "统一社会信用代码"),
    ("行业", 4, "产能"),
    ("行业", 5, "角色"),
    ("行业", 8, "角色"),
    ("等级", 3, "等级"),
    ("等级", 4, "失效日期"),
    ("等级", 6, "等级"),
    ("等级", 6, "生效日期"),
    ("违法行为", 2, "行为日期"),
    ("违法行为", 3, "厂区编号"),
    ("违法行为", 4, "类型"),
    ("违法行为", 4, "决定日期"),
    ("违法行为", 5, "撤销日期"),
]
"""Every fault of the messy sample, by sheet, row and column."""

MESSY_READ_AS = [
    ("企业", 5, "统一社会信用代码"),
    ("企业", 5, "联系电话"),
    ("企业", 6, "统一社会信用代码"),
    ("厂区", 2, "厂区编号"),
    ("厂区", 3, "许可管理类别"),
    ("厂区", 4, "区县代码"),
    ("厂区", 5, "区县代码"),
    ("行业", 2, "产能"),
    ("行业", 7, "国民经济行业代码"),
    ("行业", 8, "行业"),
    ("等级", 2, "等级"),
    ("等级", 5, "等级"),
]


def told(result: Any, level: str) -> list[tuple[str, int, str]]:
    problems = json.loads(result.stdout)["problems"]
    return [(it["sheet"], it["row"], it["column"]) for it in problems if it["level"] == level]


def plants(app: Flask) -> dict[tuple[str, str], int]:
    return {(it.uscc, it.number): it.plant_id for it in list_plants(EVERYTHING)}


def test_the_lawful_sample_is_written_and_the_second_time_changes_nothing(app: Flask) -> None:
    first = command(app, "import", SAMPLES / "ledger-small.xlsx", "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["status"] == "written"
    before = register_of(app)
    assert len(before["企业"]) == 60
    second = command(app, "import", SAMPLES / "ledger-small.xlsx")
    assert second.exit_code == 0
    assert "没有需要写入的内容" in second.stdout
    assert register_of(app) == before


def test_every_fault_of_the_messy_sample_is_named_and_nothing_is_written(
    app: Flask, tmp_path: Path
) -> None:
    report = tmp_path / "report.xlsx"
    path = SAMPLES / "ledger-messy.xlsx"
    result = command(app, "import", path, "--json", "--report", report)
    assert result.exit_code == 2
    assert told(result, "refused") == MESSY
    assert told(result, "read-as") == MESSY_READ_AS
    problems = json.loads(result.stdout)["problems"]
    assert all(it["mend"] for it in problems if it["level"] == "refused")
    assert len(result.stderr.strip().splitlines()) == 1
    ignored = "".join(json.loads(result.stdout)["ignored"])
    assert all(word in ignored for word in ("序号", "镇街", "说明"))
    assert not any(register_of(app).values())
    with app.app_context():
        assert db.session.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == 0


def test_the_report_is_the_same_workbook_with_a_column_of_errors(
    app: Flask, tmp_path: Path
) -> None:
    report = tmp_path / "report.xlsx"
    command(app, "import", SAMPLES / "ledger-messy.xlsx", "--report", report)
    mine = openpyxl.load_workbook(SAMPLES / "ledger-messy.xlsx")
    theirs = openpyxl.load_workbook(report)
    assert theirs.sheetnames == mine.sheetnames
    sheet = theirs["企业"]
    errors = sheet.max_column
    assert sheet.cell(3, errors).value == "错误"
    assert [row for row in range(4, 14) if sheet.cell(row, errors).value] == [7, 8, 9, 10]
    assert sheet.cell(4, 2).value == mine["企业"].cell(4, 2).value


def test_a_dry_run_writes_nothing(app: Flask, tmp_path: Path) -> None:
    path = saved(lawful(), tmp_path / "l.xlsx")
    result = command(app, "import", path, "--dry-run", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "checked"
    assert not any(register_of(app).values())


def test_an_import_is_one_audit_entry_with_the_hash_of_its_changes(
    app: Flask, tmp_path: Path
) -> None:
    result = imported(app, lawful(), tmp_path, "--json")
    with app.app_context():
        (entry,) = db.session.execute(
            select(AuditEntry).where(AuditEntry.action == "ledger.imported")
        ).scalars()
        detail = json.loads(entry.detail)
        assert detail["变更摘要"] == json.loads(result.stdout)["changes_sha256"]
        assert detail["各表"]["等级"] == {"new": 3}
        assert audit.verify().broken_at is None


def test_every_sheet_arrives_cell_by_cell(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    register = register_of(app)
    assert {name: len(rows) for name, rows in register.items()} == {
        name: len(rows) for name, rows in lawful().items()
    }
    assert register["厂区"][0]["town"] == "城南街道"
    assert register["行业"][1] == {
        "uscc": A, "plant": "002", "industry": "cement", "subtype": "独立粉磨站", "role": "主要",
    }  # fmt: skip
    assert register["违法行为"][0]["decided_on"] == date(2025, 3, 1)
    assert "plant" not in register["违法行为"][0]


def test_a_change_keeps_the_old_for_a_past_known_at(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        head = someone("county-head", "330602")
        moment = clock.now()
    changed: Tables = {"等级": [grade(A, "001", "C", date(2024, 1, 10))]}
    result = imported(app, changed, tmp_path, "--by", head.name)
    assert "等级 B → C" in result.stdout
    with app.app_context():
        plant = plants(app)[A, "001"]
        on = date(2024, 6, 1)
        assert standings_on([plant], on)[plant].grade == "C"
        assert standings_on([plant], on, moment)[plant].grade == "B"


def test_a_withdrawal_frees_every_plant_from_its_day_on(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        city = someone("city-officer")
        plant = plants(app)[A, "002"]
        assert standings_on([plant], date(2025, 6, 1))[plant].blocked
    row = {**lawful()["违法行为"][0], "撤销日期": date(2025, 5, 1)}
    imported(app, {"违法行为": [row]}, tmp_path, "--by", city.name)
    with app.app_context():
        assert not standings_on([plant], date(2025, 6, 1))[plant].blocked
        assert standings_on([plant], date(2025, 4, 1))[plant].blocked


def test_a_finding_lowers_the_grade_the_moment_it_is_written(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        city = someone("city-head")
    new = {"虚假材料": [finding(A, None, date(2025, 6, 1))]}
    imported(app, new, tmp_path, "--by", city.name)
    with app.app_context():
        known = plants(app)
        standings = standings_on(list(known.values()), date(2025, 6, 1))
        assert standings[known[A, "001"]].grade == "D"
        assert standings[known[A, "002"]].grade == "非引领性"


@pytest.mark.parametrize("is_corrected", [True, False])
def test_of_two_grades_of_one_day_the_later_row_decides(
    app: Flask, tmp_path: Path, is_corrected: bool
) -> None:
    day = date(2025, 6, 1)
    plan = grade(A, "001", "B", day)
    national = grade(A, "001", "A", day, 规则集="national-2026")
    base = lawful()
    if is_corrected:
        base["等级"].append(dict(plan))
    imported(app, base, tmp_path)
    with app.app_context():
        head = someone("city-head")
    plan["等级"] = "C"
    imported(app, {"等级": [national, plan]}, tmp_path, "--by", head.name)
    with app.app_context():
        plant = plants(app)[A, "001"]
        assert standings_on([plant], day)[plant].grade == "C"


def test_an_old_workbook_follows_a_plant_to_its_new_owner(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        city = someone("city-head")
        plant = plants(app)[A, "002"]
        buyer = register_now().enterprises[B]
        with writing("测试"):
            correct_plants({plant: PlantEntry(buyer, "002", "粉磨站", "330604", state="正常")})
            audit.record("test.sold", "plant", plant)
    tables = {name: lawful()[name] for name in ("厂区", "行业", "等级")}
    tables["等级"].append(grade(A, "002", "非引领性", date(2026, 2, 1)))
    result = imported(app, tables, tmp_path, "--by", city.name)
    assert f"现为 {B} 的厂区 002" in result.stdout
    with app.app_context():
        assert set(plants(app)) == {(A, "001"), (B, "001"), (B, "002")}
        assert standings_on([plant], date(2026, 2, 1))[plant].grade == "非引领性"


def fault_at(number: int, original: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which breaks the so-manieth time it is called."""
    calls = iter(range(10_000))

    def call(*args: Any, **more: Any) -> Any:
        if next(calls) == number:
            raise RuntimeError("broken off")
        return original(*args, **more)

    return call


def test_an_import_broken_off_at_any_step_leaves_nothing_behind(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        someone("city-head")
    path = saved(lawful(), tmp_path / "l.xlsx")
    steps = len(lawful())
    for number in range(steps):
        with monkeypatch.context() as patch:
            patch.setattr(facts, "record_columns", fault_at(number, facts.record_columns))
            assert isinstance(command(app, "import", path).exception, RuntimeError)
        assert not any(register_of(app).values()), number
    for target in (
        "app.ledger.services.importing.audit.record",
        "app.grades.services.following.project",
        "app.registry.services.search_rows.replace_grams",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(target, fault_at(0, print))
            assert isinstance(command(app, "import", path).exception, RuntimeError)
        assert not any(register_of(app).values()), target
    assert command(app, "import", path).exit_code == 0


def test_the_system_may_fill_an_empty_register_only(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    tables = lawful()
    tables["企业"][0]["备注"] = "新"
    result = command(app, "import", saved(tables, tmp_path / "2.xlsx"))
    assert result.exit_code == 2
    assert "--by" in result.output


def test_a_county_officer_is_held_to_the_own_county(app: Flask, tmp_path: Path) -> None:
    imported(app, lawful(), tmp_path)
    with app.app_context():
        officer = someone("county-officer", "330603")
    tables = {"厂区": lawful()["厂区"][1:]}
    for row in tables["厂区"]:
        row["地址"] = "某路 1 号"
    result = command(
        app, "import", saved(tables, tmp_path / "2.xlsx"), "--by", officer.name, "--json"
    )
    assert result.exit_code == 2
    assert told(result, "refused") == [("厂区", 2, "统一社会信用代码")]
    imported(app, {"厂区": tables["厂区"][1:]}, tmp_path, "--by", officer.name)


def test_faults_of_use_are_one_line(app: Flask, tmp_path: Path) -> None:
    path = saved(lawful(), tmp_path / "l.xlsx")
    with app.app_context():
        auditor = someone("auditor")
    picture = tmp_path / "p.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    for words in (
        (path, "--by", "nobody"),
        (path, "--by", auditor.name),
        (tmp_path / "none.xlsx",),
        (picture,),
    ):
        result = command(app, "import", *words)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1
        assert "。" in result.stderr


def test_a_folder_of_csv_is_a_workbook(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    for encoding, (name, rows) in zip(("gb18030", "utf-8-sig") * 6, lawful().items(), strict=True):
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(grid(name, rows))
    result = command(app, "import", folder)
    assert result.exit_code == 0, result.output
    from_csv = register_of(app)
    again = command(app, "import", saved(lawful(), tmp_path / "l.xlsx"))
    assert "没有需要写入的内容" in again.stdout
    assert len(from_csv["等级"]) == 3


def test_thirty_thousand_rows_are_written_at_once(app: Flask, tmp_path: Path) -> None:
    tables: Tables = {"企业": [], "厂区": [], "行业": [], "等级": []}
    for number in range(4300):
        plant = {"统一社会信用代码": code(number), "厂区编号": "001"}
        tables["企业"].append({"统一社会信用代码": code(number), "企业名称": f"示例{number}公司"})
        tables["厂区"].append({**plant, "厂区名称": "本部", "区县代码": "330602"})
        tables["行业"].append({**plant, "行业": "铸造", "角色": "主要"})
        tables["等级"] += [
            grade(code(number), "001", "ABCD"[year % 4], date(2021 + year, 1, 1 + number % 28))
            for year in range(4)
        ]
    imported(app, tables, tmp_path)
    with app.app_context():
        assert len(register_now().rows["等级"]) == 17_200
        assert len(standings_on(list(plants(app).values()), date(2025, 6, 1))) == 4300
