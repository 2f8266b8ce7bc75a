"""What is frozen when a filing is submitted (申报内容): a document that says everything by itself.

Canonical JSON in the format ``jixiao-filing-1``: numbers as text, days and moments in ISO 8601. It
is what the hash is over, what the papers are made of, and what a reviewer reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.accounts.queries import list_bureaus
from app.filing.answers import (
    answer_document,
    answer_words,
    transport_document,
    transport_words,
)
from app.filing.converting import conversions
from app.filing.domain import Assessment, CheckFinding, Evidence, Severity, Statement
from app.filing.queries.papers import subject_of, wording_in_use
from app.filing.queries.working import Working, WorkingTable
from app.filing.record import FORMAT
from app.indicators.domain import RowResult
from app.indicators.wording import written
from app.kernel import clock

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sealing:
    """What is known only when it is submitted."""

    receipt: str
    number: int
    judged_on: date
    at: datetime
    by_name: str
    role: str
    """As whom the person signed: 企业签署人."""
    sent_by: str = ""
    """Who submitted it for the enterprise at the window (代录); empty: the signatory."""


def content_of(
    working: Working,
    assessment: Assessment,
    findings: Sequence[CheckFinding],
    statements: Sequence[Statement],
    sealing: Sealing,
) -> Document:
    """The document of a submission."""
    return {
        "format": FORMAT,
        "receipt": sealing.receipt,
        "number": sealing.number,
        **entered(working, assessment, sealing.judged_on),
        "warnings": [
            {"key": it.key, "text": it.text, "clause": it.clause, "note": it.note}
            for it in findings
            if it.severity is Severity.WARNING
        ],
        "commitment": _commitment(working, statements, sealing),
        "submitted_at": clock.iso(sealing.at),
        **({"sent_by": sealing.sent_by} if sealing.sent_by else {}),
    }


def entered(working: Working, assessment: Assessment, judged_on: date) -> Document:
    """What a filing says before anybody signs it, in the shape that its submission freezes."""
    filing, numbers = working.filing, {
        it.id: number for number, it in enumerate(working.evidence, start=1)
    }  # fmt: skip
    info = working.rules.info
    return {
        "filing": {
            "id": filing.id,
            "opened_at": clock.iso(filing.opened_at),
            "opened_by": filing.opened_by_name,
            "entered_by": _entered_by(working),
        },
        "plant": _plant(working),
        "rulebook": {"id": info.id, "title": info.title, "status": info.status},
        "kind": filing.kind.value,
        "kind_words": filing.kind.words,
        "year": filing.year,
        "target": filing.target,
        "judged_on": judged_on.isoformat(),
        "grade_order": _grade_order(working),
        "tables": [_table(working, assessment, it, numbers) for it in working.tables],
        "overall": assessment.overall,
        "transport": {
            **transport_document(working.transport.transport),
            "words": transport_words(working.transport.transport),
        },
        "evidence": [_evidence(it, numbers[it.id]) for it in working.evidence],
        "way": filing.way.value,
        "way_words": filing.way.words,
        "paper": filing.paper,
    }


def _entered_by(working: Working) -> list[str]:
    """Who made the entries as they stand (填报人)."""
    names = {it.saved_by_name for it in working.answers.values()}
    return sorted(names | {working.transport.saved_by_name} - {""})


def _plant(working: Working) -> Document:
    plant = working.filing.plant
    return {
        "id": plant.plant_id,
        "uscc": plant.uscc,
        "enterprise": plant.enterprise_name,
        "number": plant.number,
        "name": plant.name,
        "county": working.filing.county,
        "county_name": _county_name(working.filing.county),
        "town": plant.town,
        "address": plant.address,
        "legal_representative": plant.legal_representative,
        "contact": plant.contact,
        "phone": plant.phone,
        "permit": plant.permit_number,
        "permit_category": plant.permit_category,
        "permit_until": _day(plant.permit_until),
        "industries": [
            {
                "industry": it.industry,
                "subtype": it.subtype,
                "role": it.role,
                "label": it.label,
                "gbt_code": it.gbt_code,
                "capacity": None if it.capacity is None else format(it.capacity, "f"),
                "capacity_unit": it.capacity_unit,
            }
            for it in working.industries
        ],
    }


def _table(
    working: Working, assessment: Assessment, table: WorkingTable, numbers: dict[int, int]
) -> Document:
    versions = table.in_force.versions if table.in_force else ()
    return {
        "place": table.place,
        "industry": table.industry,
        "subtype": table.subtype,
        "label": table.label,
        "versions": [
            {
                "id": it.id,
                "number": it.number,
                "sha256": it.sha256,
                "title": it.table.title,
                "example": it.example,
            }
            for it in versions
        ],
        "grades": list(table.table.grades),
        "rows": [_row(working, table, it, numbers) for it in assessment.results[table.place]],
        "grade": assessment.outcomes[table.place].grade,
    }


def _row(
    working: Working, table: WorkingTable, result: RowResult, numbers: dict[int, int]
) -> Document:
    row, grades = result.row, table.table.grades
    answer = working.answer(table.place, row.key)
    held = working.evidence_by_row.get((table.place, row.key), ())
    return {
        "key": row.key,
        "dimension": row.dimension,
        "title": row.title,
        "may_not_apply": row.may_not_apply,
        "asked": {grade: written(row.asked(grade)) for grade in grades},
        "answer": answer_document(answer),
        "answer_words": answer_words(answer, row, grades),
        "converted": conversions(row, answer),
        "grade": result.grade,
        "state": result.state,
        "below_lowest": result.below_lowest,
        "lacking": {grade: list(it) for grade, it in result.lacking.items()},
        "evidence": [numbers[it.id] for it in held],
    }


def _evidence(it: Evidence, number: int) -> Document:
    return {
        "no": number,
        "place": it.place,
        "row_key": it.row_key,
        "kind": it.kind,
        "name": it.name,
        "size": it.size,
        "sha256": it.sha256,
        "media": it.media,
        "pages": it.pages,
        "period_from": _day(it.period_from),
        "period_until": _day(it.period_until),
        "note": it.note,
    }


def _commitment(working: Working, statements: Sequence[Statement], sealing: Sealing) -> Document:
    subject = subject_of(working)
    return {
        "commits": subject.commits,
        "origin": wording_in_use().origin_for(subject),
        "statements": [
            {
                "id": it.id,
                "text": it.text,
                "accepted_at": clock.iso(working.acceptances[it.id].accepted_at),
                "by": working.acceptances[it.id].accepted_by_name,
            }
            for it in statements
        ],
        "signed_by": sealing.by_name,
        "role": sealing.role,
        "signed_at": clock.iso(sealing.at),
    }


def _grade_order(working: Working) -> list[str]:
    """By which tables of different schemes cross (交叉级别), the best tier first."""
    tiers = working.rules.parameter("grade.order").value
    return list(tiers) if isinstance(tiers, tuple) else []


def _county_name(county: str) -> str:
    return next((it.name for it in list_bureaus("county") if it.code == county), "")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
