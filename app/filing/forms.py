"""What filers type into the pages of a filing, read into values (表单).

What cannot be read is never guessed: a sentence stands at the field, and what was typed stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from app.filing.entry import EntryForm, MeasureInput
from app.indicators.domain import AIR_OXYGEN, Answer, Measured, OxygenOfAir, shown

T = TypeVar("T")
LONGEST_REASON = 500
LONGEST_NUMBER = 100
"""Typed with spaces and its unit; nothing longer is looked at letter by letter."""
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]{1,6})?")
"""1,200 and 1 200 are one number each; 10 20 are two."""
_RANGE = re.compile(r"[0-9.]+(?:[~～—–-]|至|到)[0-9.]+")
_BELOW_DETECTION = re.compile(r"(?i:未检出|ND|<.*|低于检出限)")
_HUNDRED = Decimal(100)
_SHOWN = 20


def read_number(typed: str, unit: str = "") -> Decimal | None:
    """A number as people type it: full-width digits and its own unit do not matter.

    None when blank. Raises ValueError with a sentence for everything that is no measured number:
    a limit, a range, what was not detected, less than nothing, powers of ten.
    """
    said = f"“{typed.strip()[:_SHOWN]}”"
    if len(typed) > LONGEST_NUMBER:
        raise ValueError(f"{said}等共 {len(typed)} 个字，不是数字。请只填数字，例如 12.5。")
    text = _without_unit(_half_width(typed), unit)
    if not text:
        return None
    number = text.replace(",", "").replace(" ", "") if _THOUSANDS.fullmatch(text) else text
    if _PLAIN.fullmatch(number):
        return Decimal(number)
    bare = "".join(text.split())
    if bare.startswith("-") and _PLAIN.fullmatch(bare[1:]):
        raise ValueError(f"{said}是负数。请核对，填写 0 或正数。")
    if _RANGE.fullmatch(bare):
        raise ValueError(f"{said}是一个范围。请填写一个实测数值，取其中最不利的。")
    if _BELOW_DETECTION.fullmatch(bare):
        raise ValueError(f"{said}不是数字。未检出的，请填写方法检出限的数值。")
    if bare[0] in "≤≥>约":
        raise ValueError(f"{said}不是实测数值。请填写监测报告中的数值，不填限值和约数。")
    wanted = f"，单位为 {unit}" if unit else ""
    raise ValueError(
        f"{said}不是可用的数字。请只填 0 或正数，最多九位整数、六位小数，例如 12.5{wanted}。"
    )


def _half_width(typed: str) -> str:
    """Full-width digits, letters and signs as half-width ones; ² and ① stay what they are."""
    return "".join(
        unicodedata.normalize("NFKC", it) if "！" <= it <= "～" or it.isspace() else it
        for it in typed.replace("。", ".")
    ).strip()


def _without_unit(text: str, unit: str) -> str:
    """The number alone, where its own unit was typed behind it."""
    own = _squeezed(unit)
    for place in range(1, len(text)):
        if own and _squeezed(text[place:]) == own:
            return text[:place].rstrip()
    return text


def _squeezed(unit: str) -> str:
    return "".join(unicodedata.normalize("NFKC", unit).split()).casefold()


@dataclass(slots=True)
class TypedRow:
    """A row as typed, kept as it is; ``errors`` say by input what has to be mended."""

    ticked: frozenset[str] = frozenset()
    texts: dict[str, str] = field(default_factory=dict)
    """By the name of the input: measured values, shares, 是 and 否."""
    not_applicable: bool = False
    nothing_met: bool = False
    chosen: str = ""
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What stands in an input."""
        return self.texts.get(name, "")


def typed_of(answer: Answer | None, form: EntryForm) -> TypedRow:
    """A saved answer as its inputs show it."""
    if answer is None:
        return TypedRow()
    texts: dict[str, str] = {}
    for it in form.measures:
        found = answer.measured.get(it.quantity.id)
        if found is not None:
            texts[it.name] = shown(found.value)
            if found.oxygen is not None:
                texts[it.oxygen_name] = shown(found.oxygen)
    for share in form.shares:
        if share.subject in answer.shares:
            texts[share.name] = shown(answer.shares[share.subject])
    for question in form.questions:
        if question.subject in answer.said:
            texts[question.name] = "yes" if answer.said[question.subject] else "no"
    return TypedRow(
        answer.ticked,
        texts,
        answer.not_applicable,
        answer.nothing_met,
        answer.chosen or "",
        answer.reason,
    )


def typed_in(sent: MultiDict[str, str], prefix: str, form: EntryForm) -> TypedRow:
    """A row as the browser sent it, nothing judged yet."""
    names = [it.name for it in form.measures]
    names += [it.name for it in (*form.shares, *form.questions)]
    names += [it.oxygen_name for it in form.measures if it.needs_oxygen]
    return TypedRow(
        ticked=frozenset(sent.getlist(f"{prefix}.c")) & {it.id for it in form.clauses},
        texts={name: text for name in names if (text := sent.get(f"{prefix}.{name}", "").strip())},
        not_applicable=f"{prefix}.na" in sent,
        nothing_met=f"{prefix}.none" in sent,
        chosen=sent.get(f"{prefix}.g", "").strip(),
        reason=sent.get(f"{prefix}.why", "").strip(),
    )


def read_answer(typed: TypedRow, form: EntryForm) -> Answer | None:
    """The answer that was typed; None when something has to be mended (``typed.errors``)."""
    values = {it.quantity.id: _measured(typed, it) for it in form.measures}
    measured = {key: it for key, it in values.items() if it is not None}
    percents = {it.subject: _share(typed, it.name) for it in form.shares}
    shares = {key: it for key, it in percents.items() if it is not None}
    said = {
        it.subject: typed.text(it.name) == "yes"
        for it in form.questions
        if typed.text(it.name) in ("yes", "no")
    }
    chosen = typed.chosen if typed.chosen in form.choosable else None
    if chosen and not typed.reason:
        typed.errors["why"] = "自行选择等级的，须写明理由。请填写依据，例如检测报告或批复文件。"
    if len(typed.reason) > LONGEST_REASON:
        typed.errors["why"] = (
            f"理由有 {len(typed.reason)} 个字，超过 {LONGEST_REASON} 个字。请缩短。"
        )
    if typed.nothing_met and typed.ticked:
        typed.errors["none"] = "既勾选了已满足的要求，又勾选了“以上均不满足”。请去掉其中一种。"
    if typed.errors:
        return None
    not_applicable = typed.not_applicable and form.row.may_not_apply
    return Answer(
        typed.ticked, measured, shares, said, not_applicable, chosen, typed.reason,
        nothing_met=typed.nothing_met and bool(form.clauses),
    )  # fmt: skip


def _measured(typed: TypedRow, wanted: MeasureInput) -> Measured | None:
    value = _number(typed, wanted.name, wanted.quantity.unit)
    oxygen = _number(typed, wanted.oxygen_name, "%") if wanted.needs_oxygen else None
    if oxygen is not None and oxygen >= AIR_OXYGEN:
        typed.errors[wanted.oxygen_name] = str(OxygenOfAir())
        return None
    if value is None:
        if oxygen is not None and wanted.name not in typed.errors:
            typed.errors[wanted.name] = "填写了氧含量，没有填写实测值。请填写实测值。"
        return None
    return Measured(value, oxygen)


def _share(typed: TypedRow, name: str) -> Decimal | None:
    found = _number(typed, name, "%")
    if found is not None and found > _HUNDRED:
        typed.errors[name] = f"比例 {shown(found)}% 超过 100%。请填写 0 到 100 之间的数。"
        return None
    return found


def _number(typed: TypedRow, name: str, unit: str) -> Decimal | None:
    try:
        return read_number(typed.text(name), unit)
    except ValueError as fault:
        typed.errors[name] = str(fault)
        return None


# --- Two people changed the same row -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Differing:
    """One input of a row that two people filled in differently, in words."""

    label: str
    mine: str
    theirs: str


def differences(mine: Answer, theirs: Answer, form: EntryForm) -> tuple[Differing, ...]:
    """Where two answers to a row differ, input by input, as people read it."""
    ours, others = dict(told(mine, form)), dict(told(theirs, form))
    return tuple(
        Differing(label, ours.get(label, "未填"), others.get(label, "未填"))
        for label in dict.fromkeys((*ours, *others))
        if ours.get(label, "未填") != others.get(label, "未填")
    )


def told(answer: Answer, form: EntryForm) -> list[tuple[str, str]]:
    """An answer in words: what was asked, what was said; what was left blank is left out."""
    found = [(it.text, "已满足") for it in form.clauses if it.id in answer.ticked]
    for it in form.measures:
        measured = answer.measured.get(it.quantity.id)
        if measured is not None:
            oxygen = "" if measured.oxygen is None else f"，氧含量 {shown(measured.oxygen)}%"
            found.append((it.quantity.name, f"{shown(measured.value)} {it.quantity.unit}{oxygen}"))
    found += [
        (it.subject, f"{shown(answer.shares[it.subject])}%")
        for it in form.shares
        if it.subject in answer.shares
    ]
    found += [
        (it.subject, "是" if answer.said[it.subject] else "否")
        for it in form.questions
        if it.subject in answer.said
    ]
    if answer.nothing_met:
        found.append(("所列要求", "均不满足"))
    if answer.not_applicable:
        found.append(("是否涉及", "不涉及"))
    if answer.chosen:
        found.append(("自行选择的等级", answer.chosen))
    if answer.reason:
        found.append(("理由或说明", answer.reason))
    return found


def merged(base: Answer, mine: Answer, theirs: Answer) -> Answer:
    """A proposal for two answers that grew from the same one.

    What only one of the two changed is taken from that one; what both changed, from ``mine``.
    """
    ticked = (
        (base.ticked & mine.ticked & theirs.ticked)
        | (mine.ticked - base.ticked)
        | (theirs.ticked - base.ticked)
    )
    return Answer(
        ticked=frozenset(ticked),
        measured=_merged(base.measured, mine.measured, theirs.measured),
        shares=_merged(base.shares, mine.shares, theirs.shares),
        said=_merged(base.said, mine.said, theirs.said),
        not_applicable=_pick(base.not_applicable, mine.not_applicable, theirs.not_applicable),
        chosen=_pick(base.chosen, mine.chosen, theirs.chosen),
        reason=_pick(base.reason, mine.reason, theirs.reason),
        nothing_met=not ticked and _pick(base.nothing_met, mine.nothing_met, theirs.nothing_met),
    )


def _pick(base: T, mine: T, theirs: T) -> T:
    return theirs if mine == base else mine


def _merged(base: Mapping[str, T], mine: Mapping[str, T], theirs: Mapping[str, T]) -> dict[str, T]:
    keys: Sequence[str] = list(dict.fromkeys((*mine, *theirs)))
    chosen = {key: _pick(base.get(key), mine.get(key), theirs.get(key)) for key in keys}
    return {key: value for key, value in chosen.items() if value is not None}
