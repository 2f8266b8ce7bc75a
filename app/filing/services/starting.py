"""Beginning a filing (开始申报): the verdict first, then what was entered before is taken over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.filing.domain import Kind, State, Way
from app.filing.models import FilingRow, FilingTable
from app.filing.queries import (
    Wanted,
    admission,
    filing_by_id,
    find_by_form,
    find_tables,
)
from app.filing.queries.tables import ids_text
from app.filing.services.carrying_over import carry_over
from app.filing.services.course import (
    enter,
    held,
    move,
    note_step,
)
from app.kernel import clock
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.kernel.verdicts import Verdict
from app.registry.queries import PlantOnRecord, industries_of
from app.rulebook.domain import Grade, Rulebook
from app.rulebook.queries import rulebook_on


class NotAdmitted(Refused):
    """The plant may not file so; ``verdict`` says why, clause by clause."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("".join(it.text for it in verdict.reasons if not it.met))
        self.verdict = verdict


def start(
    plant: PlantOnRecord,
    year: int,
    kind: Kind,
    target: Grade,
    *,
    way: Way = Way.BROWSER,
    paper: str = "",
    at_office: bool = False,
    form_key: str,
) -> int:
    """Begin a filing; returns its id. The same form sent twice is one filing. Raises NotAdmitted.

    ``at_office``: the county begins it for the enterprise.

    What the plant filed last is carried over; `carry_over` says what of it is to be confirmed.
    """
    current = transaction()
    before = find_by_form(form_key)
    if before is not None:
        return before
    on = clock.day_of(current.moment)
    verdict = admission(plant, kind, year, target, on)
    if not verdict.admitted:
        raise NotAdmitted(verdict)
    _clear_away(plant)
    rules = rulebook_on(on, plant.county)
    filing_id: int = db.session.execute(
        insert(FilingRow)
        .values(
            plant_id=plant.plant_id, enterprise_id=plant.enterprise_id, county=plant.county,
            year=year, kind=kind, target=target, rulebook=rules.id, way=way, paper=paper.strip(),
            state=State.DRAFT, revision=1, opened_at=current.moment, opened_by=current.actor_id,
            opened_by_name=current.actor_name, judged_on=on, form_key=form_key,
            at_office=at_office,
        )
        .returning(FilingRow.id)
    ).scalar_one()  # fmt: skip
    _lay_tables(filing_id, _industries(plant), rules, on)
    note_step(filing_id, "start", State.DRAFT)
    filing = held(filing_id)
    carried = carry_over(filing, rules, on)
    enter("filing.started", filing,
          {"目标等级": target, "方式": way.words, "原件": paper.strip(),
           "带入自评": carried.answers, "带入材料": carried.files,
           "待确认": carried.to_confirm})  # fmt: skip
    return filing_id


def _clear_away(plant: PlantOnRecord) -> None:
    """A draft that a former owner of the plant left gives way."""
    left = select(FilingRow.id).where(
        FilingRow.plant_id == plant.plant_id, FilingRow.state == State.DRAFT
    )
    found = db.session.execute(left).scalar_one_or_none()
    filing = None if found is None else filing_by_id(found)
    if filing is not None:
        reason = "厂区已转到另一企业，由现企业另行申报"
        move(filing, "discard", reason)
        enter("filing.discarded", filing, {"原因": reason})


def _industries(plant: PlantOnRecord) -> list[tuple[str, str]]:
    found = industries_of([plant.plant_id]).get(plant.plant_id, ())
    return [(it.industry, it.subtype) for it in found]


def _lay_tables(
    filing_id: int, industries: Sequence[tuple[str, str]], rules: Rulebook, on: date
) -> None:
    wanted = [Wanted(rules.id, industry, subtype) for industry, subtype in industries]
    ruling = find_tables(wanted, on).ruling
    rows = [
        {
            "filing_id": filing_id, "place": place, "industry": it.industry,
            "subtype": it.subtype,
            "versions": ids_text(v.id for v in ruling[it].versions) if it in ruling else "[]",
        }
        for place, it in enumerate(wanted, start=1)
    ]  # fmt: skip
    db.session.execute(insert(FilingTable), rows)
