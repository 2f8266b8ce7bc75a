"""Plants that must renew, and what they filed, for tests (年度更新)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, update

from app.filing import services
from app.filing.domain import Kind
from app.filing.models import FilingRow, FilingStep, FilingSubmission
from app.filing.queries.renewals import renewal_of
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.facts import a_plant

RULES = "shaoxing-2023"
TODAY = date(2026, 4, 20)


def graded(
    number: int, *grades: tuple[str, date, date | None], county: str = "330602",
    industry: str = "铸造",
) -> int:  # fmt: skip
    """A plant with these grades: (grade, from, until)."""
    _, plant_id = a_plant(number, county=county, industry=industry)
    with writing("测试"):
        if grades:
            record_grades(
                [
                    GradeEntry(plant_id, RULES, grade, from_on, until_on, "历史", "文")
                    for grade, from_on, until_on in grades
                ]
            )
        audit.record("test.graded", "plant", plant_id)
    return plant_id


def filed(
    plant_id: int, on: str, *, sent: str = "", kind: str = "renewal", owner_of: int | None = None
) -> int:
    """A filing begun on a day and handed in on another, or not; by the owner of another plant."""
    year = 2026
    begun_at = clock.parse_moment(f"{on} 09:00")
    with writing("测试"):
        owner = renewal_of(owner_of or plant_id, EVERYTHING, year, TODAY)
        made: int = db.session.execute(
            insert(FilingRow)
            .values(
                plant_id=plant_id, enterprise_id=owner.enterprise_id if owner else 1,
                county="330602", year=year, kind=kind, target="B", rulebook=RULES, way="browser",
                paper="", state="draft", revision=1, opened_at=begun_at, opened_by=None,
                opened_by_name="填报人", judged_on=begun_at.date(), form_key=f"f{plant_id}",
            )
            .returning(FilingRow.id)
        ).scalar_one()  # fmt: skip
        if sent:
            db.session.execute(
                insert(FilingSubmission).values(
                    filing_id=made, number=1, receipt=f"R{made}", content="{}", sha256="0" * 64,
                    grade="B", submitted_at=clock.parse_moment(f"{sent} 10:00"),
                    submitted_by=None, submitted_by_name="签署人", form_key=f"s{made}",
                )
            )  # fmt: skip
            _to(made, "submitted", "submit", sent)
        audit.record("test.filed", "filing", made)
    return made


def _to(filing_id: int, state: str, action: str, on: str) -> None:
    db.session.execute(update(FilingRow).where(FilingRow.id == filing_id).values(state=state))
    db.session.execute(
        insert(FilingStep).values(
            filing_id=filing_id, action=action, state=state, reason="由",
            done_at=clock.parse_moment(f"{on} 11:00"), done_by=None, done_by_name="签署人",
        )
    )  # fmt: skip


def withdrawn(filing_id: int, on: str) -> None:
    """Take back what was handed in."""
    with writing("测试"):
        _to(filing_id, "withdrawn", "withdraw", on)
        audit.record("test.filed", "filing", filing_id)


def last_day(until_on: date = date(2026, 4, 30)) -> int:
    """A window of this year's renewal that ends so; returns its id."""
    with writing("测试"):
        return services.set_window(
            2026, Kind.RENEWAL, date(2026, 3, 1), until_on, document="绍市环〔2026〕3号"
        )
