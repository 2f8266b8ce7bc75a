"""Workbooks that come in between: a first register, and what townships send later (台账导入)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chronicles.facts import random_grade
from tests.chronicles.life import COUNTIES, Life
from tests.chronicles.model import (
    LAW_KINDS,
    Application,
    Finding,
    Grade,
    Plant,
    Violation,
)
from tests.chronicles.rules import finding_refused, grade_refused, violation_refused
from tests.facts import code
from tests.workbooks import Tables, saved

INDUSTRIES = (
    ("铸造", ""), ("铸造", ""), ("水泥", "熟料"), ("水泥", "独立粉磨站"), ("玻璃", ""),
    ("印染", ""),
)  # fmt: skip
LEVELS = {"province": "省级", "city": "市级"}


def first_register(life: Life, enterprises: int = 5) -> None:
    """The bureau hands in what it has."""
    tables: Tables = {}
    for number in range(1, enterprises + 1):
        _new_enterprise(life, tables, code(number))
    for _ in range(2 * enterprises):
        _new_fact(life, tables)
    for level in LEVELS:
        _reserve(life, tables, level)
    for _ in range(enterprises):
        _application(life, tables)
    send(life, tables, "first register")


def later(life: Life) -> None:
    """Another workbook: new rows of every sheet, and changed ones."""
    tables: Tables = {}
    chance = life.chance
    if chance.random() < 0.3:
        _new_enterprise(life, tables, code(len(life.register.enterprises) + 1))
    for _ in range(chance.randrange(4)):
        _new_fact(life, tables)
    if chance.random() < 0.5:
        _application(life, tables)
    if chance.random() < 0.3:
        _reserve(life, tables, chance.choice(tuple(LEVELS)))
    if chance.random() < 0.5:
        _rename(life, tables)
    for _ in range(chance.randrange(3)):
        _changed_fact(life, tables)
    if tables:
        send(life, tables, f"workbook with {sum(map(len, tables.values()))} rows")


def send(life: Life, tables: Tables, told: str) -> None:
    """Import it by the command, as the head of the city."""
    folder = Path(life.app.config["CONFIG"].instance_dir)
    path = saved(tables, folder / f"ledger-{life.number()}.xlsx")
    with life.held():
        name = _name_of(life)
        words = ["ledger", "import", str(path), *(["--by", name] if life.known else [])]
        result = life.app.test_cli_runner().invoke(args=words)
    if result.exit_code != 0:
        life.fault(f"{told}: {result.output[-800:]} {tables}")
        raise AssertionError(life.faults)
    life.keep(f"{told}: {tables}")


def _name_of(life: Life) -> str:
    from app.accounts.models import UserAccount
    from app.kernel.database import db

    with life.app.app_context():
        row = db.session.get(UserAccount, life.office.ids["city-head"])
        assert row is not None
        name = row.name
        db.session.rollback()
    return name


def _add(tables: Tables, sheet: str, row: dict[str, Any]) -> None:
    tables.setdefault(sheet, []).append({k: v for k, v in row.items() if v not in (None, "")})


def _of(plant: Plant) -> dict[str, Any]:
    return {"统一社会信用代码": plant.owner, "厂区编号": plant.number}


def _new_enterprise(life: Life, tables: Tables, uscc: str) -> None:
    register, chance = life.register, life.chance
    register.enterprises[uscc] = f"示例{uscc[-4:]}有限公司"
    _add(tables, "企业", {"统一社会信用代码": uscc, "企业名称": register.enterprises[uscc]})
    for number in range(1, chance.choice((1, 1, 2)) + 1):
        industry, subtype = chance.choice(INDUSTRIES)
        plant = Plant(
            max(register.plants, default=0) + 1, uscc, f"{number:03d}", f"第{number}厂",
            chance.choice(COUNTIES), industry, subtype,
        )  # fmt: skip
        register.plants[plant.key] = plant
        _add(tables, "厂区", {**_of(plant), "厂区名称": plant.name, "区县代码": plant.county})
        _add(tables, "行业", {**_of(plant), "行业": industry, "子类": subtype, "角色": "主要"})


def _new_fact(life: Life, tables: Tables) -> None:
    register, chance = life.register, life.chance
    plant = life.plant()
    if plant is None:
        return
    kind = chance.random()
    whole = chance.random() < 0.25
    if kind < 0.45:
        grade = random_grade(life, plant.key)
        if not grade_refused(register, grade, None, life.today) and not _ban_in_file(tables, plant):
            register.grades.append(grade)
            _add(tables, "等级", _grade_row(plant, grade))
    elif kind < 0.85:
        decided = life.past_day()
        acted = decided - timedelta(chance.randrange(400)) if chance.random() < 0.5 else None
        withdrawn = decided + timedelta(chance.randrange(200)) if chance.random() < 0.2 else None
        violation = Violation(
            plant.owner, None if whole else plant.key, chance.choice((*LAW_KINDS, "其他")), acted,
            decided, life.document("罚"), withdrawn,
        )  # fmt: skip
        if not violation_refused(register, violation, None):
            register.violations.append(violation)
            _add(tables, "违法行为", _violation_row(plant, violation))
    elif not tables.get("等级"):
        found = life.past_day()
        finding = Finding(plant.owner, None if whole else plant.key, found, life.document("认"))
        if not finding_refused(register, finding, None):
            register.findings.append(finding)
            _add(tables, "虚假材料", _finding_row(plant, finding))


def _ban_in_file(tables: Tables, _plant: Plant) -> bool:
    """Grades and findings in one file are judged together; that is another test's matter."""
    return bool(tables.get("虚假材料"))


def _grade_row(plant: Plant, it: Grade) -> dict[str, Any]:
    return {
        **_of(plant), "规则集": it.book, "等级": it.grade, "生效日期": it.start, "失效日期": it.end,
        "来源": it.source, "文号": it.document,
    }  # fmt: skip


def _violation_row(plant: Plant, it: Violation) -> dict[str, Any]:
    named = _of(plant) if it.plant is not None else {"统一社会信用代码": it.owner}
    return {
        **named, "类型": it.kind, "行为日期": it.acted, "决定日期": it.decided,
        "决定文号": it.document, "撤销日期": it.withdrawn,
    }  # fmt: skip


def _finding_row(plant: Plant, it: Finding) -> dict[str, Any]:
    named = _of(plant) if it.plant is not None else {"统一社会信用代码": it.owner}
    return {**named, "认定日期": it.found, "认定文号": it.document, "撤销日期": it.withdrawn}


def _changed_fact(life: Life, tables: Tables) -> None:
    """A row that is on record comes back with another grade, or withdrawn."""
    register = life.register
    held: list[Any] = [*register.grades, *register.violations, *register.findings]
    old = life.chance.choice(held) if held else None
    rows = [row for sheet in tables.values() for row in sheet]
    if old is None or any(old.document in row.values() for row in rows):
        return
    if isinstance(old, Grade):
        _regraded(life, tables, old)
        return
    began = old.decided if isinstance(old, Violation) else old.found
    day = began + timedelta(life.chance.randrange(100))
    plants = [it for it in register.plants.values() if it.owner == old.owner and not it.closed_on]
    if old.plant is not None:
        plants = [it for it in plants if it.key == old.plant]
    if old.withdrawn is not None or day > life.today or not plants:
        return
    new = replace(old, withdrawn=day)
    if isinstance(old, Violation):
        register.violations = [it for it in register.violations if it is not old] + [new]
        _add(tables, "违法行为", _violation_row(plants[0], new))
    elif not tables.get("等级"):
        register.findings = [it for it in register.findings if it is not old] + [new]
        _add(tables, "虚假材料", _finding_row(plants[0], new))


def _regraded(life: Life, tables: Tables, old: Grade) -> None:
    register, plant = life.register, life.register.plants[old.plant]
    new = replace(old, grade=random_grade(life, old.plant).grade, source="历史")
    refused = grade_refused(register, new, old, life.today)
    if tables.get("虚假材料") or refused or new == old or plant.closed_on:
        return
    register.grades = [it for it in register.grades if it is not old] + [new]
    _add(tables, "等级", _grade_row(plant, new))


def _rename(life: Life, tables: Tables) -> None:
    uscc = life.chance.choice(tuple(life.register.enterprises))
    if any(row["统一社会信用代码"] == uscc for row in tables.get("企业", ())):
        return
    life.register.enterprises[uscc] = f"又名{life.number()}有限公司"
    row = {"统一社会信用代码": uscc, "企业名称": life.register.enterprises[uscc]}
    _add(tables, "企业", row)


def _application(life: Life, tables: Tables) -> None:
    register, chance = life.register, life.chance
    plant = life.plant()
    if plant is None or any(it.plant == plant.key for it in register.applications):
        return
    project = chance.choice(("扩建一期", "技改", ""))
    if project:
        is_new = chance.random() < 0.3
        _add(tables, "建设项目", {**_of(plant), "项目名称": project, "类型": "扩建",
                              "新办企业": "是" if is_new else "否"})  # fmt: skip
        if is_new:
            register.new_projects.add((plant.key, project))
    kilograms = chance.randrange(1, 9000)
    new = Application(plant.key, project, "VOCs", life.today.year, kilograms, life.past_day())
    register.applications.append(new)
    _add(tables, "排污权申请", {
        **_of(plant), "项目名称": project, "污染物": "VOCs", "申请量": Decimal(kilograms) / 1000,
        "申请日期": new.applied, "年度": new.year,
    })  # fmt: skip


def _reserve(life: Life, tables: Tables, level: str) -> None:
    year = life.today.year
    kilograms = life.chance.randrange(1, 30_000)
    key = (level, "VOCs", year)
    if life.register.reserves.get(key) == kilograms:
        return
    life.register.reserves[key] = kilograms
    _add(tables, "排污权储备", {"级别": LEVELS[level], "污染物": "VOCs", "年度": year,
                           "数量": Decimal(kilograms) / 1000})  # fmt: skip
