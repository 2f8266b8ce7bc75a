"""How a criterion is kept in a lasting table, and read back (指标要求的存档写法).

A version never changes, so it must be readable for ever, whatever typed words are taken for today.
It is therefore kept by its parts. Tables that were kept before hold its words alone; those are read
by the grammar of that day, which stays as it was and refuses nothing: `wording` is for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.indicators.criteria import (
    Below,
    Clause,
    Clauses,
    Criterion,
    Limit,
    Limits,
    Quantity,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
)
from app.indicators.domain import shown

Parts = Mapping[str, Any]


def to_parts(criterion: Criterion) -> Parts:
    """The criterion as a JSON object; numbers as text."""
    match criterion:
        case Unverified():
            return {"is": "unverified"}
        case SameAsAbove():
            return {"is": "same"}
        case Below(grade, better):
            return {"is": "below", "grade": grade, "better": list(better)}
        case YesNo(subject):
            return {"is": "yes-no", "subject": subject}
        case Share(subject, percent, at_most):
            return {"is": "share", "subject": subject, "percent": shown(percent),
                    "at_most": at_most}  # fmt: skip
        case Clauses(items, need):
            return {"is": "clauses", "items": [it.text for it in items], "need": need}
        case Limits(items):
            return {"is": "limits", "items": [_limit_to_parts(it) for it in items]}


def _limit_to_parts(it: Limit) -> Parts:
    return {
        "pollutant": it.quantity.pollutant,
        "point": it.quantity.point,
        "unit": it.quantity.unit,
        "averaging": it.quantity.averaging,
        "upper": shown(it.upper),
        "lower": _text(it.lower),
        "reference_oxygen": _text(it.reference_oxygen),
        "at_least": it.at_least,
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else shown(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def from_parts(parts: Parts) -> Criterion:
    """The criterion that was kept. Raises KeyError for what was not written by `to_parts`."""
    match parts["is"]:
        case "unverified":
            return Unverified()
        case "same":
            return SameAsAbove()
        case "below":
            return Below(parts["grade"], tuple(parts["better"]))
        case "yes-no":
            return YesNo(parts["subject"])
        case "share":
            return Share(parts["subject"], Decimal(parts["percent"]), parts["at_most"])
        case "clauses":
            return Clauses(tuple(map(Clause, parts["items"])), parts["need"])
        case "limits":
            return Limits(tuple(map(_limit_from_parts, parts["items"])))
        case unknown:
            raise KeyError(unknown)


def _limit_from_parts(parts: Parts) -> Limit:
    quantity = Quantity(parts["pollutant"], parts["point"], parts["unit"], parts["averaging"])
    return Limit(
        quantity,
        Decimal(parts["upper"]),
        _number(parts["lower"]),
        _number(parts["reference_oxygen"]),
        parts["at_least"],
    )


# --- Tables that hold words alone -----------------------------------------------------------

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_BELOW = re.compile(r"未达到((?:[^、]+、)*)([^、]+?)级?要求")
_ANY_OF = re.compile(r"满足下列任意([0-9]{1,3})项[:：]?")
_ITEM = re.compile(r"[0-9]{1,3}、(.+)")
_SHARE = re.compile(rf"([^≥≤]+)([≥≤])({_NUMBER})%")
_LIMIT = re.compile(
    rf"(?P<name>[^≥≤]+)(?P<sign>[≥≤])(?P<first>{_NUMBER})(?:～(?P<second>{_NUMBER}))?"
    rf"(?P<unit>(?![eE][0-9])[^\s\d（(][^\s（(]*)?(?:[（(]基准氧含量(?P<oxygen>{_NUMBER})%[)）])?"
)
_NAME = re.compile(r"(?P<pollutant>[^（(]+)(?:[（(](?P<inside>.+)[)）])?")
_AVERAGING = frozenset({"小时均值", "日均值", "月均值", "年均值", "任意一次值", "测定均值"})


def from_words(text: str) -> Criterion:
    """The criterion by the words that were kept; what they do not say is not known (未核实)."""
    lines = text.split("\n")
    if text in {"未核实", "同上一级"}:
        return Unverified() if text == "未核实" else SameAsAbove()
    if below := _BELOW.fullmatch(text):
        return Below(below[2], tuple(it for it in below[1].split("、") if it))
    if text.startswith("须做到：") and len(lines) == 1:
        return YesNo(text.removeprefix("须做到："))
    if share := _SHARE.fullmatch(text):
        return Share(share[1], Decimal(share[3]), at_most=share[2] == "≤")
    any_of = _ANY_OF.fullmatch(lines[0])
    if items := _items_from_words(lines[1:] if any_of else lines):
        return Clauses(tuple(map(Clause, items)), int(any_of[1]) if any_of else None)
    limits = [_limit_from_words(line) for line in lines]
    known = tuple(it for it in limits if it is not None)
    return Limits(known) if len(known) == len(lines) else Unverified()


def _items_from_words(lines: list[str]) -> list[str]:
    """The texts of a list, whose lines may go on; empty: it is none."""
    items: list[str] = []
    for line in lines:
        if item := _ITEM.fullmatch(line):
            items.append(item[1])
        elif items:
            items[-1] += line
        else:
            return []
    return items


def _limit_from_words(line: str) -> Limit | None:
    found = _LIMIT.fullmatch(line)
    name = _NAME.fullmatch(found["name"]) if found else None
    if found is None or name is None:
        return None
    inside = [part for part in (name["inside"] or "").split("，") if part]
    means = [part for part in inside if part in _AVERAGING]
    point = "，".join(part for part in inside if part not in means)
    quantity = Quantity(
        name["pollutant"], point, found["unit"] or "mg/m³", means[0] if means else ""
    )
    first, second = Decimal(found["first"]), _number(found["second"])
    return Limit(
        quantity,
        first if second is None else second,
        lower=None if second is None else first,
        reference_oxygen=_number(found["oxygen"]),
        at_least=found["sign"] == "≥",
    )
