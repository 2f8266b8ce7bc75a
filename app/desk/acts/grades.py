"""What can be done to grade records (等级, PLAN-GRADES): by two people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from app.desk.acts.base import Act, Faults
from app.desk.acts.shared import (
    as_recorded,
    correcting_fields,
    entered,
    reason_field,
    unchanged_fault,
    why,
)
from app.desk.fields import Field, Sort, Values
from app.desk.queries.facts import GRADE, Subject
from app.grades.domain import GradeRecord, effects_seen_from, in_order
from app.grades.queries import facts_of
from app.grades.rules import SOURCES, Ban, ban_faults, dates_fault, scheme_faults
from app.grades.services import GradeEntry, annul_grades, correct_grades, record_grades
from app.grades.settings import standing_rules
from app.kernel import clock
from app.kernel.authority import Permission
from app.registry.queries import industries_of
from app.rulebook.domain import with_grade
from app.rulebook.queries import catalogue, rulebook, rulebook_on, rulebook_titles

_ENDING = (
    Field("expires_on", "失效日期", Sort.DAY, hint="自这一天起，该等级不再有效。"),
    Field("ending_document", "撤销依据文号"),
    Field("ending_reason", "撤销理由", Sort.LONG, longest=500),
)
_SOURCES = tuple((source, source) for source in SOURCES)


def _fields(_subject: Subject) -> tuple[Field, ...]:
    books = tuple(rulebook_titles().items())
    grades = tuple((grade, grade) for grade in rulebook_on(clock.today()).grade_order.ranks)
    return (
        Field("rulebook", "规则集", Sort.CHOICE, choices=books),
        Field("grade", "等级", Sort.CHOICE, choices=grades),
        Field("effective_on", "生效日期", Sort.DAY),
        Field(
            "expires_on",
            "失效日期",
            Sort.DAY,
            required=False,
            hint="等级不再有效的第一天；没有写明的留空。",
        ),
        Field("source", "来源", Sort.CHOICE, choices=_SOURCES),
        Field("document", "文号", hint="核定、复核或降级文书的文号。"),
    )


_correcting_fields = partial(correcting_fields, fields=_fields, ending=_ENDING)
_as_recorded = partial(as_recorded, fields=_correcting_fields)


def _faults(subject: Subject, values: Values) -> Faults:
    wrong = dates_fault(values["effective_on"], values["expires_on"])
    if wrong is not None:
        yield "expires_on", wrong
    if _alters(subject, values, "grade", "source", "rulebook"):
        yield from (("grade", it) for fault, it in _of_scheme(subject, values) if fault)
    if _alters(subject, values, "grade", "effective_on"):
        yield from (("effective_on", it) for it in _of_bans(subject, values))


def _alters(subject: Subject, values: Values, *names: str) -> bool:
    """Whether the record is new, or one of these values is another than the recorded one."""
    if subject.fact is None:
        return True
    return any(subject.fact.values[name] != values[name] for name in names)


def _of_scheme(subject: Subject, values: Values) -> Iterator[tuple[bool, str]]:
    held = industries_of([subject.plant.plant_id]).get(subject.plant.plant_id, ())
    return scheme_faults(
        values["grade"],
        rulebook(values["rulebook"], values["effective_on"]),
        [(catalogue().by_id(it.industry), it.subtype or None) for it in held],
        source=values["source"],
    )


def _of_bans(subject: Subject, values: Values) -> Iterator[str]:
    """Why the grade may not start inside a ban that, seen from today, stands."""
    today, plant_id = clock.today(), subject.plant.plant_id
    rules = standing_rules(today)
    facts = in_order(facts_of([plant_id])[plant_id])
    documents = {it.finding.id: it.finding.document for it in facts.findings}
    bans = [Ban(it, documents[it.id]) for it in effects_seen_from(facts, today, rules)]
    record = GradeRecord(0, values["rulebook"], values["grade"], values["effective_on"])
    for sentence in ban_faults(record, bans, rules.order):
        yield f"{sentence}。请核对生效日期和等级；认定已被撤销的，请先登记撤销"


def _notes(subject: Subject, values: Values) -> list[str]:
    found = [f"{sentence}。" for fault, sentence in _of_scheme(subject, values) if not fault]
    if values["effective_on"] > clock.today():
        found.append(f"生效日期 {values['effective_on']} 在今天以后，到该日才起作用。")
    return found


def _correcting_faults(subject: Subject, values: Values) -> Faults:
    yield from _faults(subject, values)
    yield from unchanged_fault(_as_recorded(subject), values)


def _ending_faults(subject: Subject, values: Values) -> Faults:
    fact = subject.standing_fact
    ends, typed = fact.day("expires_on"), values["expires_on"]
    if ends is not None and ends <= typed:
        yield (
            "expires_on",
            f"该等级已登记 {ends} 起失效，不会晚于它再失效一次，如原日期有误，请办理更正",
        )
    wrong = dates_fault(fact.day("effective_on"), typed)
    if wrong is not None:
        yield "expires_on", f"{wrong}；整条记录不该登记的，请办理作废"


def _entry(subject: Subject, values: Values) -> GradeEntry:
    return GradeEntry(subject.plant.plant_id, **entered(GRADE, subject, values))


def _record(subject: Subject, values: Values) -> int:
    return record_grades([_entry(subject, values)])[0]


def _replace(subject: Subject, values: Values) -> int:
    return correct_grades({subject.standing_fact.id: _entry(subject, values)}, why(values))[0]


def _annul(subject: Subject, values: Values) -> None:
    annul_grades([subject.standing_fact.id], why(values))


def _named(subject: Subject, values: Values) -> str:
    found: dict[str, Any] = {**(subject.fact.values if subject.fact else {}), **values}
    graded = with_grade(f"{found['effective_on']} 生效的", found["grade"])
    return f"{subject.plant.full_name}，{graded}"


_act = partial(
    Act,
    kind=GRADE,
    permission=Permission.DECISION_RECORD,
    second_person=True,
    headline=_named,
)
ACTS = (
    _act(
        id="grade.record",
        verb="record",
        title="登记等级",
        entry="grade.recorded",
        fields=_fields,
        faults=_faults,
        identity_field="effective_on",
        perform=_record,
        initial=lambda subject: {
            "rulebook": rulebook_on(clock.today(), subject.plant.county).id,
            "source": "核定",
        },
        notes=_notes,
        explained="等级由文书给出，这里登记文书的内容；由另一人复核后生效。",
    ),
    _act(
        id="grade.withdraw",
        verb="withdraw",
        title="撤销等级",
        entry="grade.ended",
        fields=lambda _subject: _ENDING,
        faults=_ending_faults,
        perform=_replace,
        explained="等级被撤销、到期不再延续时办理，自失效日期起未定级，更早的记录不恢复。"
        "改定为另一等级的，请登记新的等级。",
    ),
    _act(
        id="grade.correct",
        verb="correct",
        title="更正等级",
        entry="grade.corrected",
        fields=_correcting_fields,
        faults=_correcting_faults,
        identity_field="effective_on",
        perform=_replace,
        initial=_as_recorded,
        notes=_notes,
        explained="登记的内容与文书不符时办理；原记录保留并注明理由。",
    ),
    _act(
        id="grade.annul",
        verb="annul",
        title="作废等级记录",
        entry="grade.annulled",
        fields=lambda _subject: (reason_field("作废理由"),),
        faults=lambda _subject, _values: iter(()),
        perform=_annul,
        explained="整条记录不该登记（例如登错厂区、重复登记）时办理；记录保留，不再计入。",
    ),
)
