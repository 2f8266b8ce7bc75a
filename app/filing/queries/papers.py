"""What the papers of a filing (申报文件) are made of: its statements, the bureau, what is next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.accounts.queries import list_bureaus
from app.filing import application, receipt, record
from app.filing.application import ApplicationForm
from app.filing.commitment import BUILT_IN, Subject, Wording, episode_words, statements
from app.filing.commitment_paper import CommitmentPaper, of_content, of_draft
from app.filing.domain import Statement
from app.filing.models import FilingPaper
from app.filing.papers import wording
from app.filing.queries.filings import Submission
from app.filing.queries.working import Working
from app.filing.receipt import CountyReview, Receipt
from app.kernel import clock
from app.kernel.calendar import work_calendar
from app.kernel.database import db
from app.kernel.papers import PaperFault
from app.rulebook.domain import Rulebook
from app.rulebook.parameters import Parameter
from app.rulebook.queries import clause, parameter, rulebook_titles

BY_BUREAU = "本局设定"


def subject_of(working: Working) -> Subject:
    """What of the filing its statements speak of."""
    filing, rules = working.filing, working.rules
    grades = rules.parameter("filing.commitment_grades").value
    years = rules.parameter("false_material.ban_years").value
    return Subject(
        enterprise=filing.plant.enterprise_name,
        plant=f"{filing.plant.number} {filing.plant.name}",
        year=filing.year,
        kind=filing.kind.words,
        target=filing.target,
        lowest=tuple(it.table.grades[-1] for it in working.tables if it.table.grades),
        ban_years=years if isinstance(years, int) else 1,
        commits=isinstance(grades, tuple) and filing.target in grades,
        rulebook=f"{rules.info.title}（{rules.info.status}）",
        episode=_episode(rules),
    )


def _episode(rules: Rulebook) -> str:
    """What the rulebook says of polluted days; another one than the clause's says nothing of it."""
    if clause("PLAN-EPISODE").rulebook != rules.id:
        return ""
    told = [
        rules.parameter(f"episode.{it}").value for it in ("heavy_exempt", "light_exempt", "reduce")
    ]
    heavy, light, reduced = (it if isinstance(it, tuple) else () for it in told)
    return episode_words(heavy, light, reduced)


def statements_of(working: Working) -> tuple[Statement, ...]:
    """The statements that the signatory accepts one by one.

    Where the bureau's own words cannot be used these are ours, and a check keeps them from being
    submitted.
    """
    return statements(subject_of(working), wording_in_use())


def wording_in_use() -> Wording:
    """The bureau's own words of the commitment where they can be used, else ours."""
    return BUILT_IN if wording_fault() else wording()


def wording_fault() -> str:
    """Why the bureau's own words of the commitment cannot be used; empty: they can."""
    try:
        wording()
    except PaperFault as fault:
        return str(fault)
    return ""


def commitment_of(working: Working) -> CommitmentPaper:
    """The commitment of a filing that is worked on (未签署). Raises PaperFault."""
    subject, own = subject_of(working), wording()
    found = statements(subject, own)
    said = {
        it.id: f"{kept.accepted_by_name}于 {clock.shown(kept.accepted_at, seconds=True)} 逐条确认"
        for it in found
        if (kept := working.acceptances.get(it.id)) is not None and kept.sha256 == it.sha256
    }
    plant = working.filing.plant
    return of_draft(
        subject, found, uscc=plant.uscc, permit=plant.permit_number,
        bureau=bureau_of(working.filing.county), origin=own.origin_for(subject), accepted=said,
    )  # fmt: skip


def signed_commitment(submission: Submission) -> CommitmentPaper:
    """The commitment as it was signed with a submission."""
    content = record.read(submission.content)
    return of_content(content, submission.sha256, bureau=bureau_of(content["plant"]["county"]))


def submitted_application(submission: Submission) -> ApplicationForm:
    """The application form as it was submitted."""
    content = record.read(submission.content.encode())
    bureau = bureau_of(content["plant"]["county"])
    return application.of_content(content, submission.sha256, bureau=bureau)


def receipt_of(submission: Submission) -> Receipt:
    """The receipt of a submission."""
    content = record.read(submission.content)
    bureau = bureau_of(content["plant"]["county"])
    return receipt.receipt_of(
        content, submission.sha256, bureau=bureau, steps=next_steps_of(submission)
    )


def next_steps_of(submission: Submission) -> tuple[str, ...]:
    """What happens next and by when, by the filing's rulebook and the day of submission."""
    content = record.read(submission.content)
    county = content["plant"]["county"]
    received = clock.day_of(submission.submitted_at)
    review = _county_review(content["rulebook"], content["target"], received, county)
    return receipt.next_steps(received, review, work_calendar(), bureau_of(county))


def _county_review(named: record.Json, target: str, on: date, county: str) -> CountyReview:
    """What is known of the review; what another rulebook than the filing's says counts for nothing.

    Only what the bureau itself has set (本局设定) holds whatever the rulebook.
    """
    is_plan = clause("PLAN-COUNTY").rulebook == named["id"]

    def known(parameter_id: str) -> Parameter | None:
        found = parameter(parameter_id, on, county)
        return found if is_plan or found.status == BY_BUREAU else None

    days, kind = known("review.county_days"), parameter("review.day_kind", on, county)
    visits, notice = known("review.site_visit_grades"), known("review.notice_days")
    grades = visits.value if visits else None
    return CountyReview(
        days=days.value if days and isinstance(days.value, int) else None,
        day_kind=str(kind.value),
        kind_set_by_bureau=kind.status == BY_BUREAU,
        site_visit=isinstance(grades, tuple) and target in grades,
        notice_days=notice.value if notice and isinstance(notice.value, int) else None,
        rulebook=rulebook_titles().get(named["id"], str(named["title"])),
        is_plan=is_plan,
        days_set_by_bureau=days is not None and days.status == BY_BUREAU,
    )


def bureau_of(county: str) -> str:
    """The bureau of a county, as the plan calls it: 越城区生态环境分局."""
    name = next((it.name for it in list_bureaus() if it.code == county), "所在区县")
    return name if name.endswith("局") else f"{name}生态环境分局"


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper of a submission as it was made first."""

    kind: str
    sha256: str
    name: str
    size: int
    made_at: datetime


def papers_of(submission_id: int) -> dict[str, KeptPaper]:
    """The papers of a submission that were kept, by kind."""
    rows: Iterable[Any] = db.session.execute(
        select(FilingPaper.kind, FilingPaper.sha256, FilingPaper.name, FilingPaper.size,
               FilingPaper.made_at).where(FilingPaper.submission_id == submission_id)
    )  # fmt: skip
    return {kind: KeptPaper(kind, *rest) for kind, *rest in rows}
