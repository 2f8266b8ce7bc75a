"""The delivered data of 规则库: nothing without a clause, nothing without a source."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.rulebook import queries
from app.rulebook.loading import load_library, load_settings

DAY = date(2025, 6, 30)
CLAUSES = [
    "PLAN-SCOPE",
    "PLAN-GRADES",
    "PLAN-TARGETS",
    "PLAN-INDICATORS",
    "PLAN-SHORTBOARD",
    "PLAN-PLANT",
    "PLAN-CROSS",
    "PLAN-FILE",
    "PLAN-COUNTY",
    "PLAN-CITY",
    "PLAN-RENEW",
    "PLAN-FALSE",
    "PLAN-DOWNGRADE",
    "PLAN-DISCLOSE",
    "PLAN-NEWBUILD",
    "PLAN-BLOCK",
    "PLAN-EPISODE",
    "PLAN-POSITIVE",
    "PLAN-OLDNEW",
    "PLAN-RIGHTS",
    "PLAN-ORG",
    "PLAN-CULTIVATE",
    "PLAN-FUND",
    "NAT-SYSTEM",
    "NAT-PLATFORM",
    "NAT-OPEN",
    "NAT-RECHECK",
    "NAT-SPOT",
    "NAT-TRACK",
    "NAT-DOWN",
    "NAT-INNOVATE",
    "NAT-TOP",
    "NAT-CAPACITY",
    "NAT-NEWBUILD-A",
    "NAT-DIFF",
    "NAT-SCHEME",
    "USER-FILING",
    "USER-SUPERVISE",
    "USER-POLICY",
    "USER-EXPORT",
    "USER-INTRANET",
]
NUMBERS: list[tuple[str, object]] = [
    ("targets.2023.due", date(2023, 8, 31)),
    ("targets.2023.b_share", Decimal("0.08")),
    ("targets.2023.c_share", Decimal("0.60")),
    ("targets.2024.due", date(2024, 12, 31)),
    ("targets.2024.b_share", Decimal("0.12")),
    ("targets.2024.c_share", Decimal("0.75")),
    ("targets.2025.due", date(2025, 12, 31)),
    ("targets.2025.b_share", Decimal("0.15")),
    ("targets.2025.c_share", Decimal("0.90")),
    ("targets.after_2025", None),
    ("review.county_days", 7),
    ("review.city_days", 15),
    ("spot.top_share", Decimal(1)),
    ("spot.b_share", Decimal("0.30")),
    ("renewal.interval_years", 1),
    ("false_material.ban_years", 1),
    ("newbuild.grade", "B"),
    ("newbuild.refining_grade", "A"),
    ("refinery.start_years", 1),
    ("refinery.done_years", 3),
    ("refinery.first_class_years", 5),
    ("violations.window_months", 36),
    ("rulebook_in_force", "shaoxing-2023"),
    ("violation_year_basis", "decided"),
    ("positive_list.exclude_blocked", True),
    ("ungraded_as_lowest", True),
    ("block.other_kinds", False),
    ("allocation.partial", True),
]
DATED: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "rulebook_dates.toml").read_text(encoding="utf-8")
)["case"]


def test_every_clause_of_the_list_is_on_record() -> None:
    assert sorted(clause.id for clause in queries.clauses()) == sorted(CLAUSES)


def test_every_clause_has_a_citation_and_a_summary() -> None:
    for clause in queries.clauses():
        assert clause.title
        assert clause.citation
        assert clause.summary.endswith("。")


def test_a_clause_names_the_rulebook_it_belongs_to() -> None:
    owners = {"PLAN": "shaoxing-2023", "NAT": "national-2026", "USER": None}
    for clause in queries.clauses():
        assert clause.rulebook == owners[clause.id.split("-")[0]]


def test_both_rulebooks_carry_their_status_number_and_date() -> None:
    plan, national = queries.all_rulebooks()
    assert (plan.status, plan.number, plan.issued_on) == ("征求意见稿", None, None)
    assert national.status == "已印发"
    assert national.number == "环办大气〔2026〕2号"
    assert national.issued_on == date(2026, 1, 13)


@pytest.mark.parametrize("parameter", queries.parameters(DAY), ids=lambda entry: entry.id)
def test_every_parameter_has_a_clause_and_a_source(parameter: Any) -> None:
    assert queries.clause(parameter.clause).id == parameter.clause
    assert parameter.source
    assert parameter.status in {"法定", "本局设定", "未规定"}
    assert (parameter.value is None) == (parameter.status == "未规定")
    assert parameter.shown


@pytest.mark.parametrize(("parameter_id", "value"), NUMBERS, ids=[n for n, _ in NUMBERS])
def test_every_number_of_the_plan_is_a_parameter(parameter_id: str, value: object) -> None:
    found = queries.setting(parameter_id, DAY)
    assert (type(found), found) == (type(value), value)


def test_the_five_kinds_of_violation_are_those_of_the_plan() -> None:
    assert queries.words("block.kinds", DAY) == (
        "未依法环评",
        "未取得排污许可证",
        "超许可浓度或总量",
        "逃避监管排放",
        "未按规定安装使用自动监测",
    )


def test_values_are_shown_as_people_read_them() -> None:
    shown = {
        key: queries.parameter(key, DAY).shown
        for key in (
            "spot.b_share",
            "spot.top_share",
            "review.county_days",
            "targets.2023.due",
            "block.other_kinds",
            "targets.after_2025",
            "violation_year_basis",
            "grade.order",
        )
    }
    assert shown == {
        "spot.b_share": "30%",
        "spot.top_share": "100%",
        "review.county_days": "7 日",
        "targets.2023.due": "2023 年 8 月 31 日",
        "block.other_kinds": "否",
        "targets.after_2025": "未规定",
        "violation_year_basis": "处罚决定日期",
        "grade.order": "A+ > A > 引领性 > B > B- > C > D = 非引领性",
    }


@pytest.mark.parametrize(
    "case", DATED, ids=[f"{case['parameter']}-{place}" for place, case in enumerate(DATED)]
)
def test_a_new_value_rules_from_its_day_and_old_values_keep_ruling_old_days(
    case: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        "".join(f"[[setting]]\n{_lines(entry)}\n" for entry in case.get("settings", [])),
        encoding="utf-8",
    )
    parameters = load_settings(path, load_library()).parameters
    for on, *value in case["values"]:
        found = parameters.on(case["parameter"], on, case.get("county")).value
        wanted = value[0] if value else None
        assert found == (tuple(wanted) if isinstance(wanted, list) else wanted), on


def _lines(entry: dict[str, Any]) -> str:
    words = {True: "true", False: "false"}
    return "\n".join(
        f"{key} = {words[value] if isinstance(value, bool) else _toml(value)}"
        for key, value in entry.items()
    )


def _toml(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else f'"{value}"'


def test_the_rulebook_in_force_answers_for_the_day_and_the_county() -> None:
    book = queries.rulebook_on(DAY, "330602")
    assert (book.id, book.on, book.county) == ("shaoxing-2023", DAY, "330602")
    assert book.clause("PLAN-BLOCK").title == "当年不得申报的情形"
    assert book.parameter("review.county_days").value == 7
    assert book.parameter("top.stable_years", date(2026, 1, 13)).value == 2
