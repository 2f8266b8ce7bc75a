"""The statements of a commitment (承诺书): what the clauses carry, and a bureau's own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.filing import commitment
from app.filing.commitment import (
    BUILT_IN,
    WordingFault,
    accepted,
    read_wording,
    statements,
    title_of,
)
from app.filing.receipt import CountyReview, due_day, next_steps
from app.kernel.workdays import WorkCalendar
from tests.filing_contents import SUBJECT

BY_LAW = CountyReview(7, "日", kind_set_by_bureau=True, site_visit=True)
YEAR = WorkCalendar({date(2026, 10, 1): False, date(2026, 10, 2): False}, frozenset({2026}))


def test_who_files_for_a_or_b_commits_and_declares() -> None:
    truth, false, episode = statements(SUBJECT)
    assert "001 老厂2026年度绩效分级申报（首次申报，申报等级B级）" in truth.text
    assert "真实性负责" in truth.text
    assert "直接降为最低等级（D级）" in false.text
    assert "自认定之日起一年内不得再次申报" in false.text
    assert "重污染天气期间，绩效A级、引领性企业可豁免采取应急减排措施" in episode.text
    assert title_of(commits=True) == "严格落实重污染天气应急减排承诺书"


def test_a_rulebook_that_says_nothing_of_polluted_days_is_not_quoted_for_it() -> None:
    other = replace(SUBJECT, rulebook="关于加强绩效分级管理的指导意见（已印发）", episode="")
    text = statements(other)[2].text
    assert text == "本单位承诺按照评定的绩效等级严格落实重污染天气应急减排。"
    assert BUILT_IN.origin_for(other).startswith("关于加强绩效分级管理的指导意见（已印发）未规定")


def test_who_files_for_c_declares_the_truth_only() -> None:
    found = statements(replace(SUBJECT, target="C", commits=False))
    assert [it.id for it in found] == ["truth", "false"]
    assert "承诺书" not in title_of(commits=False)


def test_the_lowest_grade_is_that_of_each_scheme_once() -> None:
    mixed = replace(SUBJECT, lowest=("D", "非引领性", "D"), ban_years=2)
    text = statements(mixed)[1].text
    assert "（D级、非引领性）" in text
    assert "二年内不得" in text


def test_other_words_have_to_be_accepted_anew() -> None:
    found = statements(SUBJECT)
    said = {it.id: it.sha256 for it in found}
    assert accepted(found, said) == {"truth", "false", "episode"}
    changed = statements(replace(SUBJECT, target="A"))
    assert accepted(changed, said) == {"false", "episode"}


def test_what_a_plant_is_called_is_never_read_as_a_place() -> None:
    text = statements(replace(SUBJECT, plant="{期限}{厂区}\n001"))[0].text
    assert "{期限}{厂区} 001" in text


OWN = """
document = "绍环发〔2026〕9号"

[[statement]]
id = "truth"
text = "本单位对{厂区}{年度}年度申报材料的真实性负责。"

[[statement]]
id = "episode"
text = "本单位承诺严格落实重污染天气应急减排。"
for_commitment = true
"""


def test_a_bureaus_own_words_take_the_place_of_ours() -> None:
    own = read_wording(OWN.encode())
    assert [it.text for it in statements(SUBJECT, own)] == [
        "本单位对001 老厂2026年度申报材料的真实性负责。",
        "本单位承诺严格落实重污染天气应急减排。",
    ]
    assert "绍环发〔2026〕9号" in own.origin
    assert "本局设定" in own.origin
    assert "本局设定" in BUILT_IN.origin_for(SUBJECT)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("\xff", "TOML"),
        ("document = ", "TOML"),
        (OWN.replace("document", "paper"), "依据的文件"),
        ('document = "x"', "至少|应有"),
        (OWN.replace("{年度}", "{年}"), "花括号"),
        (OWN.replace("{年度}", "{年度"), "花括号"),
        (OWN.replace('id = "episode"', 'id = "truth"'), "同一个 id"),
        (OWN.replace('id = "truth"', 'id = "Truth 1"'), "id 应为"),
        (OWN.replace("[[statement]]", "[[statement]]\nfor_commitment = true", 1), "不带 for_comm"),
        (OWN.replace("= true", "= 7"), "true 或 false"),
        (OWN.replace("for_commitment", "for_a"), "只能写"),
        (OWN.replace("应急减排。", "应急减排。" * 300), "1 至 600"),
    ],
)
def test_own_words_that_cannot_be_used_are_told(words: str, told: str) -> None:
    with pytest.raises(WordingFault, match=told):
        read_wording(words.encode("latin-1") if words == "\xff" else words.encode())


@pytest.mark.parametrize(
    ("received", "day_kind", "expected"),
    [
        (date(2026, 11, 23), "日", date(2026, 11, 30)),
        (date(2026, 11, 21), "日", date(2026, 11, 30)),
        (date(2026, 9, 24), "日", date(2026, 10, 5)),
        (date(2026, 11, 23), "工作日", date(2026, 12, 2)),
        (date(2026, 12, 28), "日", date(2027, 1, 4)),
        (date(2026, 12, 28), "工作日", date(2027, 1, 4)),
    ],
    ids=["a week", "ends on a Saturday", "ends on a holiday", "work days", "year not loaded",
         "work days of a year not loaded"],
)  # fmt: skip
def test_the_county_has_seven_days(received: date, day_kind: str, expected: date) -> None:
    review = replace(BY_LAW, day_kind=day_kind)
    assert due_day(received, review, YEAR) == expected


def test_what_happens_next_says_what_the_plan_leaves_open() -> None:
    said = next_steps(date(2026, 11, 23), BY_LAW, YEAR, "柯桥分局")
    assert "柯桥分局自收到之日起 7 日内审查" in said[0]
    assert "最迟 2026年11月30日（方案写作“日”，按自然日计算，本局设定）" in said[0]
    assert "期限未规定" in said[1]
    assert "现场核查" in said[2]
    lower = next_steps(date(2026, 11, 23), replace(BY_LAW, site_visit=False, notice_days=5), YEAR,
                       "柯桥分局")  # fmt: skip
    assert not any("现场核查" in it for it in lower)
    assert "全部内容5 日内（本局设定）" in lower[1]


def test_another_rulebook_is_not_made_to_say_what_the_plan_says() -> None:
    silent = CountyReview(None, "日", kind_set_by_bureau=True, site_visit=False,
                          rulebook="国家指导意见", is_plan=False)  # fmt: skip
    said = next_steps(date(2026, 11, 23), silent, YEAR, "柯桥分局")
    assert said[0] == ("柯桥分局审查材料的真实性、完整性和规范性，办理期限国家指导意见未规定。")
    assert due_day(date(2026, 11, 23), silent, YEAR) is None
    assert not any("方案" in it or "最迟" in it or "重新起算" in it for it in said)
    own = replace(silent, days=10, days_set_by_bureau=True)
    assert next_steps(date(2026, 11, 23), own, YEAR, "柯桥分局")[0].endswith(
        "最迟 2026年12月3日（国家指导意见未规定期限，本局设定为 10 日；按自然日计算，本局设定）。"
    )


def test_the_scan_is_known_by_its_kind() -> None:
    assert commitment.SCAN == "承诺书盖章扫描件"
