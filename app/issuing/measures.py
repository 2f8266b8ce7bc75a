"""The measures (政策清单) as lists that can be issued."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import url_for

from app.issuing.domain import Line, Question
from app.issuing.gathering import gather
from app.issuing.reading import facts_by_plant, reason_words, reasons_of, standing_values
from app.issuing.subjects import Content, Subject, UnknownSpec
from app.kernel import clock
from app.policy.documents import LIST_COLUMNS, Document, Table, to_canonical
from app.policy.domain import ORDER_NOTE, Measure
from app.policy.queries import (
    CANNOT_RUN,
    all_measures,
    cut_to,
    rank_register,
)
from app.rulebook.queries import rulebook_titles

KIND = "measure"


def _offers() -> list[tuple[str, str]]:
    return [(measure.id, measure.title) for measure in all_measures().values()]


def _measure(spec: str) -> Measure:
    found = all_measures().get(spec)
    if found is None:
        raise UnknownSpec
    return found


def _title(spec: str) -> str:
    return _measure(spec).title


def _is_burden(spec: str) -> bool:
    return _measure(spec).is_burden


def compute(question: Question) -> Document:
    """The list of a measure with everything it rests on."""
    measure, on, known = _measure(question.spec), question.as_of, question.known_at
    counties = None if question.county is None else [question.county]
    run = cut_to(rank_register(measure.id, on, known), known, counties)
    return gather(
        run.document,
        [row.candidate for row in run.ranked.rows],
        question,
        rulebook=run.rulebook,
        settings=measure.settings,
        conditions=measure.conditions,
        order=(criterion.title for criterion in measure.full_order),
        notes=(ORDER_NOTE, "位次为全部厂区的位次，区县范围不改变位次。"),
    )


def lines(content: Content) -> tuple[Line, ...]:
    """One line per plant."""
    facts = facts_by_plant(content)
    return tuple(
        Line(
            key=str(plant["plant_id"]),
            plant_id=plant["plant_id"],
            enterprise_id=plant["enterprise_id"],
            county=row["county"],
            uscc=row["uscc"],
            plant=row["plant"],
            plant_name=row["plant_name"],
            name=row["name"],
            rank=row["rank"],
            admitted=row["admitted"],
            result="纳入" if row["admitted"] else "不纳入",
            values=standing_values(row, content["rulebooks"]),
            reasons=reasons_of(row),
            facts=facts.get(plant["plant_id"], ()),
            grade=row["grade"],
            raw=row["facts"],
        )
        for row, plant in zip(content["list"]["rows"], content["plants"], strict=True)
    )


def table(content: Content, notes: tuple[str, ...]) -> Table:
    """The bureau's table of a frozen list."""
    document, counties = content["list"], content["counties"]
    rows = tuple(
        (
            row["rank"],
            row["uscc"],
            row["name"],
            row["plant"],
            row["plant_name"],
            counties.get(row["county"], row["county"]),
            row["industry"],
            row["rulebook"] or "",
            row["grade"] or "未定级",
            "纳入" if row["admitted"] else "不纳入",
            *reason_words(reasons_of(row)),
        )
        for row in document["rows"]
    )
    order = "；".join(content["order"])
    return Table(document["title"], (*notes, f"排序依据：{order}。", *content["notes"]),
                 LIST_COLUMNS, rows)  # fmt: skip


def _live_url(question: Question) -> str:
    return url_for(
        "policy.measure_page",
        measure_id=question.spec,
        as_of=question.as_of.isoformat(),
        county=question.county,
    )


_TOLD_BY_THE_ROW = frozenset(
    {
        "better-grade-first",
        "worse-grade-first",
        "fewer-violations-first",
        "held-longer-first",
        "uscc",
        "plant",
    }
)
"""Criteria whose keys follow from what a frozen row says."""


def could_differ(question: Question, plants: Collection[int], frozen: Sequence[Line]) -> bool:
    """Whether one of these plants would now be judged or placed otherwise than its frozen line.

    Ranks follow from what each plant brings, so nothing moves while every touched plant brings
    the same; only a plugin's own order is not told by a row, and is always computed anew.
    """
    measure = _measure(question.spec)
    if any(criterion.id not in _TOLD_BY_THE_ROW for criterion in measure.full_order):
        return True
    wanted = frozenset(plants)
    ranked = rank_register(question.spec, question.as_of, None, only=wanted)
    if question.county is not None:
        ranked = ranked.of_counties([question.county])
    now = {row.candidate.plant_id: row for row in ranked.rows}
    then = {line.plant_id: line for line in frozen if line.plant_id in wanted}
    if now.keys() != then.keys():
        return True
    document = to_canonical(ranked, known_at=clock.now(), rulebook="", rulebook_status="")
    fresh = {
        row.candidate.plant_id: judged
        for row, judged in zip(ranked.rows, document["rows"], strict=True)
    }
    return any(_decision(then[it]) != _judged(fresh[it]) for it in then)


Decision = tuple[object, ...]


def _decision(line: Line) -> Decision:
    return (line.uscc, line.plant, line.admitted, dict(line.values), _marks(line))


def _judged(row: Document) -> Decision:
    marks = [(it["clause"], it["met"]) for it in row["reasons"]]
    return (
        row["uscc"],
        row["plant"],
        row["admitted"],
        standing_values(row, rulebook_titles()),
        marks,
    )


def _marks(line: Line) -> list[tuple[str, bool]]:
    return [(it.clause, it.met) for it in line.reasons]


SUBJECT = Subject(
    kind=KIND,
    title="政策清单",
    offers=_offers,
    title_of=_title,
    compute=compute,
    lines=lines,
    table=table,
    live_url=_live_url,
    is_burden=_is_burden,
    faults=CANNOT_RUN,
    could_differ=could_differ,
)
