"""How a reserve is shared out (排污权储备分配, PLAN-RIGHTS)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.documents import as_json
from app.policy.domain import RankedList, rank_candidates
from app.rights.documents import COLUMNS, allocation_table, to_canonical
from app.rights.domain import (
    MEASURE_OF,
    Allocation,
    AllocationFault,
    Application,
    Level,
    Section,
    allocate,
    tonnes,
)
from tests.policies import DAY, ORDER, SETTINGS, built_in_measures, candidate, cases, standing

MEASURES = built_in_measures()
KNOWN_AT = datetime(2025, 7, 1, tzinfo=UTC)


def ranked_for(level: Level, grades: dict[tuple[str, str], str | None]) -> RankedList:
    plants = [candidate(uscc, standing(grade), plant) for (uscc, plant), grade in grades.items()]
    return rank_candidates(MEASURES[MEASURE_OF[level]], plants, DAY, SETTINGS, ORDER)


def application(**facts: Any) -> Application:
    return Application(
        uscc=facts.get("uscc", "1"),
        plant=facts.get("plant", "001"),
        project=facts.get("project", ""),
        new_enterprise=facts.get("new_enterprise", False),
        pollutant=facts.get("pollutant", "VOCs"),
        year=facts.get("year", 2025),
        asked=Decimal(str(facts.get("asked", "1.000"))),
        applied_on=facts.get("applied_on", date(2025, 1, 10)),
    )


@pytest.mark.parametrize(
    "case", cases("rights_allocation.toml"), ids=lambda c: f"{c['clause']}-{c['sentence']}"
)
def test_an_edge_of_the_allocation(case: dict[str, Any]) -> None:
    level = Level(case.get("level", "city"))
    grades = {(uscc, "001"): grade for uscc, grade in case["grades"].items()}
    reserve = Decimal(case["reserve"]) if "reserve" in case else None
    allocation = allocate(
        level,
        "VOCs",
        2025,
        [application(**entry) for entry in case["applications"]],
        ranked_for(level, grades),
        reserve,
        partial=case.get("partial", True),
    )
    document = to_canonical(allocation, known_at=KNOWN_AT)
    found = [
        {key: row[key] for key in ("uscc", "project", "section", "allocated", "rank")}
        for row in document["rows"]
    ]
    expected = [
        {
            "uscc": row["uscc"],
            "project": row.get("project", ""),
            "section": row.get("section", "priority"),
            "allocated": row.get("allocated"),
            "rank": row.get("rank"),
        }
        for row in case["rows"]
    ]
    assert found == expected
    text = "".join(r["text"] for row in document["rows"] for r in row["reasons"])
    for words in case.get("says", []):
        assert words in text
    assert {r["clause"] for row in document["rows"] for r in row["reasons"]} <= {"PLAN-RIGHTS"}


# --- Random registers against an oracle written from the contract ------------------------------

CODES = ("1", "2", "3")
KILOS = st.integers(0, 4_000)


@st.composite
def applications(draw: st.DrawFn) -> list[Application]:
    identities = draw(
        st.lists(
            st.tuples(
                st.sampled_from(CODES),
                st.sampled_from(["001", "002"]),
                st.sampled_from(["", "a", "B", "技改"]),
            ),
            unique=True,
            max_size=12,
        )
    )
    return [
        application(
            uscc=uscc,
            plant=plant,
            project=project,
            asked=Decimal(draw(KILOS)) / 1000,
            new_enterprise=draw(st.sampled_from([False, False, True])),
            applied_on=draw(st.sampled_from([date(2025, 1, 1), date(2025, 1, 2), DAY])),
        )
        for uscc, plant, project in identities
    ]


REGISTERS = st.fixed_dictionaries(
    {
        (code, plant): st.sampled_from(["A", "引领性", "B", "C", None])
        for code in CODES
        for plant in ("001", "002")
    }
)
LEVELS = st.sampled_from(list(Level))


def oracle(
    asked: list[Application],
    ranks: dict[tuple[str, str], int | None],
    reserve: int,
    *,
    partial: bool,
) -> list[tuple[Application, str, int | None]]:
    """In whole kilograms, so that no rounding can hide a mistake."""
    fresh = [a for a in asked if a.new_enterprise]
    others = [a for a in asked if not a.new_enterprise and ranks[a.uscc, a.plant] is None]
    queue = [a for a in asked if not a.new_enterprise and ranks[a.uscc, a.plant] is not None]
    queue.sort(key=lambda a: a.project)
    queue.sort(key=lambda a: a.applied_on)
    queue.sort(key=lambda a: ranks[a.uscc, a.plant] or 0)
    wanted = [int(a.asked * 1000) for a in queue]
    answer: list[tuple[Application, str, int | None]] = []
    for number, one in enumerate(queue):
        before = sum(wanted[:number])
        fits = before + wanted[number] <= reserve
        rest = max(0, reserve - before) if partial else 0
        answer.append((one, "priority", wanted[number] if fits else rest))
    for section, group in (("new-enterprise", fresh), ("not-admitted", others)):
        group.sort(key=lambda a: (a.uscc, a.plant, a.project))
        answer.extend((a, section, None) for a in group)
    return answer


@settings(deadline=None, max_examples=400)
@given(asked=applications(), grades=REGISTERS, level=LEVELS, kilos=KILOS, partial=st.booleans())
def test_the_allocation_is_that_of_the_contract(
    asked: list[Application],
    grades: dict[tuple[str, str], str | None],
    level: Level,
    kilos: int,
    partial: bool,
) -> None:
    ranked = ranked_for(level, grades)
    reserve = Decimal(kilos) / 1000
    allocation = allocate(level, "VOCs", 2025, asked, ranked, reserve, partial=partial)
    ranks = {(r.candidate.uscc, r.candidate.plant): r.rank for r in ranked.rows}
    expected = [
        (a.uscc, a.plant, a.project, section, None if given_ is None else Decimal(given_) / 1000)
        for a, section, given_ in oracle(asked, ranks, kilos, partial=partial)
    ]
    found = [
        (s.application.uscc, s.application.plant, s.application.project, s.section, s.allocated)
        for s in allocation.shares
    ]
    assert found == expected
    assert allocation.allocated_total == sum((s.allocated or 0) for s in allocation.shares)
    assert allocation.allocated_total <= reserve
    for share in allocation.shares:
        assert (share.rank is None) is (share.section is not Section.PRIORITY)
        assert share.allocated is None or 0 <= share.allocated <= share.application.asked


@settings(deadline=None)
@given(asked=applications(), grades=REGISTERS, kilos=KILOS, data=st.data())
def test_the_order_in_which_applications_arrive_changes_no_byte(
    asked: list[Application],
    grades: dict[tuple[str, str], str | None],
    kilos: int,
    data: st.DataObject,
) -> None:
    def document(arrived: list[Application]) -> bytes:
        ranked = ranked_for(Level.CITY, grades)
        reserve = Decimal(kilos) / 1000
        allocation = allocate(Level.CITY, "VOCs", 2025, arrived, ranked, reserve, partial=True)
        return as_json(to_canonical(allocation, known_at=KNOWN_AT))

    assert document(asked) == document(data.draw(st.permutations(asked)))


# --- The document and the table ----------------------------------------------------------------


def small_allocation() -> Allocation:
    grades: dict[tuple[str, str], str | None] = {("1", "001"): "A", ("2", "001"): "C"}
    asked = [
        application(uscc="1", asked="1.5"),
        application(uscc="1", project="新线", new_enterprise=True),
        application(uscc="2"),
    ]
    return allocate(
        Level.CITY, "VOCs", 2025, asked, ranked_for(Level.CITY, grades), Decimal(1), partial=True
    )


def test_the_document_has_the_keys_of_the_contract_and_three_places() -> None:
    document = to_canonical(small_allocation(), known_at=KNOWN_AT)
    assert list(document) == [
        *("level", "pollutant", "year", "as_of", "known_at"),
        *("reserve", "allocated_total", "rows", "sha256"),
    ]
    assert (document["level"], document["year"]) == ("city", 2025)
    assert (document["reserve"], document["allocated_total"]) == ("1.000", "1.000")
    first = document["rows"][0]
    assert list(first) == [
        *("uscc", "plant", "project", "applied_on", "asked"),
        *("allocated", "rank", "section", "reasons"),
    ]
    assert (first["asked"], first["allocated"], first["rank"]) == ("1.500", "1.000", 1)
    kept = {k: v for k, v in document.items() if k not in {"known_at", "sha256"}}
    expected = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    assert document["sha256"] == hashlib.sha256(expected).hexdigest()


def test_the_table_names_the_section_of_each_application() -> None:
    table = allocation_table(
        small_allocation(),
        rulebook="shaoxing-2023",
        rulebook_status="征求意见稿",
        sha256="0" * 64,
        county_names={},
    )
    assert table.title == "2025 年度市级储备排污权分配（VOCs）"
    assert table.columns == COLUMNS
    columns = dict(zip(COLUMNS, zip(*table.rows, strict=True), strict=True))
    assert columns["分组"] == ("优先保障", "新办企业项目", "未纳入")
    assert columns["结论"] == ("纳入", "不纳入", "不纳入")
    assert columns["分配量（吨/年）"] == ("1.000", "", "")
    assert columns["位次"] == (1, None, None)


def test_picking_a_county_changes_no_amount_and_no_total() -> None:
    whole = small_allocation()
    assert whole.of_counties(["330602"]) == whole
    none = whole.of_counties(["330603"])
    assert none.shares == ()
    assert none.allocated_total == whole.allocated_total


def test_an_application_of_an_unknown_plant_is_named() -> None:
    with pytest.raises(AllocationFault, match="9 001 不在企业台账中"):
        allocate(
            Level.CITY,
            "VOCs",
            2025,
            [application(uscc="9")],
            ranked_for(Level.CITY, {}),
            Decimal(1),
            partial=True,
        )


def test_a_reserve_below_zero_is_refused() -> None:
    with pytest.raises(AllocationFault, match="小于零"):
        allocate(
            Level.CITY, "VOCs", 2025, [], ranked_for(Level.CITY, {}), Decimal(-1), partial=True
        )


def test_a_level_is_shared_by_its_own_measure_only() -> None:
    with pytest.raises(ValueError, match="rights-province"):
        allocate(Level.PROVINCE, "VOCs", 2025, [], ranked_for(Level.CITY, {}), None, partial=True)


@pytest.mark.parametrize(
    ("amount", "rounded"), [("1.0004", "1.000"), ("1.0005", "1.001"), ("1E+3", "1000.000")]
)
def test_tonnes_have_three_places(amount: str, rounded: str) -> None:
    assert str(tonnes(Decimal(amount))) == rounded
