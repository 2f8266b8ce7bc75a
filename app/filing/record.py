"""存证件: what was submitted, as a paper that anyone can hold against its original (pure).

The original is the canonical JSON that the submission freezes; its SHA-256 stands on every page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.filing.commitment import SCAN, grade_words
from app.filing.domain import Kind, Way
from app.kernel import clock
from app.kernel.papers import PaperFault, breakable, safe_name

Json = Mapping[str, Any]
FORMAT = "jixiao-filing-1"
_PARTS = {
    "format", "receipt", "number", "plant", "rulebook", "kind", "year", "target", "judged_on",
    "tables", "overall", "transport", "warnings", "evidence", "commitment", "submitted_at", "way",
}  # fmt: skip
"""What every page and paper of a submission speaks of."""
_UNREADABLE = (
    "这次提交的内容不是本系统能读的格式，无法显示：数据可能已损坏，或由更新版本的系统写入。"
    "请联系系统管理员检查，必要时从备份恢复。"
)
TITLE = "重点行业绩效分级申报存证件"
NOT_APPLICABLE, OPEN = "不涉及", "未定"
HOW_TO_CHECK = (
    "核验方法：从系统下载本次申报的原件（JSON），用任何工具计算其 SHA-256，与各页页脚的校验值核对；"
    "或运行 verify_filing.py，同时核对佐证材料的文件，并核对各表和总体等级。"
)
_KIBI = 1024
_LONG_NAME = 40
_SHORT, _FEW = 400, 20
"""Characters and files of a row that certainly fits a page, and so is not parted."""


class UnreadableContent(PaperFault):
    """What is kept of a submission is not in a format that is known here."""

    def __init__(self) -> None:
        super().__init__(_UNREADABLE)


def read(content: bytes | str) -> Json:
    """The content of a submission out of its canonical JSON. Raises UnreadableContent."""
    try:
        held = json.loads(content)
    except ValueError as fault:
        raise UnreadableContent from fault
    if not isinstance(held, dict) or held.get("format") != FORMAT or not held.keys() >= _PARTS:
        raise UnreadableContent
    return held


def digest(content: bytes) -> str:
    """The SHA-256 by which the submission is known."""
    return hashlib.sha256(content).hexdigest()


def submitted_at(content: Json) -> datetime:
    """The moment that all its papers bear."""
    return clock.parse_moment(content["submitted_at"])


def shown_moment(text: str) -> str:
    """A recorded moment as a person in China reads it."""
    return clock.shown(clock.parse_moment(text), seconds=True) if text else ""


def kind_words(content: Json) -> str:
    """What the filing is for, as people call it."""
    return Kind(content["kind"]).words


def way_words(content: Json) -> str:
    """By which way it was entered, with the paper it was entered from."""
    way = Way(content["way"]).words
    return f"{way}（依据：{content['paper']}）" if content.get("paper") else way


def confirmed_words(content: Json) -> str:
    """How its signatory confirmed it."""
    is_paper = bool(content.get("paper"))
    return "以签名盖章的纸质材料确认，扫描件附后" if is_paper else "以本人口令确认"


def name_of(content: Json) -> str:
    """What its files are called, without what they are: 示例水泥有限公司_001_2026."""
    plant = content["plant"]
    return f"{plant['enterprise']}_{plant['number']}_{content['year']}_{content['receipt']}"


def file_list(content: Json) -> bytes:
    """The files with their hashes, as ``sha256sum -c`` reads them."""
    lines = (f"{it['sha256']}  {stored_name(it)}\n" for it in content["evidence"])
    return "".join(lines).encode()


def stored_name(file: Json) -> str:
    """The name of a file in the folder of evidence: 001_第一季度监测报告.pdf."""
    return f"{file['no']:03d}_{safe_name(file['name'])}"


def values(content: Json, sha256: str) -> dict[str, Any]:
    """Every part of the paper by its name, as its typst source reads it."""
    return {
        "title": TITLE,
        "heading": f"{content['plant']['enterprise'][:_LONG_NAME]}　{_plant(content)}",
        "receipt": f"回执编号 {content['receipt']}　第 {content['number']} 版",
        "sha256": sha256,
        "head": _head(content),
        "tables": [_sheet(it, len(content["tables"])) for it in content["tables"]],
        "parts": [
            *([_transport(content["transport"])] if content.get("transport") else []),
            _warnings(content["warnings"]),
            _evidence(content["evidence"], row_titles(content)),
            _commitment(content),
        ],
    }


def _plant(content: Json) -> str:
    plant = content["plant"]
    return f"{plant['number']} {plant['name']}".strip()


def _head(content: Json) -> list[tuple[str, str]]:
    plant, rules = content["plant"], content["rulebook"]
    signed = content["commitment"]
    return [
        ("企业名称", plant["enterprise"]),
        ("统一社会信用代码", plant["uscc"]),
        ("厂区", _plant(content)),
        ("所在区县", f"{plant.get('county_name', '')} {plant['county']}".strip()),
        ("排污许可证编号", plant.get("permit") or "未填写"),
        ("年度与类型", f"{content['year']} 年度　{kind_words(content)}"),
        ("申报等级", grade_words(content["target"])),
        ("自评等级", _grade(content["overall"], OPEN)),
        ("规则集", f"{rules['title']}（{rules['status']}）"),
        ("适用指标表的日期", content["judged_on"]),
        ("填报方式", way_words(content)),
        *(_at_window(content) if content["way"] == Way.WINDOW or content.get("sent_by") else [
            ("提交", f"{shown_moment(content['submitted_at'])}　{signed['signed_by']}"),
        ]),
    ]  # fmt: skip


def _at_window(content: Json) -> list[tuple[str, str]]:
    """Who entered it when for the enterprise, and that the scan of the paper is the signature."""
    filing = content["filing"]
    names = list(dict.fromkeys([filing["opened_by"], *filing.get("entered_by", ())]))
    by = content.get("sent_by") or filing["opened_by"]
    scans = "、".join(str(it["no"]) for it in content["evidence"] if it["kind"] == SCAN)
    signed = f"{content['commitment']['signed_by']}在纸质材料上签名盖章"
    entered = f"{'、'.join(names)}，{shown_moment(filing['opened_at'])} 开始录入"
    return [
        *([("代录人", entered)] if content["way"] == Way.WINDOW else []),
        ("签署", f"{signed}，以扫描件为准（材料第 {scans} 份）"),
        ("提交", f"{shown_moment(content['submitted_at'])}　由{by}在窗口代为提交"),
    ]


def _grade(grade: str | None, otherwise: str) -> str:
    return grade_words(grade) if grade else otherwise


def _sheet(table: Json, tables: int) -> Json:
    role = "主要行业" if table["place"] == 1 else "参照行业"
    label = f"{role}：{table['label']}" if tables > 1 else table["label"]
    holding = [row for row in table["rows"] if row["grade"] == table["grade"] and row["grade"]]
    notes = [_version(it) for it in table["versions"]] or [
        "本行业没有施行的指标表，各维度按企业选择的等级和理由填报。"
    ]
    if holding and table["grade"] != table["grades"][0]:
        names = "、".join(f"{row['key']} {row['title']}" for row in holding)
        notes.append(f"短板指标（短板原则，PLAN-SHORTBOARD）：{names}")
    return {
        "title": f"自评表　{label}　自评等级：{_grade(table['grade'], OPEN)}",
        "notes": notes,
        "rows": [_row(row, table["grades"]) for row in table["rows"]],
    }


def _version(version: Json) -> str:
    example = "（示例，不是国家或者省的指标表）" if version.get("example") else ""
    return (
        f"指标表：{version['title']}第 {version['number']} 版{example}，SHA-256 {version['sha256']}"
    )


def _row(row: Json, grades: Sequence[str]) -> Json:
    grade, state = row["grade"], row["state"]
    words = _grade(grade, NOT_APPLICABLE if state == "not-applicable" else OPEN)
    asked, answer = _asked(row["asked"], grades), row["answer_words"] or "未填写"
    lacking = [
        f"{grade_words(it)}：{'；'.join(row['lacking'][it])}"
        for it in grades
        if row["lacking"].get(it)
    ]
    said = [answer, *(f"折算：{it}" for it in converted(row))]
    longest = max(len("".join(asked)), len("".join(said)), len("".join(lacking)))
    return {
        "dimension": row["dimension"],
        "title": breakable(f"{row['key']} {row['title']}"),
        "asked": [breakable(it) for it in asked],
        "answer": [breakable(it) for it in said],
        "grade": f"{words}（企业选择）" if state == "chosen" else words,
        "lacking": [breakable(it) for it in lacking],
        "evidence": "、".join(str(no) for no in row["evidence"]),
        "together": longest <= _SHORT and len(row["evidence"]) <= _FEW,
    }


def converted(row: Json) -> Sequence[str]:
    """What was measured, as converted to reference oxygen (折算), a line for each value.

    Not among what was frozen at first: of those submissions nothing is told.
    """
    found: Sequence[str] = row.get("converted", ())
    return found


def _asked(asked: Json, grades: Sequence[str]) -> list[str]:
    """Each grade's words; neighbours that ask for the same in one line, as merged cells print."""
    found: list[tuple[list[str], str]] = []
    for grade in grades:
        words = asked.get(grade, "")
        if found and found[-1][1] == words:
            found[-1][0].append(grade)
        elif words:
            found.append(([grade], words))
    return [f"{'、'.join(names)}：{words}" for names, words in found]


def _part(
    title: str,
    heads: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    none: str = "",
    notes: Sequence[str] = (),
    small: int = -1,
) -> Json:
    return {
        "title": title,
        "heads": list(heads),
        "columns": list(columns),
        "rows": [
            [cell if place == small else breakable(cell) for place, cell in enumerate(row)]
            for row in rows
        ],
        "none": none,
        "notes": list(notes),
        "small": small,
    }


TRANSPORT = {
    "trips": "运输车次",
    "gv_share": "国五及以上车辆占比（%）",
    "new_energy_share": "新能源车辆占比（%）",
    "gate_connected": "门禁系统已联网",
    "transmission_rate": "门禁数据传输率（%）",
}


def _transport(said: Json) -> Json:
    return _part("运输汇总（HJ 1321）", ("项目", "填报内容"), ("90mm", ""), _pairs(said))


def _pairs(said: Json, above: str = "") -> Iterator[tuple[str, str]]:
    """Every entry by its words, what is nested behind what it belongs to."""
    known = [it for it in TRANSPORT if it in said]
    for name in (*known, *(it for it in said if it not in TRANSPORT)):
        words, value = f"{above}{TRANSPORT.get(name, name)}", said[name]
        if name == "words":
            continue  # the same once more, in a sentence
        if isinstance(value, dict):
            yield from _pairs(value, f"{words}：")
        elif isinstance(value, bool):
            yield words, "是" if value else "否"
        elif value not in {None, ""}:
            yield words, str(value)


def _warnings(warnings: Sequence[Json]) -> Json:
    return _part(
        "系统提示与企业说明",
        ("提示", "条款", "企业的说明"),
        ("", "32mm", ""),
        ((it["text"], it.get("clause", ""), it["note"]) for it in warnings),
        none="提交时没有提示。",
    )


def row_titles(content: Json) -> dict[tuple[int, str], str]:
    """What each row is called: 1.1 窑头颗粒物."""
    return {
        (table["place"], row["key"]): f"{row['key']} {row['title']}"
        for table in content["tables"]
        for row in table["rows"]
    }


def _evidence(files: Sequence[Json], titles: Mapping[tuple[int, str], str]) -> Json:
    total = sum(it["size"] for it in files)
    return _part(
        "佐证材料清单",
        ("序号", "文件名", "材料", "指标", "涵盖期间", "页数", "大小", "SHA-256"),
        ("10mm", "", "30mm", "34mm", "23mm", "10mm", "17mm", "82mm"),
        (
            (
                str(it["no"]),
                it["name"],
                it["kind"] or "其他材料",
                titles.get((it["place"], it["row_key"]), it["row_key"] or "整份申报"),
                period_words(it),
                str(it["pages"] or ""),
                shown_size(it["size"]),
                it["sha256"],
            )
            for it in files
        ),
        none="没有附佐证材料。",
        notes=(f"共 {len(files)} 个文件，{shown_size(total)}。",) if files else (),
        small=7,
    )


def period_words(file: Json) -> str:
    """The period that a file covers (所属时段); empty: not stated."""
    first, last = file.get("period_from"), file.get("period_until")
    return f"{first or ''} 至 {last or ''}" if first or last else ""


def shown_size(size: int) -> str:
    """A number of bytes as a person reads it."""
    if size < _KIBI:
        return f"{size} 字节"
    kibi = size / _KIBI
    return f"{kibi:.0f} KB" if kibi < _KIBI else f"{kibi / _KIBI:.1f} MB"


def _commitment(content: Json) -> Json:
    signed = content["commitment"]
    moment = shown_moment(signed["signed_at"])
    return _part(
        "承诺与声明",
        ("序号", "内容", "逐条确认"),
        ("10mm", "", "56mm"),
        (
            (str(number), it["text"], f"{it['by']}　{shown_moment(it['accepted_at'])}")
            for number, it in enumerate(signed["statements"], start=1)
        ),
        notes=(
            f"签署：{signed['signed_by']}（{signed['role']}），{moment}，{confirmed_words(content)}。",
            HOW_TO_CHECK,
        ),
    )
