"""How an entry is kept (自评内容): canonical JSON, read back the same, and told in words.

Numbers are kept as text, digit for digit. What a person types is read in `app.filing.forms`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.filing.domain import Transport
from app.indicators.domain import (
    Answer,
    Clauses,
    Criterion,
    Limits,
    Measured,
    Quantity,
    Row,
    Share,
    YesNo,
    choosable,
)
from app.kernel.canonical import canonical
from app.rulebook.domain import Grade

LONGEST_REASON = 500

# --- Kept and read --------------------------------------------------------------------------


def answer_document(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object, everything sorted."""
    return {
        "ticked": sorted(answer.ticked),
        "measured": {
            key: {"value": _digits(it.value)}
            | ({} if it.oxygen is None else {"oxygen": _digits(it.oxygen)})
            for key, it in sorted(answer.measured.items())
        },
        "shares": {key: _digits(value) for key, value in sorted(answer.shares.items())},
        "said": dict(sorted(answer.said.items())),
        "not_applicable": answer.not_applicable,
        "chosen": answer.chosen,
        "reason": answer.reason,
        **({"nothing_met": True} if answer.nothing_met else {}),
    }


def answer_text(answer: Answer) -> str:
    """The canonical text that is kept."""
    return canonical(answer_document(answer))


def read_answer(text: str) -> Answer:
    """The answer of a kept text."""
    return answer_of(json.loads(text))


def answer_of(document: Mapping[str, Any]) -> Answer:
    """The answer of a document."""
    return Answer(
        ticked=frozenset(document["ticked"]),
        measured={
            key: Measured(Decimal(it["value"]), Decimal(it["oxygen"]) if "oxygen" in it else None)
            for key, it in document["measured"].items()
        },
        shares={key: Decimal(value) for key, value in document["shares"].items()},
        said=dict(document["said"]),
        not_applicable=document["not_applicable"],
        chosen=document["chosen"],
        reason=document["reason"],
        nothing_met=document.get("nothing_met", False),
    )


def transport_document(transport: Transport) -> dict[str, Any]:
    """The transport summary as a JSON object; null: not entered."""
    return {
        "trips": transport.trips,
        "gv_share": _digits_or_none(transport.gv_share),
        "new_energy_share": _digits_or_none(transport.new_energy_share),
        "gate_connected": transport.gate_connected,
        "transmission_rate": _digits_or_none(transport.transmission_rate),
    }


def transport_text(transport: Transport) -> str:
    """The canonical text that is kept."""
    return canonical(transport_document(transport))


def read_transport(text: str) -> Transport:
    """The summary of a kept text."""
    return transport_of(json.loads(text))


def transport_of(document: Mapping[str, Any]) -> Transport:
    """The summary of a document."""
    return Transport(
        document["trips"],
        _number_or_none(document["gv_share"]),
        _number_or_none(document["new_energy_share"]),
        document["gate_connected"],
        _number_or_none(document["transmission_rate"]),
    )


def _digits(value: Decimal) -> str:
    return format(value, "f")


def _digits_or_none(value: Decimal | None) -> str | None:
    return None if value is None else _digits(value)


def _number_or_none(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


# --- What of it fits a row ------------------------------------------------------------------


def asked_of(row: Row, grades: Sequence[Grade]) -> tuple[Criterion, ...]:
    """Everything that some grade asks of the row, each once, the best grade's first."""
    found: list[Criterion] = []
    for grade in grades:
        criterion = row.asked(grade)
        if criterion not in found:
            found.append(criterion)
    return tuple(found)


def clauses_of(row: Row, grades: Sequence[Grade]) -> dict[str, str]:
    """Id and text of every clause of the row."""
    return {
        item.id: item.text
        for it in asked_of(row, grades)
        if isinstance(it, Clauses)
        for item in it.items
    }


def quantities_of(row: Row, grades: Sequence[Grade]) -> dict[str, tuple[Quantity, bool]]:
    """Every quantity to be entered by its id, and whether its oxygen is asked for."""
    found: dict[str, tuple[Quantity, bool]] = {}
    for it in asked_of(row, grades):
        for limit in it.items if isinstance(it, Limits) else ():
            key = limit.quantity.id
            before = found.get(key, (limit.quantity, False))[1]
            found[key] = limit.quantity, before or limit.reference_oxygen is not None
    return found


def shares_of(row: Row, grades: Sequence[Grade]) -> tuple[str, ...]:
    """The subjects of every share to be entered."""
    asked = (it.subject for it in asked_of(row, grades) if isinstance(it, Share))
    return tuple(dict.fromkeys(asked))


def questions_of(row: Row, grades: Sequence[Grade]) -> tuple[str, ...]:
    """The subjects of every yes-or-no question."""
    asked = (it.subject for it in asked_of(row, grades) if isinstance(it, YesNo))
    return tuple(dict.fromkeys(asked))


def fitting(answer: Answer, row: Row, grades: Sequence[Grade]) -> Answer:
    """The part of an answer that this row asks for; what was said of other words is dropped."""
    clauses, quantities = clauses_of(row, grades), quantities_of(row, grades)
    subjects, questions = shares_of(row, grades), questions_of(row, grades)
    return replace(
        answer,
        ticked=frozenset(it for it in answer.ticked if it in clauses),
        measured={key: it for key, it in answer.measured.items() if key in quantities},
        shares={key: it for key, it in answer.shares.items() if key in subjects},
        said={key: it for key, it in answer.said.items() if key in questions},
        not_applicable=answer.not_applicable and row.may_not_apply,
        chosen=answer.chosen if answer.chosen in choosable(row, grades) else None,
        reason=answer.reason.strip()[:LONGEST_REASON],
        nothing_met=answer.nothing_met and bool(clauses) and not answer.ticked & clauses.keys(),
    )


def is_empty(answer: Answer) -> bool:
    """Whether nothing was entered."""
    return answer == Answer()


# --- In words -------------------------------------------------------------------------------


def answer_words(answer: Answer, row: Row, grades: Sequence[Grade]) -> str:
    """What was entered, as an audit entry and the copy of record tell it."""
    return "；".join(_parts(answer, row, grades)) or "未填写"


def _parts(answer: Answer, row: Row, grades: Sequence[Grade]) -> Iterator[str]:
    if answer.not_applicable:
        yield "不涉及"
    clauses, quantities = clauses_of(row, grades), quantities_of(row, grades)
    if ticked := [text for key, text in clauses.items() if key in answer.ticked]:
        yield f"已做到 {len(clauses)} 条中的 {len(ticked)} 条：{'；'.join(ticked)}"
    if answer.nothing_met:
        yield "所列各条均未做到"
    for key, (quantity, _) in quantities.items():
        if it := answer.measured.get(key):
            oxygen = "" if it.oxygen is None else f"（实测氧含量 {_digits(it.oxygen)}%）"
            yield f"{quantity.name} {_digits(it.value)} {quantity.unit}{oxygen}"
    for subject in _in_order(answer.shares, shares_of(row, grades)):
        yield f"{subject} {_digits(answer.shares[subject])}%"
    for subject in _in_order(answer.said, questions_of(row, grades)):
        yield f"{subject}：{'是' if answer.said[subject] else '否'}"
    if answer.chosen:
        yield f"自选等级 {answer.chosen}"
    if answer.reason:
        yield f"理由：{answer.reason}"


def _in_order(subjects: Iterable[str], asked: Sequence[str]) -> list[str]:
    """In the order in which the table asks for them; what it no longer asks for comes last."""
    places = {subject: place for place, subject in enumerate(asked)}
    return sorted(subjects, key=lambda it: (places.get(it, len(asked)), it))


def transport_words(transport: Transport) -> str:
    """The summary in words."""
    connected = transport.gate_connected
    parts = (
        ("车次", transport.trips, ""),
        ("国五及以上比例", _digits_or_none(transport.gv_share), "%"),
        ("新能源比例", _digits_or_none(transport.new_energy_share), "%"),
        ("门禁联网", None if connected is None else ("是" if connected else "否"), ""),
        ("数据传输率", _digits_or_none(transport.transmission_rate), "%"),
    )
    told = [f"{name} {value}{unit}" for name, value, unit in parts if value is not None]
    return "；".join(told) or "未填写"
