"""Every fact on record about a plant, annulled ones included, told in words (历史记录)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import Select, and_, bindparam, or_, select

from app.accounts.queries import list_bureaus, names_of
from app.desk.routes.places import LISTS
from app.followup.models import InspectionRecord
from app.grades.models import GradeRow
from app.kernel import clock
from app.kernel.database import run
from app.kernel.look import number
from app.portal.timeline import FactRow
from app.registry.change_rules import ChangeKind, Stage
from app.registry.models import PlantChange
from app.registry.queries import corrections_of
from app.rights.models import ApplicationRecord
from app.rulebook.queries import rulebook_titles
from app.supervision.domain import ViolationKind, ban_last_day
from app.supervision.models import FindingRecord, ViolationRecord
from app.upgrading.models import ProjectRecord

_EVERY_PLANT = "适用于企业全部厂区"
_WIDE = {True: _EVERY_PLANT, False: ""}


def facts_on_record(plant_id: int, enterprise_id: int) -> list[FactRow]:
    """Grades, violations, findings, inspections, projects, applications and changes of a plant.

    Those of its whole enterprise are included. The number of statements is always the same.
    """
    rows = [
        *_grades(plant_id),
        *_violations(plant_id, enterprise_id),
        *_findings(plant_id, enterprise_id),
        *_inspections(plant_id),
        *_projects(plant_id),
        *_applications(plant_id),
        *_changes(plant_id, enterprise_id),
        *_corrections(plant_id),
    ]
    return _with_names(rows)


def _question(model: type[Any], *conditions: Any) -> Select[*tuple[Any, ...]]:
    """All records that meet the conditions, in the order they came: made once, as bare rows."""
    return select(*model.__table__.columns).where(*conditions).order_by(model.id)


_PLANT: Any = bindparam("plant_id")
_ENTERPRISE: Any = bindparam("enterprise_id")


def _of_plant(model: type[Any]) -> Select[*tuple[Any, ...]]:
    return _question(model, model.plant_id == _PLANT)


def _against(
    model: type[ViolationRecord] | type[FindingRecord],
) -> Select[*tuple[Any, ...]]:
    """Those of the plant, and those of its whole enterprise."""
    whole = and_(model.plant_id.is_(None), model.enterprise_id == _ENTERPRISE)
    return _question(model, or_(model.plant_id == _PLANT, whole))


_GRADES = _of_plant(GradeRow)
_VIOLATIONS = _against(ViolationRecord)
_FINDINGS = _against(FindingRecord)
_INSPECTIONS = _of_plant(InspectionRecord)
_PROJECTS = _of_plant(ProjectRecord)
_APPLICATIONS = _of_plant(ApplicationRecord)
_CHANGES = _question(
    PlantChange,
    or_(
        PlantChange.plant_id == _PLANT,
        PlantChange.other_plant_id == _PLANT,
        and_(
            PlantChange.enterprise_id == _ENTERPRISE,
            PlantChange.kind == str(ChangeKind.RENAME_ENTERPRISE),
        ),
    ),
)


def _row(
    record: Any,
    kind: str,
    day: date,
    title: str,
    tag: tuple[str, str],
    identity: tuple[object, ...],
    *parts: str,
    document: str = "",
    withdrawn_on: date | None = None,
) -> FactRow:
    return FactRow(
        kind=kind,
        id=record.id,
        day=day,
        title=title,
        text="；".join(part for part in parts if part),
        tag=tag,
        document=document,
        identity=identity,
        withdrawn_on=withdrawn_on,
        recorded_at=record.recorded_at,
        recorded_by=str(record.recorded_by or ""),
        recorded_via=record.recorded_via,
        annulled_at=record.annulled_at,
        annulled_by=str(record.annulled_by or ""),
        annulled_via=record.annulled_via or "",
        **_explained(record, kind),
    )


def _explained(record: Any, kind: str) -> dict[str, Any]:
    """What only facts that have a page of their own say: why they ended, what they replaced."""
    if kind not in LISTS:
        return {}
    return {
        "annulled_reason": record.annulled_reason or "",
        "replaces_id": record.replaces_id,
        "url": url_for("desk.fact", listed=LISTS[kind], fact_id=record.id),
    }


def _grades(plant_id: int) -> Iterator[FactRow]:
    titles = rulebook_titles()
    for it in run(_GRADES, {"plant_id": plant_id}):
        yield _row(
            it,
            "grade_record",
            it.effective_on,
            it.grade if it.grade.endswith("性") else f"{it.grade} 级",
            ("neutral", f"等级{it.source}"),
            (it.rulebook, it.effective_on),
            f"按{titles.get(it.rulebook, it.rulebook)}，{it.effective_on} 起生效",
            f"{it.expires_on} 起失效" if it.expires_on else "",
            _ended_by(it.ending_document, it.ending_reason),
            document=it.document,
        )


def _violations(plant_id: int, enterprise_id: int) -> Iterator[FactRow]:
    for it in run(_VIOLATIONS, {"plant_id": plant_id, "enterprise_id": enterprise_id}):
        barring = ViolationKind(it.kind).bars or bool(it.barring_reason)
        yield _row(
            it,
            "violation",
            it.decided_on,
            it.kind,
            ("barred" if barring else "neutral", "违法行为"),
            (it.document_key, it.kind, it.plant_id),
            f"{it.decided_on} 决定",
            f"行为日期 {it.acted_on}" if it.acted_on else "行为日期未登记",
            _WIDE[it.plant_id is None],
            f"负责人认定同样限制申报（本局设定）：{it.barring_reason}" if it.barring_reason else "",
            f"{it.withdrawn_on} 撤销" if it.withdrawn_on else "",
            _ended_by(it.withdrawal_document, it.withdrawal_reason),
            document=it.document,
            withdrawn_on=it.withdrawn_on,
        )


def _ended_by(document: str, reason: str) -> str:
    """By what and why a fact was withdrawn or a grade ended."""
    parts = (f"撤销依据 {document}" if document else "", f"撤销理由 {reason}" if reason else "")
    return "，".join(part for part in parts if part)


def _findings(plant_id: int, enterprise_id: int) -> Iterator[FactRow]:
    for it in run(_FINDINGS, {"plant_id": plant_id, "enterprise_id": enterprise_id}):
        yield _row(
            it,
            "finding",
            it.found_on,
            "认定隐瞒情况或提供虚假材料",
            ("barred", "虚假材料"),
            (it.document_key, it.plant_id),
            f"{it.found_on} 认定，禁止申报至 {ban_last_day(it.found_on)}（含）",
            _WIDE[it.plant_id is None],
            it.note,
            f"{it.withdrawn_on} 撤销" if it.withdrawn_on else "",
            _ended_by(it.withdrawal_document, it.withdrawal_reason),
            document=it.document,
            withdrawn_on=it.withdrawn_on,
        )


def _inspections(plant_id: int) -> Iterator[FactRow]:
    for it in run(_INSPECTIONS, {"plant_id": plant_id}):
        found = f"，实际等级 {it.actual_grade}" if it.actual_grade else ""
        yield _row(
            it,
            "inspection",
            it.inspected_on,
            f"{it.kind}：{it.conclusion}{found}",
            ("soon" if it.conclusion == "不符合" else "neutral", "检查"),
            (it.inspected_on, it.kind, it.action_code),
            f"检查人员 {it.inspectors}" if it.inspectors else "",
            document=f"行政行为码 {it.action_code}" if it.action_code else "",
        )


def _projects(plant_id: int) -> Iterator[FactRow]:
    for it in run(_PROJECTS, {"plant_id": plant_id}):
        days = (it.started_on, it.upgrade_started_on, it.completed_on, it.upgrade_completed_on)
        entered = it.recorded_at.astimezone(clock.SHANGHAI).date()
        grade = f"环评写明等级 {it.eia_grade}" if it.eia_grade else ""
        yield _row(
            it,
            "project",
            min((day for day in days if day), default=entered),
            it.name,
            ("neutral", f"{it.kind}项目"),
            (it.name,),
            "新办企业" if it.new_enterprise else "",
            _stretch("项目", it.started_on, it.completed_on),
            _stretch("以新带老", it.upgrade_started_on, it.upgrade_completed_on),
            grade,
            document=it.eia_document,
        )


def _stretch(what: str, started: date | None, completed: date | None) -> str:
    if started is None and completed is None:
        return ""
    begun = f"{started} 开工" if started else "开工日期未登记"
    return f"{what} {begun}，" + (f"{completed} 完成" if completed else "尚未完成")


def _applications(plant_id: int) -> Iterator[FactRow]:
    for it in run(_APPLICATIONS, {"plant_id": plant_id}):
        yield _row(
            it,
            "application",
            it.applied_on,
            f"申请 {it.pollutant} {number(it.asked, 3)} 吨/年（{it.year} 年度）",
            ("neutral", "排污权申请"),
            (it.project_name, it.pollutant, it.year),
            f"项目 {it.project_name}" if it.project_name else "",
        )


_STAGE_TAGS = {
    Stage.PLANNED: "soon", Stage.DONE: "done", Stage.WITHDRAWN: "neutral", Stage.STUCK: "late",
}  # fmt: skip


def _changes(plant_id: int, enterprise_id: int) -> Iterator[FactRow]:
    """Renames, transfers and what else became of the plant; its own records tell their course."""
    for it in run(_CHANGES, {"plant_id": plant_id, "enterprise_id": enterprise_id}):
        stage = Stage(it.stage)
        withdrawn = stage is Stage.WITHDRAWN
        yield _row(
            it,
            "plant_change",
            it.effective_on,
            ChangeKind(it.kind).words,
            (_STAGE_TAGS[stage], stage.words),
            (it.first_id or it.id,),
            it.told,
            f"{it.effective_on} 生效" if stage is Stage.DONE else f"原定 {it.effective_on} 生效"
            if stage is not Stage.PLANNED else f"将于 {it.effective_on} 生效",
            f"原因：{it.reason}",
            f"说明：{it.note}" if it.note else "",
            document=it.document,
            withdrawn_on=it.recorded_at.astimezone(clock.SHANGHAI).date() if withdrawn else None,
        )  # fmt: skip


_FIELDS = {
    "county": "区县", "closed_on": "关闭日期", "number": "厂区编号", "uscc": "统一社会信用代码",
}  # fmt: skip


def _corrections(plant_id: int) -> Iterator[FactRow]:
    """What a workbook, or an edit, made the register say: known from then on, of no day."""
    corrections = corrections_of(plant_id)
    counties = {it.code: it.name for it in list_bureaus("county")} if corrections else {}
    for it in corrections:
        what = "厂区名称" if it.of_plant else "企业名称"
        parts = (
            f"{_FIELDS.get(name, what)}由“{_shown(old, counties)}”改为“{_shown(new, counties)}”"
            for name, old, new in it.fields
        )
        row = _row(
            it.record,
            "register" if it.of_plant else "enterprise",
            it.record.recorded_at.astimezone(clock.SHANGHAI).date(),
            "登记信息更正",
            ("neutral", "更正"),
            (it.record.id,),
            *parts,
            "没有登记生效日期和依据文件",
        )
        yield replace(row, annulled_at=None, annulled_by="", annulled_via="")


def _shown(value: object, counties: Mapping[str, str]) -> str:
    return counties.get(str(value), str(value)) if value not in (None, "") else "空"


def _with_names(rows: Sequence[FactRow]) -> list[FactRow]:
    """The rows with people's names in place of their ids."""
    ids = {text for row in rows for text in (row.recorded_by, row.annulled_by) if text}
    names = {str(user_id): name for user_id, name in names_of(map(int, ids)).items()}
    return [
        replace(
            row,
            recorded_by=names.get(row.recorded_by, "系统"),
            annulled_by=names.get(row.annulled_by, "系统"),
        )
        for row in rows
    ]
