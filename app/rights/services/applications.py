"""Applying for emission rights by hand (申报、更正、撤回排污权申请)."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.queries import names_of
from app.approvals.domain import Overtaken, Refused
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit, clock, facts
from app.kernel.authority import Permission
from app.kernel.database import db, known_at
from app.registry.domain import name_key
from app.registry.queries import PlantOnRecord
from app.rights.models import ApplicationRecord
from app.rights.queries.applications import evidence_of
from app.rights.services.flagging import reconsider
from app.rights.services.imported import ApplicationEntry, record_applications
from app.rights.services.reserves import note_correction


def apply(entry: ApplicationEntry, plant: PlantOnRecord, *, told_by: str = "") -> int:
    """Enter an application; returns its id. Raises Refused.

    ``told_by`` is the enterprise that sent it: the officers of the plant's county are told.
    """
    _refuse_double(entry, None)
    (made,) = record_applications([entry])
    audit.record("application.made", "application", made, _told(entry, plant), county=plant.county)
    if told_by:
        _tell_officers(made, f"{told_by}提交排污权申请：{_words(entry)}", plant)
    return made


def correct(
    application_id: int,
    entry: ApplicationEntry,
    plant: PlantOnRecord,
    reason: str,
    *,
    told_by: str = "",
) -> int:
    """Annul an application and enter another in its place; returns its id. Raises Refused."""
    old = _standing(application_id)
    _refuse_double(entry, application_id)
    before = _told(_as_entry(old), plant)
    facts.annul(ApplicationRecord, [application_id])
    (made,) = record_applications([entry])
    note_correction("application", application_id, made, reason, "")
    reconsider([(old.pollutant, old.year)])
    audit.record("application.corrected", "application", application_id,
                 {**before, "更正为": _told(entry, plant), "更正原因": reason},
                 county=plant.county)  # fmt: skip
    if told_by:
        _tell_officers(made, f"{told_by}更正排污权申请：{_words(entry)}", plant)
    return made


def withdraw(application_id: int, plant: PlantOnRecord, reason: str, *, told_by: str = "") -> None:
    """Take an application back; it stays on record as annulled. Raises Refused."""
    entry = _as_entry(_standing(application_id))
    facts.annul(ApplicationRecord, [application_id])
    note_correction("application", application_id, None, reason, "")
    reconsider([(entry.pollutant, entry.year)])
    audit.record("application.withdrawn", "application", application_id,
                 {**_told(entry, plant), "撤回原因": reason}, county=plant.county)  # fmt: skip
    if told_by:
        _tell_officers(application_id, f"{told_by}撤回排污权申请：{_words(entry)}", plant)


def _standing(application_id: int) -> ApplicationRecord:
    found = db.session.execute(
        select(ApplicationRecord).where(
            ApplicationRecord.id == application_id, known_at(ApplicationRecord, None)
        )
    ).scalar_one_or_none()
    if found is None:
        raise Overtaken(
            f"这件申请已由{_who_and_when(application_id)}更正或撤回，没有提交。"
            "请返回申请列表查看现在的记录。"
        )
    return found


def _as_entry(row: ApplicationRecord) -> ApplicationEntry:
    return ApplicationEntry(
        row.plant_id,
        row.project_name,
        row.pollutant,
        row.year,
        row.asked,
        row.applied_on,
        evidence_of([row.id]).get(row.id, ()),
    )


def _refuse_double(entry: ApplicationEntry, in_place_of: int | None) -> None:
    """One project asks once for a pollutant and year, however its brackets are typed."""
    rows = db.session.execute(
        select(ApplicationRecord.id, ApplicationRecord.project_name).where(
            ApplicationRecord.plant_id == entry.plant_id,
            ApplicationRecord.pollutant == entry.pollutant,
            ApplicationRecord.year == entry.year,
            known_at(ApplicationRecord, None),
        )
    )
    wanted = name_key(entry.project_name)
    there = [it for it, name in rows if name_key(name) == wanted and it != in_place_of]
    if there:
        what = f"项目“{entry.project_name}”" if entry.project_name else "厂区本身"
        raise Overtaken(
            f"{what}已有 {entry.year} 年度 {entry.pollutant} 的申请"
            f"（{_who_and_when(there[0])}登记）。需要改动数量的，请更正原申请。"
        )


def _who_and_when(application_id: int) -> str:
    """Who did the last thing to an application, and when."""
    row = db.session.get(ApplicationRecord, application_id)
    if row is None:
        raise Refused("没有这件申请。请返回申请列表查看现在的记录。")
    by, at = row.recorded_by, row.recorded_at
    if row.annulled_at is not None:
        by, at = row.annulled_by, row.annulled_at
    return f"{names_of([by]).get(by or 0, '系统')}于 {clock.shown(at)} "


def _told(entry: ApplicationEntry, plant: PlantOnRecord) -> dict[str, str]:
    return {
        "厂区": plant.full_name,
        "项目": entry.project_name,
        "污染物": entry.pollutant,
        "年度": str(entry.year),
        "申请量（吨/年）": str(entry.asked),
        "申请日期": entry.applied_on.isoformat(),
        "证明材料": "；".join(f"{it.name}（SHA-256 {it.sha256}）" for it in entry.evidence),
    }


def _words(entry: ApplicationEntry) -> str:
    return f"{entry.year} 年度 {entry.pollutant} {entry.asked} 吨/年"


def _tell_officers(application_id: int, title: str, plant: PlantOnRecord) -> None:
    inbox.send(
        MessageKind.NOTICE,
        title,
        Audience(Permission.LIST_DRAFT, county=plant.county),
        link=f"/rights/applications/{application_id}",
        source=f"rights-application:{application_id}",
    )
