"""The frozen content of a list (冻结内容) and the file that is issued (签发文件), to the byte.

Everything a reader needs to check the list by hand lies in it: the list itself in the form of its
contract, the plants behind its rows, every fact used in full, every setting read, the rulebook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.grades.domain import GradeRecord, PlantFacts
from app.policy.documents import Document, as_json, moment_in_utc
from app.rulebook.domain import RulebookInfo
from app.rulebook.parameters import Parameter
from app.supervision.domain import Finding, Violation


@dataclass(frozen=True, slots=True)
class ListedPlant:
    """The plant behind a row: its lasting ids, which rows of the contract do not carry."""

    plant_id: int
    enterprise_id: int
    uscc: str
    plant: str
    county: str
    plant_name: str
    name: str


def assemble(
    document: Document,
    *,
    plants: Sequence[ListedPlant],
    facts: Mapping[int, PlantFacts],
    parameters: Iterable[Parameter],
    rulebook: RulebookInfo,
    conditions: Iterable[tuple[str, str]],
    order: Iterable[str],
    notes: Iterable[str],
    counties: Mapping[str, str],
    rulebooks: Mapping[str, str],
) -> Document:
    """The content of a list. ``document`` is that of the contract, its own sha256 included.

    ``plants`` are those behind ``document["rows"]``, row by row; ``facts`` everything recorded of
    each (`grades.queries.facts_of` at the moment of knowledge), of which what had come about by the
    day is kept. ``conditions`` are pairs (clause, sentence); ``notes`` are printed under the list;
    ``counties`` and ``rulebooks`` give the short names of all, by their ids.
    """
    on = date.fromisoformat(str(document["as_of"]))
    listed = {plant.plant_id: plant for plant in plants}
    return {
        "list": document,
        "rulebook": {
            "id": rulebook.id,
            "title": rulebook.title,
            "status": rulebook.status,
            "number": rulebook.number,
        },
        "conditions": [{"clause": clause, "text": text} for clause, text in conditions],
        "order": list(order),
        "notes": list(notes),
        "parameters": [
            parameter_as_json(it)
            for it in sorted(parameters, key=lambda it: (it.id, it.county or ""))
        ],
        "counties": {code: counties.get(code, code) for code in sorted({p.county for p in plants})},
        "rulebooks": {key: rulebooks[key] for key in sorted(rulebooks)},
        "plants": [_plant_as_json(plant) for plant in plants],
        "facts": [
            fact
            for plant_id in sorted(listed, key=lambda it: (listed[it].uscc, listed[it].plant))
            for fact in facts_of_plant(plant_id, facts.get(plant_id, PlantFacts()), on)
        ],
    }


def _plant_as_json(plant: ListedPlant) -> Document:
    return {
        "plant_id": plant.plant_id,
        "enterprise_id": plant.enterprise_id,
        "uscc": plant.uscc,
        "plant": plant.plant,
        "county": plant.county,
        "plant_name": plant.plant_name,
        "name": plant.name,
    }


def facts_of_plant(plant_id: int, facts: PlantFacts, on: date) -> list[Document]:
    """What had come about by the day at one plant, the oldest first within each kind."""
    records = (it for it in facts.records if it.effective_on <= on)
    violations = (it for it in facts.violations if it.decided_on <= on)
    findings = (it for it in facts.findings if it.finding.found_on <= on)
    return [
        *(
            _record_as_json(plant_id, it)
            for it in sorted(records, key=lambda it: (it.effective_on, it.id))
        ),
        *(
            _violation_as_json(plant_id, it)
            for it in sorted(violations, key=lambda it: (it.decided_on, it.id))
        ),
        *(
            {
                **_finding_as_json(plant_id, it.finding),
                "lowest_grade": it.lowest.grade,
                "verified": it.lowest.verified,
            }
            for it in sorted(findings, key=lambda it: (it.finding.found_on, it.finding.id))
        ),
    ]


def _record_as_json(plant_id: int, record: GradeRecord) -> Document:
    return {
        "plant_id": plant_id,
        "fact": f"grade_record:{record.id}",
        "rulebook": record.rulebook,
        "grade": record.grade,
        "effective_on": record.effective_on.isoformat(),
        "expires_on": _day(record.expires_on),
        "source": record.source,
        "document": record.document,
    }


def _violation_as_json(plant_id: int, violation: Violation) -> Document:
    return {
        "plant_id": plant_id,
        "fact": f"violation:{violation.id}",
        "kind": str(violation.kind),
        "acted_on": _day(violation.acted_on),
        "decided_on": violation.decided_on.isoformat(),
        "document": violation.document,
        "withdrawn_on": _day(violation.withdrawn_on),
        "enterprise_wide": violation.enterprise_wide,
        "barring_reason": violation.barring_reason,
    }


def _finding_as_json(plant_id: int, finding: Finding) -> Document:
    return {
        "plant_id": plant_id,
        "fact": f"finding:{finding.id}",
        "found_on": finding.found_on.isoformat(),
        "document": finding.document,
        "withdrawn_on": _day(finding.withdrawn_on),
        "enterprise_wide": finding.enterprise_wide,
        "note": finding.note,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def parameter_as_json(parameter: Parameter) -> Document:
    """A setting that was read, with its value, since when, by which clause and how sure."""
    return {
        "id": parameter.id,
        "title": parameter.title,
        "value": _plain(parameter.value),
        "shown": parameter.shown,
        "from_on": _day(parameter.from_on),
        "clause": parameter.clause,
        "source": parameter.source,
        "document": parameter.document,
        "status": parameter.status,
        "county": parameter.county,
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, (date, Decimal)) else value


def sha256_of(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """The file that is issued: its bytes, and the hash it carries (校验值)."""

    content: bytes
    sha256: str


def issued_file(issue: Document, content: bytes) -> IssuedFile:
    """Bind what was decided (`issue`) to the frozen content, and seal both.

    The hash is over the canonical JSON without its last key; parsing the file and writing it again
    gives the same bytes, so no byte of it can change unnoticed.
    """
    head = b'{"issue":' + as_json(issue) + b',"content":' + content
    body = head + b',"content_sha256":"' + sha256_of(content).encode() + b'"'
    sha256 = sha256_of(body + b"}")
    return IssuedFile(body + b',"sha256":"' + sha256.encode() + b'"}', sha256)


def stamped(content: Mapping[str, Any], moment: datetime) -> Document:
    """The content with the moment of knowledge that is to stand in it."""
    listed = {**content["list"], "known_at": moment_in_utc(moment)}
    return {**content, "list": listed}
