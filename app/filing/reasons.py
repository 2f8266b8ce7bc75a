"""The facts behind a verdict as links (依据的事实): what people read in place of bare ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from app.kernel.verdicts import Reason

_WORDS = {
    "violation": "查看违法行为记录",
    "finding": "查看虚假材料认定记录",
    "filing": "打开该件申报",
}


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason as the verdict component shows it: facts are pairs of words and address."""

    clause: str
    text: str
    met: bool
    facts: tuple[tuple[str, str], ...]


def shown_reasons(reasons: Iterable[Reason], plant_id: int) -> list[ShownReason]:
    """The reasons with their facts as links: those of the register on the plant's own page."""
    return [
        ShownReason(it.clause, it.text, it.met, tuple(_link(fact, plant_id) for fact in it.facts))
        for it in reasons
    ]


def _link(fact: str, plant_id: int) -> tuple[str, str]:
    kind, _, number = fact.partition(":")
    if kind == "filing":
        return _WORDS[kind], url_for("filing.overview", filing_id=int(number))
    return _WORDS.get(kind, kind), url_for("portal.plant", plant_id=plant_id, _anchor=fact)
