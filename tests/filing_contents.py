"""Made-up contents of submissions (申报版本内容) in the shape that a submission freezes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.filing import commitment
from app.indicators.domain import (
    Answer,
    Below,
    Cell,
    Clause,
    Clauses,
    Limit,
    Limits,
    Measured,
    Quantity,
    Row,
    RowResult,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    judge_row,
    short_board,
)
from app.indicators.wording import written

Json = dict[str, Any]
GRADES = ("A", "B", "B-", "C", "D")
DUST = Quantity("颗粒物", "窑头", averaging="小时均值")
LIDS = Clauses(tuple(Clause(f"产尘点{it}采用密闭收集") for it in "一二三"))
ANY = Clauses(LIDS.items, need=2)
GATE, NEW = YesNo("厂区出入口安装门禁系统"), "国五及以上车辆比例"


def limit(upper: str, oxygen: str | None = None) -> Limits:
    return Limits((Limit(DUST, Decimal(upper), None, Decimal(oxygen) if oxygen else None),))


def cells(*criteria: Any) -> tuple[Cell, ...]:
    return tuple(Cell((grade,), it) for grade, it in zip(GRADES, criteria, strict=True))


ROWS: tuple[tuple[Row, Answer], ...] = (
    (
        Row("1.1", "排放限值", "窑头颗粒物", cells(*map(limit, ("10", "15", "20")),
            SameAsAbove(), Below("C"))),
        Answer(measured={DUST.id: Measured(Decimal("12.5"))}),
    ),
    (
        Row("1.2", "排放限值", "颗粒物（折算）", cells(*(limit(it, "10") for it in ("10", "15")),
            SameAsAbove(), limit("30", "10"), Below("C"))),
        Answer(measured={DUST.id: Measured(Decimal("9.8"), Decimal("9.5"))}),
    ),
    (
        Row("2.1", "无组织管控", "产尘点收集", cells(LIDS, ANY, SameAsAbove(), SameAsAbove(),
            Below("C"))),
        Answer(ticked=frozenset(it.id for it in LIDS.items[:2])),
    ),
    (
        Row("3.1", "运输方式", "车辆", cells(
            *(Share(NEW, Decimal(it)) for it in ("100", "80")), SameAsAbove(),
            Share(NEW, Decimal("50")), Below("C"))),
        Answer(shares={NEW: Decimal("86.5")}),
    ),
    (
        Row("4.1", "运输管控", "门禁", cells(GATE, *[SameAsAbove()] * 3, Below("C"))),
        Answer(said={GATE.subject: True}),
    ),
    (
        Row("5.1", "能源类型", "燃料", cells(*[Unverified()] * 5)),
        Answer(chosen="B", reason="全部使用天然气，见附件。"),
    ),
    (
        Row("6.1", "装备水平", "罐体", cells(GATE, *[SameAsAbove()] * 3, Below("C")),
            may_not_apply=True),
        Answer(not_applicable=True),
    ),
)  # fmt: skip


def plain(answer: Answer) -> Json:
    """The answer as it is frozen."""
    return {
        "ticked": sorted(answer.ticked),
        "measured": {
            name: {"value": str(it.value)}
            | ({"oxygen": str(it.oxygen)} if it.oxygen is not None else {})
            for name, it in answer.measured.items()
        },
        "shares": {name: str(it) for name, it in answer.shares.items()},
        "said": dict(answer.said),
        "not_applicable": answer.not_applicable,
        "chosen": answer.chosen,
        "reason": answer.reason,
        "nothing_met": answer.nothing_met,
    }


def row(number: int, given: Row, answer: Answer, files: Sequence[int] = ()) -> Json:
    result = judge_row(given, answer, GRADES)
    return {
        "key": f"{given.key}-{number}" if number else given.key,
        "dimension": given.dimension,
        "title": given.title,
        "asked": {grade: written(cell.criterion) for cell in given.cells for grade in cell.grades},
        "may_not_apply": given.may_not_apply,
        "answer": plain(answer),
        "answer_words": answer_words(answer),
        "grade": result.grade,
        "state": result.state,
        "lacking": {grade: list(why) for grade, why in result.lacking.items()},
        "evidence": list(files),
    }


def answer_words(answer: Answer) -> str:
    said = [f"{name}：{it.value}" for name, it in answer.measured.items()]
    said += [f"{name} {it}%" for name, it in answer.shares.items()]
    said += [f"{name}：{'是' if it else '否'}" for name, it in answer.said.items()]
    said += [f"已满足 {len(answer.ticked)} 条"] if answer.ticked else []
    said += [f"选择 {answer.chosen} 级：{answer.reason}"] if answer.chosen else []
    return "；".join(said) or "不涉及"


def table(place: int, rows: Sequence[Json], results: Sequence[RowResult]) -> Json:
    return {
        "place": place,
        "industry": "cement",
        "subtype": "",
        "label": "水泥制造" if place == 1 else f"水泥制造（参照 {place}）",
        "versions": [
            {"id": 3, "number": 2, "sha256": "ab" * 32, "title": "水泥（示例）", "example": True}
        ],
        "grades": list(GRADES),
        "rows": list(rows),
        "grade": short_board(results, GRADES).grade,
    }


SUBJECT = commitment.Subject(
    "示例水泥有限公司", "001 老厂", 2026, "首次申报", "B", ("D",), 1, commits=True,
    rulebook="绍兴市重点行业绩效分级管理工作方案（征求意见稿）",
    episode=commitment.episode_words(("A", "引领性"), ("A", "引领性", "B", "B-"), ("C", "D")),
)  # fmt: skip


def evidence(files: Sequence[bytes], rows: int = len(ROWS)) -> list[Json]:
    return [
        {
            "no": no,
            "place": 1,
            "row_key": ROWS[(no - 1) % rows][0].key,
            "kind": "监测报告",
            "name": f"第{no}季度监测报告.pdf",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "pages": 12,
            "period_from": "2025-01-01",
            "period_until": "2025-12-31",
        }
        for no, content in enumerate(files, start=1)
    ]


def content(
    files: Sequence[bytes] = (b"one", b"two"), tables: int = 1, rounds: int = 1, **more: Any
) -> Json:
    """A submission of so many tables, each with its rows so many times."""
    judged = [judge_row(given, answer, GRADES) for given, answer in ROWS]
    listed = evidence(files)
    numbers = {it["row_key"]: [x["no"] for x in listed if x["row_key"] == it["row_key"]]
               for it in listed}  # fmt: skip
    return {
        "format": "jixiao-filing-1",
        "receipt": "330603-2026-000012",
        "number": 1,
        "filing": {"id": 7, "opened_at": "2026-11-20T01:00:00.000000Z", "opened_by": "填报甲"},
        "plant": {
            "uscc": "91330600MA2EXAMPL4",
            "enterprise": SUBJECT.enterprise,
            "number": "001",
            "name": "老厂",
            "county": "330603",
            "county_name": "柯桥区",
            "permit": "91330600MA2EXAMPL4001V",
        },
        "rulebook": {
            "id": "shaoxing-2023",
            "title": "绍兴市重点行业绩效分级管理工作方案",
            "status": "征求意见稿",
        },
        "kind": "first",
        "year": 2026,
        "target": "B",
        "judged_on": "2026-11-20",
        "tables": [
            table(
                place,
                [
                    row(number, given, answer, numbers.get(given.key, ()) if place == 1 else ())
                    for number in range(rounds)
                    for given, answer in ROWS
                ],
                judged,
            )
            for place in range(1, tables + 1)
        ],
        "overall": short_board(judged, GRADES).grade,
        "transport": {"trips": 1200, "gv_share": "86.5", "gate_connected": True},
        "warnings": [
            {
                "key": "capacity",
                "text": "填报的产能与排污许可证载明的不同。",
                "clause": "PLAN-FILE",
                "note": "许可证正在变更。",
            }
        ],
        "evidence": listed,
        "commitment": {
            "commits": True,
            "origin": commitment.BUILT_IN.origin_for(SUBJECT),
            "statements": [
                {
                    "id": it.id,
                    "text": it.text,
                    "accepted_at": "2026-11-23T05:58:00.000000Z",
                    "by": "签字人乙",
                }
                for it in commitment.statements(SUBJECT)
            ],
            "signed_by": "签字人乙",
            "role": "签字人",
            "signed_at": "2026-11-23T06:05:00.000000Z",
        },
        "submitted_at": "2026-11-23T06:05:00.123456Z",
        "way": "browser",
        "paper": "",
        **more,
    }


def canonical(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
