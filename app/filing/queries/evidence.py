"""Reading materials (佐证材料): who may see one, what is the same as another, what still fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, union

from app.filing.domain import Evidence
from app.filing.evidence import Needed, TableAsked, needed
from app.filing.models import (
    FilingArrival,
    FilingEvidence,
    FilingRow,
    FilingSubmission,
    FilingSubmissionFile,
)
from app.filing.queries.filings import Filing, filing_by_id, find_filing
from app.filing.queries.working import EVIDENCE, Working
from app.kernel.authority import Scope
from app.kernel.database import db
from app.rulebook.queries import whole, words

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How large files may be (本局设定)."""

    file_bytes: int
    total_bytes: int

    @property
    def file_mb(self) -> int:
        """Of one file, in MB."""
        return self.file_bytes // MB

    @property
    def total_mb(self) -> int:
        """Of all files of a filing together, in MB."""
        return self.total_bytes // MB


def evidence_limits(on: date, county: str) -> Limits:
    """The settings on the day."""
    return Limits(
        whole("filing.evidence_file_mb", on, county) * MB,
        whole("filing.evidence_total_mb", on, county) * MB,
    )


@dataclass(frozen=True, slots=True)
class EvidenceOnRecord:
    """A material with the filing it belongs to, whether it still stands or not."""

    evidence: Evidence
    filing: Filing
    ended_at: datetime | None
    replaced_by: int | None

    @property
    def stands(self) -> bool:
        """Whether it was neither replaced nor removed."""
        return self.ended_at is None


def find_evidence(evidence_id: int, scope: Scope, work: Scope) -> EvidenceOnRecord | None:
    """A material that the person may see; None otherwise (404).

    An enterprise sees all of its own, whoever entered a filing at the window what is entered there.
    Anybody else sees a file only if it was submitted, as it was then.
    """
    found = _found(select(*EVIDENCE, FilingEvidence.filing_id, FilingEvidence.ended_at,
                          FilingEvidence.replaced_by)
                   .where(FilingEvidence.id == evidence_id))  # fmt: skip
    if found is None:
        return None
    *values, filing_id, ended_at, replaced_by = found
    filing = find_filing(filing_id, scope)
    if filing is None:
        return None
    own = filing.enterprise_id in scope.enterprises
    is_worked_on = own or find_filing(filing_id, work, for_work=True) is not None
    if not is_worked_on and not was_submitted(filing_id, evidence_id):
        return None
    return EvidenceOnRecord(Evidence(*values), filing, ended_at, replaced_by)


def _found(query: Select[*tuple[Any, ...]]) -> Any:
    return db.session.execute(query).first()


def was_submitted(filing_id: int, evidence_id: int) -> bool:
    """Whether the material belongs to a submission of its filing."""
    query = (
        select(FilingSubmissionFile.submission_id)
        .join(FilingSubmission, FilingSubmission.id == FilingSubmissionFile.submission_id)
        .where(
            FilingSubmission.filing_id == filing_id, FilingSubmissionFile.evidence_id == evidence_id
        )
    )
    return _found(query.limit(1)) is not None


def standing_evidence(filing_id: int, evidence_id: int) -> Evidence | None:
    """A material of the filing that stands."""
    row = _found(
        select(*EVIDENCE).where(
            FilingEvidence.id == evidence_id,
            FilingEvidence.filing_id == filing_id,
            FilingEvidence.ended_at.is_(None),
        )
    )
    return None if row is None else Evidence(*row)


def earlier_versions(evidence_id: int) -> list[EvidenceOnRecord]:
    """What the material took the place of, the last one first."""
    found: list[EvidenceOnRecord] = []
    wanted = evidence_id
    while len(found) < 50:
        row = _found(
            select(*EVIDENCE, FilingEvidence.filing_id, FilingEvidence.ended_at,
                   FilingEvidence.replaced_by)
            .where(FilingEvidence.replaced_by == wanted)
            .order_by(FilingEvidence.id.desc())
        )  # fmt: skip
        filing = None if row is None else filing_by_id(row.filing_id)
        if row is None or filing is None:
            break
        *values, _, ended_at, replaced_by = row
        found.append(EvidenceOnRecord(Evidence(*values), filing, ended_at, replaced_by))
        wanted = row.id
    return found


def bytes_taken(filing_id: int) -> int:
    """What the standing materials of a filing take; the same content counts once."""
    each = (
        select(func.max(FilingEvidence.size).label("size"))
        .where(FilingEvidence.filing_id == filing_id, FilingEvidence.ended_at.is_(None))
        .group_by(FilingEvidence.sha256)
        .subquery()
    )
    return int(db.session.execute(select(func.coalesce(func.sum(each.c.size), 0))).scalar_one())


def bytes_kept(filing_id: int) -> int:
    """What the filing has on disk in all: materials that stand or not, packages that came back."""
    every = union(
        select(FilingEvidence.sha256, FilingEvidence.size).where(
            FilingEvidence.filing_id == filing_id
        ),
        select(FilingArrival.sha256, FilingArrival.size).where(
            FilingArrival.filing_id == filing_id
        ),
    ).subquery()
    return int(db.session.execute(select(func.coalesce(func.sum(every.c.size), 0))).scalar_one())


@dataclass(frozen=True, slots=True)
class Twin:
    """A material of the same plant with the same content."""

    evidence: Evidence
    filing_id: int
    year: int


def twins_of(filing: Filing, sha256: str) -> list[Twin]:
    """The same content among the standing materials of this filing and the plant's earlier ones.

    Only what the same enterprise filed, newest filing first: who sends a file learns nothing of
    what others have.
    """
    rows = db.session.execute(
        select(*EVIDENCE, FilingRow.id.label("filing"), FilingRow.year)
        .join(FilingRow, FilingRow.id == FilingEvidence.filing_id)
        .where(
            FilingEvidence.sha256 == sha256,
            FilingEvidence.ended_at.is_(None),
            FilingRow.plant_id == filing.plant.plant_id,
            FilingRow.enterprise_id == filing.enterprise_id,
        )
        .order_by(FilingRow.id.desc(), FilingEvidence.id)
    )
    found: Iterable[Any] = rows
    return [Twin(Evidence(*values), filing_id, year) for *values, filing_id, year in found]


def same_content(evidence: Iterable[Evidence]) -> dict[int, tuple[Evidence, ...]]:
    """By id: the other materials of the filing that hold the same content."""
    found: dict[str, list[Evidence]] = {}
    for it in evidence:
        found.setdefault(it.sha256, []).append(it)
    return {
        it.id: tuple(other for other in group if other.id != it.id)
        for group in found.values()
        if len(group) > 1
        for it in group
    }


def needed_in(working: Working) -> list[Needed]:
    """What this filing needs, and how far each of it is."""
    filing = working.filing
    return needed(
        [TableAsked(it.place, it.label, it.table) for it in working.tables],
        filing.target,
        {key: it.answer for key, it in working.answers.items()},
        working.evidence,
        filing.year,
        filing.judged_on if working.submissions else working.on,
        proving_grades(filing),
    )


def proving_grades(filing: Filing) -> tuple[str, ...]:
    """The grades for which every indicator must be proved (PLAN-FILE)."""
    return tuple(words("filing.commitment_grades", filing.judged_on, filing.county))
