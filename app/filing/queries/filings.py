"""Reading filings (申报): headers, what was submitted, the course they took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.filing.domain import Kind, State, Way
from app.filing.models import FilingRow, FilingStep, FilingSubmission, FilingSubmissionFile
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.permissions import within
from app.registry.queries import PlantOnRecord, plants_by_id
from app.rulebook.domain import Grade


@dataclass(frozen=True, slots=True)
class Filing:
    """The header of a filing, with the plant as it is on record now."""

    id: int
    plant: PlantOnRecord
    enterprise_id: int
    """Who filed it; the plant may belong to another by now."""
    county: str
    year: int
    kind: Kind
    target: Grade
    rulebook: str
    way: Way
    paper: str
    state: State
    revision: int
    opened_at: datetime
    opened_by: int | None
    opened_by_name: str
    judged_on: date
    form_key: str
    at_office: bool = False
    """Whether the county began it for the enterprise."""

    @property
    def title(self) -> str:
        """示例水泥有限公司（001 老厂）2026 年首次申报（B）."""
        return f"{self.plant.full_name}{self.kind.in_year(self.year)}（{self.target}）"

    @property
    def is_transferred(self) -> bool:
        """Whether the plant went over to another enterprise since the start."""
        return self.plant.enterprise_id != self.enterprise_id


HEADER = (
    FilingRow.id, FilingRow.plant_id, FilingRow.enterprise_id, FilingRow.county, FilingRow.year,
    FilingRow.kind, FilingRow.target, FilingRow.rulebook, FilingRow.way, FilingRow.paper,
    FilingRow.state, FilingRow.revision, FilingRow.opened_at, FilingRow.opened_by,
    FilingRow.opened_by_name, FilingRow.judged_on, FilingRow.form_key, FilingRow.at_office,
)  # fmt: skip


def as_filing(row: Sequence[Any], plant: PlantOnRecord) -> Filing:
    """A filing of its columns (HEADER)."""
    (filing_id, _, enterprise_id, county, year, kind, target, rulebook, way, paper,
     state, *rest) = row  # fmt: skip
    return Filing(filing_id, plant, enterprise_id, county, year, Kind(kind), target, rulebook,
                  Way(way), paper, State(state), *rest)  # fmt: skip


def reach(scope: Scope, *, for_work: bool = False) -> ColumnElement[bool]:
    """What of all filings a person may see, or work on.

    An enterprise sees its own. Officers see what was submitted and never a draft, save what the
    county began for the enterprise: on what is entered from paper (窗口代录) only its officers
    work, on what comes in by a package (离线填报包) they as well as the enterprise.
    """
    own = FilingRow.enterprise_id.in_(sorted(scope.enterprises))
    office = within(Scope(scope.counties), FilingRow.county)
    if for_work:
        return or_(and_(own, FilingRow.way != Way.WINDOW), and_(office, FilingRow.at_office))
    submitted = FilingRow.id.in_(select(FilingSubmission.filing_id))
    return or_(own, and_(office, or_(submitted, FilingRow.at_office)))


def find_filing(filing_id: int, scope: Scope, *, for_work: bool = False) -> Filing | None:
    """The filing, if the person may see it, or work on it; None otherwise (404)."""
    return _found(FilingRow.id == filing_id, reach(scope, for_work=for_work))


def filing_by_id(filing_id: int) -> Filing | None:
    """The filing, whoever asks: for verbs, whose caller has looked at the person's reach."""
    return _found(FilingRow.id == filing_id)


def _found(*conditions: ColumnElement[bool]) -> Filing | None:
    row = db.session.execute(select(*HEADER).where(*conditions)).first()
    if row is None:
        return None
    plant = plants_by_id([row.plant_id]).get(row.plant_id)
    return None if plant is None else as_filing(row, plant)


def filings_of_plants(plant_ids: Iterable[int], scope: Scope) -> dict[int, list[Filing]]:
    """The filings of each plant that the person may see, the newest first."""
    wanted = sorted(set(plant_ids))
    query = select(*HEADER).where(FilingRow.plant_id.in_(wanted), reach(scope))
    rows = list(db.session.execute(query.order_by(FilingRow.id.desc())))
    plants = plants_by_id(row.plant_id for row in rows)
    found: dict[int, list[Filing]] = {}
    for row in rows:
        if row.plant_id in plants:
            found.setdefault(row.plant_id, []).append(as_filing(row, plants[row.plant_id]))
    return found


def find_by_form(form_key: str) -> int | None:
    """The filing that was started by this form."""
    query = select(FilingRow.id).where(FilingRow.form_key == form_key)
    return db.session.execute(query).scalar_one_or_none()


# --- What was submitted ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubmissionFile:
    """A file that belongs to a submission."""

    place: int
    role: str
    sha256: str
    name: str
    size: int
    evidence_id: int | None


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted (申报版本); ``content`` is canonical JSON."""

    id: int
    filing_id: int
    number: int
    receipt: str
    content: str
    sha256: str
    grade: Grade | None
    submitted_at: datetime
    submitted_by: int | None
    submitted_by_name: str
    form_key: str
    files: tuple[SubmissionFile, ...] = ()


_SUBMISSION = (
    FilingSubmission.id, FilingSubmission.filing_id, FilingSubmission.number,
    FilingSubmission.receipt, FilingSubmission.content, FilingSubmission.sha256,
    FilingSubmission.grade, FilingSubmission.submitted_at, FilingSubmission.submitted_by,
    FilingSubmission.submitted_by_name, FilingSubmission.form_key,
)  # fmt: skip


def submissions_of(filing_id: int) -> list[Submission]:
    """Every submission of a filing, the first one first, with its files."""
    query = select(*_SUBMISSION).where(FilingSubmission.filing_id == filing_id)
    rows = list(db.session.execute(query.order_by(FilingSubmission.number)))
    files = _files_of([row.id for row in rows])
    return [Submission(*row, files=files.get(row.id, ())) for row in rows]


def find_submission(submission_id: int, scope: Scope) -> Submission | None:
    """The submission, if the person may see its filing; None otherwise (404)."""
    query = (
        select(*_SUBMISSION)
        .join(FilingRow, FilingRow.id == FilingSubmission.filing_id)
        .where(FilingSubmission.id == submission_id, reach(scope))
    )
    row = db.session.execute(query).first()
    if row is None:
        return None
    return Submission(*row, files=_files_of([row.id]).get(row.id, ()))


def find_submission_by_form(form_key: str) -> Submission | None:
    """The submission that this form made."""
    query = select(*_SUBMISSION).where(FilingSubmission.form_key == form_key)
    row = db.session.execute(query).first()
    return Submission(*row, files=_files_of([row.id]).get(row.id, ())) if row else None


def _files_of(submission_ids: Sequence[int]) -> dict[int, tuple[SubmissionFile, ...]]:
    rows: Iterable[Any] = db.session.execute(
        select(
            FilingSubmissionFile.submission_id, FilingSubmissionFile.place,
            FilingSubmissionFile.role, FilingSubmissionFile.sha256, FilingSubmissionFile.name,
            FilingSubmissionFile.size, FilingSubmissionFile.evidence_id,
        )
        .where(FilingSubmissionFile.submission_id.in_(submission_ids))
        .order_by(FilingSubmissionFile.submission_id, FilingSubmissionFile.place)
    )  # fmt: skip
    found: dict[int, list[SubmissionFile]] = {}
    for submission_id, *values in rows:
        found.setdefault(submission_id, []).append(SubmissionFile(*values))
    return {key: tuple(items) for key, items in found.items()}


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step in the course of a filing (办理经过)."""

    action: str
    state: State
    reason: str
    done_at: datetime
    done_by: int | None
    done_by_name: str


def steps_of(filing_id: int) -> list[StepTaken]:
    """What was done with a filing, the first step first."""
    rows: Iterable[Any] = db.session.execute(
        select(FilingStep.action, FilingStep.state, FilingStep.reason, FilingStep.done_at,
               FilingStep.done_by, FilingStep.done_by_name)
        .where(FilingStep.filing_id == filing_id)
        .order_by(FilingStep.id)
    )  # fmt: skip
    return [StepTaken(action, State(state), *rest) for action, state, *rest in rows]
