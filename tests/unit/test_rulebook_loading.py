"""Faulty files of 规则库 and faulty settings: one clear sentence per fault, all at once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from app.rulebook.loading import DATA, Library, RulebookFault, load_library, load_settings

LIBRARY = load_library()
GOOD = """
[[setting]]
id = "allocation.partial"
value = false
from_on = 2025-07-01
reason = "2025 年第 3 次局务会"
document = "示例〔2025〕1号"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(RulebookFault) as raised:
        load_library(folder)
    return raised.value.faults


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "clauses.toml",
            'title = "适用范围"',
            'titel = "适用范围"',
            "clauses.toml：clause 第 1 项（PLAN-SCOPE） › titel：没有这一项，请核对键名或删去。",
        ),
        (
            "parameters.toml",
            'status = "法定"',
            'status = "法律规定"',
            "应为下列之一：'法定'、'本局设定'、'未规定'。",
        ),
        (
            "parameters.toml",
            "values = [{ value = 7,",
            'values = [{ value = "7",',
            "parameters.toml：review.county_days 的 value 应为大于 0 的整数。",
        ),
        (
            "parameters.toml",
            'clause = "PLAN-COUNTY"',
            'clause = "PLAN-NOWHERE"',
            "clause “PLAN-NOWHERE”不在 clauses.toml 中。",
        ),
        (
            "parameters.toml",
            "value = 2023-08-31",
            "value = 2023-08-31T00:00:00",
            "targets.2023.due 的 value 应为日期",
        ),
        (
            "schemes.toml",
            'grades = ["A", "B", "B-", "C", "D"]',
            'grades = ["A", "B", "C", "D"]',
            "schemes.toml：abcd 的 grades 中 B 与 B- 必须同时列出（PLAN-GRADES）。",
        ),
        (
            "schemes.toml",
            'grades = ["引领性", "非引领性"]',
            'grades = ["引领性", "其他"]',
            "grade.order 的 value 应由高到低列出全部等级，每个等级一次。",
        ),
        (
            "industries.toml",
            "number = 2\n",
            "number = 1\n",
            "industries.toml：行业序号“1”出现了 2 次，只能出现一次。",
        ),
        (
            "industries.toml",
            'scheme = "leading"',
            'scheme = "national-abc"',
            "scheme “national-abc”不是 shaoxing-2023 的等级方案。",
        ),
        (
            "industries.toml",
            'aliases = ["炼焦"]',
            'aliases = ["铸造"]',
            "行业名称或别名“铸造”出现了 2 次",
        ),
        (
            "rulebooks.toml",
            "issued_on = 2026-01-13",
            'issued_on = "2026-01-13"',
            "rulebooks.toml：rulebook 第 2 项（national-2026） › issued_on：应为日期",
        ),
        (
            "rulebooks.toml",
            "[[rulebook]]",
            "[[rulebook",
            "rulebooks.toml：第 3 行第 11 列不符合 TOML 写法",
        ),
    ],
)
def test_a_faulty_entry_is_named_by_file_entry_and_key(
    folder: Path, file: str, old: str, new: str, sentence: str
) -> None:
    change(folder / file, old, new)
    assert any(sentence in fault for fault in faults_of(folder)), faults_of(folder)


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    change(folder / "clauses.toml", 'title = "适用范围"\n', "")
    change(folder / "schemes.toml", 'source = "方案二（一）"', "source = 3")
    change(folder / "industries.toml", "number = 2\n", 'number = "二"\n')
    told = faults_of(folder)
    assert told == (
        "clauses.toml：clause 第 1 项（PLAN-SCOPE） › title：缺少这一项，请补上。",
        "schemes.toml：scheme 第 1 项（abcd） › source：应为加引号的文字。",
        "industries.toml：industry 第 2 项（short-process-steel） › number：应为整数。",
    )


def test_a_missing_file_and_a_wrong_encoding_are_told(folder: Path) -> None:
    (folder / "clauses.toml").unlink()
    (folder / "schemes.toml").write_bytes("标题".encode("gb18030"))
    missing, encoding = faults_of(folder)
    assert missing.startswith("clauses.toml：读不出文件")
    assert encoding == "schemes.toml：不是 UTF-8 编码，请用 UTF-8 另存。"


def settings(path: Path, text: str) -> Library:
    path.write_text(text, encoding="utf-8")
    return load_settings(path, LIBRARY)


def test_without_a_settings_file_the_delivered_values_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml", LIBRARY) is LIBRARY


def test_a_setting_carries_its_reason_and_document(tmp_path: Path) -> None:
    held = settings(tmp_path / "settings.toml", GOOD).parameters
    entry = held.on("allocation.partial", date(2025, 7, 1))
    assert entry.status == "本局设定"
    assert entry.note == "2025 年第 3 次局务会"
    assert entry.document == "示例〔2025〕1号"
    assert len(held.history("allocation.partial")) == 2


def test_the_law_s_silence_can_be_filled_by_a_setting(tmp_path: Path) -> None:
    text = GOOD.replace("allocation.partial", "renewal.due_day").replace("false", '"09-30"')
    entry = settings(tmp_path / "s.toml", text).parameters.on("renewal.due_day", date(2025, 7, 1))
    assert (entry.value, entry.status) == ("09-30", "本局设定")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("allocation.partial", "review.county_days", "id 所指的数值由文件规定，本局不能另行设定"),
        ("allocation.partial", "no.such", "id 不是规则库中的参数，请核对参数编号"),
        ("value = false", 'value = "否"', "value 应为 true 或 false"),
        ("from_on = 2025-07-01\n", "", "from_on：缺少这一项，请补上"),
        ("from_on = 2025-07-01", 'from_on = "2025-07-01"', "from_on：应为日期"),
        ('reason = "2025 年第 3 次局务会"', 'reason = ""', "reason：不能为空，请填写"),
        ("document", "number", "number：没有这一项，请核对键名或删去"),
        (
            "value = false",
            'value = false\ncounty = "330602"',
            "county 不适用，该参数全市统一，请删去",
        ),
        ("value = false", 'value = false\ncounty = "3306"', "county：应为六位区划代码"),
    ],
)
def test_a_faulty_setting_is_named_by_file_entry_and_key(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(RulebookFault) as raised:
        settings(tmp_path / "settings.toml", GOOD.replace(old, new, 1))
    (fault,) = raised.value.faults
    assert fault.startswith("settings.toml：setting 第 1 项")
    assert sentence in fault


@pytest.mark.parametrize(
    ("parameter_id", "value", "sentence"),
    [
        ("violation_year_basis", '"handled"', 'value 应为下列之一："decided"、"acted"'),
        ("violations.window_months", "0", "value 应为大于 0 的整数"),
        ("violations.window_months", "true", "value 应为大于 0 的整数"),
        ("targets.after_2025", "1.5", "value 应为 0 到 1 之间的小数"),
        ("renewal.due_day", '"02-30"', "value 应为“月-日”"),
        ("fund.eligible_grades", '["A", "S"]', "value 应为等级名称的列表"),
        ("grade.order", '["A", "B"]', "value 应由高到低列出全部等级，每个等级一次"),
    ],
)
def test_a_setting_s_value_must_fit_its_kind(
    tmp_path: Path, parameter_id: str, value: str, sentence: str
) -> None:
    text = GOOD.replace("allocation.partial", parameter_id).replace(
        "value = false", f"value = {value}"
    )
    with pytest.raises(RulebookFault, match="setting 第 1 项") as raised:
        settings(tmp_path / "settings.toml", text)
    assert sentence in str(raised.value)


def test_two_settings_for_one_day_are_refused_at_the_second(tmp_path: Path) -> None:
    with pytest.raises(RulebookFault, match=r"setting 第 2 项（allocation\.partial）.*只留一项"):
        settings(tmp_path / "settings.toml", GOOD + GOOD)
