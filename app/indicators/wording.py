"""How a criterion is written in a cell (指标要求的写法), and read back: one the other's inverse.

An office edits tables in a spreadsheet, so the text of a cell *is* the criterion::

    未核实                                      nothing is known here
    同上一级                                    what the next better grade asks
    未达到B级要求                               whoever does not reach B
    须做到：厂区出入口安装门禁系统              yes or no
    国五及以上车辆比例≥80%                      a share
    颗粒物（窑尾，小时均值）≤10mg/m³（基准氧含量10%）   a limit; one a line
    集气罩控制风速≥0.3m/s                       what must be reached
    1、…                                        a list, all of it
    满足下列任意2项：                           a list, so many of it
    1、…
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.indicators.answers import AIR_OXYGEN, HUNDRED, shown
from app.indicators.criteria import (
    Below,
    Clause,
    Clauses,
    Criterion,
    Evidence,
    Limit,
    Limits,
    Quantity,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
)

UNVERIFIED = "未核实"
SAME = "同上一级"
_YES_NO = "须做到："
_GRADES = "A+|A|引领性|B-|B|C|D|非引领性"
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_BELOW = re.compile(rf"未达到((?:(?:{_GRADES})级?[、/])*)({_GRADES})级?要求")
_ANY_OF = re.compile(r"满足下列任意([0-9]{1,3})项[:：]?")
_ITEM = re.compile(r"([0-9０-９]{1,3})[、.．)）]\s*(.+)", re.DOTALL)
_SHARE = re.compile(rf"([^≥≤]+)([≥≤])\s*({_NUMBER})\s*%")
_TYPED = re.compile(_NUMBER)
_UNIT = r"(?![eE][0-9])[^\s\d²³（(~～—–\-+*/.,，、:：至到或和及以][^\s（(~～≥≤以]*"
"""What stands behind a limit's number; what is left of a number or range that was not understood
(～1e999mg, 至20mg/m³, ²mg/m³, %以上) is no unit."""
_LIMIT = re.compile(
    rf"(?P<name>[^≥≤]+)(?P<sign>[≥≤])\s*(?P<first>{_NUMBER})(?:\s*[~～—–-]\s*(?P<second>{_NUMBER}))?"
    rf"\s*(?P<unit>{_UNIT})?\s*(?:[（(]基准氧含量\s*(?P<oxygen>{_NUMBER})\s*%[)）])?"
)
_NAME = re.compile(r"(?P<pollutant>[^（(]+)(?:[（(](?P<inside>.+)[)）])?")
AVERAGING = ("小时均值", "日均值", "月均值", "年均值", "任意一次值", "测定均值")
"""What a mean may be called; anything else in the brackets is the emission point."""


class UnreadableCriterion(ValueError):
    """A cell says something that is none of the ways a criterion is written."""


def written(criterion: Criterion) -> str:
    """The text of the cell."""
    match criterion:
        case Unverified():
            return UNVERIFIED
        case SameAsAbove():
            return SAME
        case Below(grade, better):
            named = "、".join((*better, grade))
            return f"未达到{named}{'' if grade.endswith('性') else '级'}要求"
        case YesNo(subject):
            return f"{_YES_NO}{subject}"
        case Share(subject, percent, at_most):
            return f"{subject}{'≤' if at_most else '≥'}{shown(percent)}%"
        case Limits(items):
            return "\n".join(_limit_written(limit) for limit in items)
        case Clauses(items, need):
            listed = [f"{number}、{item.text}" for number, item in enumerate(items, start=1)]
            return "\n".join(listed if need is None else [f"满足下列任意{need}项：", *listed])


def _limit_written(limit: Limit) -> str:
    span = "" if limit.lower is None else f"{shown(limit.lower)}～"
    oxygen = limit.reference_oxygen
    base = "" if oxygen is None else f"（基准氧含量{shown(oxygen)}%）"
    sign = "≥" if limit.at_least else "≤"
    return f"{limit.quantity.name}{sign}{span}{shown(limit.upper)}{limit.quantity.unit}{base}"


def read_number(text: str) -> Decimal:
    """A number as people type it (full-width digits too). Raises ValueError, said to a person.

    Nothing below nought, no power of ten, no NaN: none of these is ever measured or asked for.
    """
    typed = _half_width(text.strip()).replace("。", ".")
    if not _TYPED.fullmatch(typed):
        raise ValueError(
            f"“{text.strip()[:20]}”不是可用的数字。"
            "请填写 0 或正数，最多九位整数、六位小数，如 12.5。"
        )
    return Decimal(typed)


def read(text: str) -> Criterion:
    """The criterion that a cell states. Raises UnreadableCriterion, which says how to mend it."""
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        return Unverified()
    first = _half_width(lines[0])
    if len(lines) == 1:
        if first in {UNVERIFIED, SAME}:
            return Unverified() if first == UNVERIFIED else SameAsAbove()
        if below := _BELOW.fullmatch(first):
            better = [it.removesuffix("级") for it in re.split("[、/]", below[1]) if it]
            return Below(below[2], tuple(better))
        if lines[0].startswith((_YES_NO, "须做到:")):
            return YesNo(lines[0][len(_YES_NO) :].strip())
        if share := _SHARE.fullmatch(first):
            return _read_share(share, first)
    if _ANY_OF.fullmatch(first) or _ITEM.fullmatch(lines[0]):
        return _read_clauses(lines)
    limits = tuple(_read_limit(line) for line in lines)
    _refuse_twice([it.quantity.id for it in limits], lines)
    return Limits(limits)


def _refuse_twice(ids: Sequence[str], texts: Sequence[str]) -> None:
    """The same thing asked twice in one cell would be answered, and counted, by one entry."""
    for place, key in enumerate(ids):
        if key in ids[:place]:
            raise UnreadableCriterion(
                f"“{texts[place][:40]}”与第 {ids.index(key) + 1} 项写的是同一项。请删去其中一项。"
            )


def _read_share(found: re.Match[str], line: str) -> Share:
    percent = Decimal(found[3])
    if percent > HUNDRED:
        raise UnreadableCriterion(
            f"“{line[:40]}”的比例超过 100%。请填写 0 到 100 之间的百分数，如 ≥80%。"
        )
    return Share(found[1].strip(), percent, at_most=found[2] == "≤")


def _half_width(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones; Chinese punctuation stays."""
    kept = "（），；：～"
    folded = "".join(
        unicodedata.normalize("NFKC", it) if "！" <= it <= "～" and it not in kept else it
        for it in text
    )
    return folded.replace("<=", "≤").replace(">=", "≥").replace("/m3", "/m³")


def _read_clauses(lines: list[str]) -> Clauses:
    any_of = _ANY_OF.fullmatch(_half_width(lines[0]))
    items: list[str] = []
    for line in lines[1:] if any_of else lines:
        item = _ITEM.fullmatch(line)
        if item is None:
            items[-1:] = [f"{items[-1]}{line}"] if items else []
            if not items:
                raise UnreadableCriterion(_HOW.format(line[:40]))
            continue
        if int(unicodedata.normalize("NFKC", item[1])) != len(items) + 1:
            raise UnreadableCriterion(
                f"第 {len(items) + 1} 条的序号写成了 {item[1]}。请把各条按 1、2、3 依次编号。"
            )
        items.append(item[2].strip())
    need = int(any_of[1]) if any_of else None
    if not items or (need is not None and not 1 <= need <= len(items)):
        raise UnreadableCriterion(
            f"“{lines[0][:40]}”下列有 {len(items)} 条，对不上。请改正项数或补齐各条。"
        )
    clauses = tuple(Clause(text) for text in items)
    _refuse_twice([it.id for it in clauses], items)
    return Clauses(clauses, need)


def _read_limit(line: str) -> Limit:
    found = _LIMIT.fullmatch(_half_width(line).rstrip("；;。"))
    name = _NAME.fullmatch(found["name"].strip()) if found else None
    if found is None or name is None:
        raise UnreadableCriterion(_HOW.format(line[:40]))
    first, second, oxygen = Decimal(found["first"]), found["second"], found["oxygen"]
    upper = first if second is None else Decimal(second)
    at_least = found["sign"] == "≥"
    if second is not None and upper <= first:
        raise UnreadableCriterion(
            f"“{line[:40]}”的范围前大后小。请把较小的数写在前面，如 ≤20～30。"
        )
    if at_least and (second is not None or oxygen is not None):
        raise UnreadableCriterion(
            f"“{line[:40]}”是下限，不能写成范围或带基准氧含量。请只写一个数，如 ≥0.3m/s。"
        )
    if oxygen is not None and Decimal(oxygen) >= AIR_OXYGEN:
        raise UnreadableCriterion(
            f"“{line[:40]}”的基准氧含量应低于 {AIR_OXYGEN}%，否则无法折算。请核对原文。"
        )
    inside = [part.strip() for part in re.split("[，,]", name["inside"] or "") if part.strip()]
    means = [part for part in inside if part in AVERAGING]
    if len(means) > 1:
        raise UnreadableCriterion(
            f"“{line[:40]}”写了 {len(means)} 种均值。请分成 {len(means)} 行，每行只写一种。"
        )
    if at_least and not found["unit"]:
        raise UnreadableCriterion(f"“{line[:40]}”没有写单位。请写明单位，如 ≥0.3m/s、≥80%。")
    quantity = Quantity(
        pollutant=name["pollutant"].strip(),
        point="，".join(part for part in inside if part not in means),
        unit=found["unit"] or "mg/m³",
        averaging=means[0] if means else "",
    )
    return Limit(
        quantity,
        upper,
        lower=None if second is None else first,
        reference_oxygen=None if oxygen is None else Decimal(oxygen),
        at_least=at_least,
    )


_HOW = (
    "看不懂“{}”。请写成：限值“颗粒物（窑尾，小时均值）≤10mg/m³”，比例“国五及以上车辆比例≥80%”，"
    "条款“1、……”，是否“须做到：……”，或“同上一级”“未达到B级要求”“未核实”。"
)


# --- Evidence -------------------------------------------------------------------------------

_EVIDENCE = re.compile(r"(?P<kind>[^（(）)]+)(?:[（(](?P<period>[^（(）)]+)[）)])?")


class UnreadableEvidence(ValueError):
    """A line of 佐证材料 that is not understood; the text says how to write it."""


def evidence_written(evidence: Evidence) -> str:
    """监测报告（上一自然年）."""
    return f"{evidence.kind}（{evidence.period}）" if evidence.period else evidence.kind


def read_evidence(text: str) -> Iterator[Evidence]:
    """One a line: 监测报告（上一自然年）. Raises UnreadableEvidence."""
    for line in (part.strip() for part in text.replace("\r", "\n").split("\n")):
        found = _EVIDENCE.fullmatch(line) if line else None
        if found:
            yield Evidence(found["kind"].strip(), (found["period"] or "").strip())
        elif line:
            raise UnreadableEvidence(
                f"看不懂“{line[:30]}”。请写成“监测报告（上一自然年）”，一行一项。"
            )
