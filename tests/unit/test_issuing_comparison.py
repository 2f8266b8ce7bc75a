"""Two lists side by side, line by line and in words (清单比对)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from app.issuing.comparison import Difference, Kind, compare, count_by_kind, fact_changes
from app.issuing.domain import Line
from app.kernel.verdicts import Reason

JUNE, JULY = date(2025, 6, 30), date(2025, 7, 31)
MET = Reason("PLAN-POSITIVE", "绩效等级为 A 级，优先列入。", met=True)
UNMET = Reason("PLAN-POSITIVE", "绩效等级为 C 级，不属于优先列入的等级。", met=False)


def line(number: int, rank: int | None, **changes: Any) -> Line:
    """Line ``number`` of a list; admitted where it has a rank."""
    admitted = rank is not None
    made = Line(
        key=str(number),
        plant_id=number,
        enterprise_id=number,
        county="330602",
        uscc=f"9133060{number}",
        plant="001",
        plant_name="本部厂区",
        name=f"示例企业{number}",
        rank=rank,
        admitted=admitted,
        result="纳入" if admitted else "不纳入",
        values={"等级": "A" if admitted else "C"},
        reasons=(MET if admitted else UNMET,),
    )
    return replace(made, **changes)


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "plant_id": 1,
        "fact": f"grade_record:{number}",
        "rulebook": "shaoxing-2023",
        "grade": "A",
        "effective_on": "2025-01-01",
        "expires_on": None,
        "source": "核定",
        "document": "示例〔2025〕1号",
        **changes,
    }


def violation(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "plant_id": 1,
        "fact": f"violation:{number}",
        "kind": "逃避监管排放",
        "acted_on": None,
        "decided_on": "2025-03-03",
        "document": "示例罚〔2025〕3号",
        "withdrawn_on": None,
        "enterprise_wide": False,
        "barring_reason": "",
        **changes,
    }


def only(before: list[Line], after: list[Line], **more: Any) -> Difference:
    found = compare(before, after, **more)
    assert len(found) == 1, found
    return found[0]


def test_equal_lists_do_not_differ() -> None:
    lines = [line(1, 1), line(2, 2), line(3, None)]
    assert compare(lines, lines) == ()
    assert set(count_by_kind(()).values()) == {0}


def test_a_line_that_enters_says_what_it_was_and_why() -> None:
    found = only([line(1, None)], [line(1, 1, facts=(record(7),))])
    assert (found.kind, found.was, found.becomes) == (
        Kind.ENTERED, "不纳入；等级：C", "纳入，第 1 位；等级：A",
    )  # fmt: skip
    assert found.why == (
        "登记了等级记录 A 级，2025-01-01 起生效，核定，示例〔2025〕1号。",
        "条件（PLAN-POSITIVE）由不符合变为符合：绩效等级为 A 级，优先列入。",
    )
    assert found.is_its_own


def test_a_line_that_leaves_says_which_fact_barred_it() -> None:
    found = only([line(1, 1)], [line(1, None, facts=(violation(5),))])
    assert found.kind is Kind.LEFT
    assert found.why[0] == "登记了违法行为：逃避监管排放，2025-03-03 决定，示例罚〔2025〕3号。"
    assert found.why[-1].startswith("条件（PLAN-POSITIVE）由符合变为不符合：")


def test_lines_that_are_new_or_gone_are_told_as_such() -> None:
    new = only([], [line(1, None)])
    assert (new.kind, new.was) == (Kind.CHANGED, "不在清单中")
    assert new.why == ("前一份清单中没有该行。", f"不符合（PLAN-POSITIVE）：{UNMET.text}")
    gone = only([line(1, 1)], [])
    assert (gone.kind, gone.becomes, gone.why) == (
        Kind.LEFT, "不在清单中", ("该行已不在清单范围内。",),
    )  # fmt: skip


def test_who_only_made_way_is_told_for_whom() -> None:
    before = [line(1, 1), line(2, 2), line(3, 3), line(4, None)]
    after = [line(4, 1), line(2, 2), line(3, 3), line(1, None)]
    assert {it.line.key for it in compare(before, after)} == {"1", "4"}
    after = [line(4, 1), line(1, 2), line(2, 3), line(3, 4)]
    moved = [it for it in compare(before, after) if it.kind is Kind.MOVED]
    assert {it.why for it in moved} == {("本行情况未变；前面新纳入 1 个。",)}
    assert [it.climb for it in moved] == [-1, -1, -1]
    assert not any(it.is_its_own for it in moved)
    after = [line(2, 1), line(3, 2), line(1, None), line(4, None)]
    moved = [it for it in compare(before, after) if it.kind is Kind.MOVED]
    assert {it.why for it in moved} == {("本行情况未变；前面不再纳入 1 个。",)}


def test_who_was_passed_by_others_is_told_so() -> None:
    before = [line(1, 1), line(2, 2), line(3, 3)]
    after = [line(3, 1), line(1, 2), line(2, 3)]
    told = {it.line.key: it.why[0] for it in compare(before, after)}
    assert told == {
        "1": "本行情况未变；1 个由后面移到前面。",
        "2": "本行情况未变；1 个由后面移到前面。",
        "3": "本行情况未变；2 个由前面移到后面。",
    }


def test_a_value_that_no_fact_explains_is_told_itself() -> None:
    found = only([line(1, 1, values={"规则集": ""})], [line(1, 1, values={"规则集": "绍兴方案"})])
    assert (found.kind, found.why) == (Kind.CHANGED, ("规则集由“—”变为“绍兴方案”。",))


def test_a_condition_that_applies_in_one_list_only_is_told() -> None:
    """设定改变后，条件增加或不再适用。"""
    block = Reason("PLAN-BLOCK", "当年有所列环境违法行为。", met=False)
    less, more = line(1, None), line(1, None, reasons=(block, UNMET))
    assert only([less], [more]).why == ("增加条件（PLAN-BLOCK），不符合：当年有所列环境违法行为。",)
    gone = only([more], [less])
    assert (gone.kind, gone.is_its_own) == (Kind.CHANGED, True)
    assert gone.why == ("条件（PLAN-BLOCK）不再适用。",)


def test_a_new_owner_is_named_with_both_codes() -> None:
    found = only([line(1, 1)], [line(1, 2, uscc="91330699", name="后来的企业")])
    assert found.why[0] == "厂区由 示例企业1（91330601，001）转为 后来的企业（91330699，001）。"


def test_what_came_about_between_the_days_is_told_though_nothing_was_recorded() -> None:
    """领先知道的撤销和失效，只因日期推移而起作用。"""
    facts = (
        violation(5, withdrawn_on="2025-07-10"),
        record(7, expires_on="2025-07-31"),
        record(8, expires_on="2025-08-01"),
        record(9, expires_on="2025-06-30"),
    )
    found = only([line(1, 1, facts=facts)], [line(1, 2, facts=facts)], days=(JUNE, JULY))
    assert [it.split("：")[0] for it in found.why] == ["已撤销", "已到失效日"]
    assert "2025-07-31 起失效" in found.why[1]
    same_day = only([line(1, 1, facts=facts)], [line(1, 2, facts=facts)])
    assert same_day.why == ("本行情况未变；1 个由后面移到前面。",)


def test_facts_are_told_as_what_was_done_to_them() -> None:
    def told(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
        return list(fact_changes([before] if before else [], [after] if after else []))

    assert told(violation(5), violation(5)) == []
    assert told(violation(5), None)[0].startswith("作废了违法行为：逃避监管排放")
    assert told(violation(5), violation(5, withdrawn_on="2025-06-01"))[0].startswith("撤销了违法")
    corrected = told(record(7), record(8, grade="B-"))
    assert len(corrected) == 1
    assert "更正为“等级记录 B- 级" in corrected[0]
    other = told(record(7), record(8, effective_on="2025-02-02", document="另一文件"))
    assert [it[:3] for it in other] == ["登记了", "作废了"]


def test_differences_come_in_the_order_of_their_weight_and_are_counted() -> None:
    before = [line(1, 1), line(2, 2), line(3, None), line(4, None)]
    after = [line(3, 1), line(2, 3), line(1, None), line(4, None, values={"等级": "D"})]
    found = compare(before, after)
    assert [it.kind for it in found] == [Kind.ENTERED, Kind.LEFT, Kind.MOVED, Kind.CHANGED]
    assert set(count_by_kind(found).values()) == {1}
