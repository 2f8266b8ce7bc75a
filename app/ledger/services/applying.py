"""Writing a change set through the stages (写入): all inside the caller's one transaction.

Sheets are written in the order in which they depend on one another. What is derived from the facts
(standings, search words) follows in the same transaction, because the stages' own verbs are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.followup.services import InspectionEntry, correct_inspections, record_inspections
from app.grades.services import GradeEntry, correct_grades, record_grades
from app.kernel.collector import put_off
from app.ledger.comparing import Comparison
from app.ledger.matching import MatchedRow
from app.ledger.reading import ProgressCallback
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.sheets import SHEETS, SheetSpec, Subject
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    LineEntry,
    MeasureEntry,
    PlantEntry,
    correct_emergency_measures,
    correct_enterprises,
    correct_industries,
    correct_lines,
    correct_plants,
    record_emergency_measures,
    record_industries,
    record_lines,
    register_enterprises,
    register_plants,
)
from app.rights.services import (
    ApplicationEntry,
    ReserveEntry,
    correct_applications,
    correct_reserves,
    record_applications,
    record_reserves,
)
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    correct_findings,
    correct_violations,
    record_findings,
    record_violations,
)
from app.upgrading.services import ProjectEntry, correct_projects, record_projects

_SUBJECT_FIELDS = frozenset({"uscc", "plant"})


@dataclass(frozen=True, slots=True)
class _Verbs:
    """How the facts of a sheet are entered and corrected; ``blanks`` fill what has no default."""

    entry: Callable[..., Any]
    record: Callable[[list[Any]], list[int]]
    correct: Callable[[dict[int, Any]], object]
    blanks: Mapping[str, Any] = field(default_factory=dict)


_VERBS: Mapping[str, _Verbs] = {
    "企业": _Verbs(EnterpriseEntry, register_enterprises, correct_enterprises),
    "厂区": _Verbs(PlantEntry, register_plants, correct_plants),
    "行业": _Verbs(IndustryEntry, record_industries, correct_industries, {"subtype": ""}),
    "等级": _Verbs(GradeEntry, record_grades, correct_grades, {"expires_on": None}),
    "违法行为": _Verbs(ViolationEntry, record_violations, correct_violations, {"acted_on": None}),
    "虚假材料": _Verbs(FindingEntry, record_findings, correct_findings),
    "检查": _Verbs(
        InspectionEntry, record_inspections, correct_inspections, {"actual_grade": None}
    ),
    "建设项目": _Verbs(ProjectEntry, record_projects, correct_projects),
    "排污权申请": _Verbs(
        ApplicationEntry, record_applications, correct_applications, {"project_name": ""}
    ),
    "排污权储备": _Verbs(ReserveEntry, record_reserves, correct_reserves),
    "生产线": _Verbs(LineEntry, record_lines, correct_lines),
    "应急措施": _Verbs(
        MeasureEntry, record_emergency_measures, correct_emergency_measures, {"line_number": ""}
    ),
}


@dataclass(slots=True)
class _Ids:
    """Lasting ids given to what the workbook brings."""

    enterprises: dict[str, int] = field(default_factory=dict)
    plants: dict[tuple[EnterpriseKey, str], int] = field(default_factory=dict)

    def enterprise(self, key: EnterpriseKey | None) -> int | None:
        return self.enterprises[key] if isinstance(key, str) else key

    def plant(self, key: PlantKey | None) -> int | None:
        return self.plants[key] if isinstance(key, tuple) else key


@put_off()
def apply_changes(comparison: Comparison, progress: ProgressCallback) -> None:
    """Enter every new row and replace every changed one. The caller audits and commits."""
    ids = _Ids()
    total = sum(len(comparison.changes(spec.name)) for spec in SHEETS)
    done = 0
    for spec in SHEETS:
        changes = comparison.changes(spec.name)
        progress(done, total, f"正在写入“{spec.name}”")
        for turn in _turns(changes):
            _write(spec, turn, ids)
        done += len(changes)
    progress(total, total, "正在推算等级与状态")


def _turns(changes: Sequence[MatchedRow]) -> Iterator[list[MatchedRow]]:
    """The changes, so that of two grades of a plant that start on one day the later row is later.

    Corrections are entered before new rows; where that would turn the order of such a pair round,
    the correction waits for the next turn.
    """
    turns: list[list[MatchedRow]] = []
    before: dict[tuple[PlantKey | None, object], tuple[int, bool]] = {}
    for change in changes:
        turn, is_new = 0, change.old is None
        if change.spec.name == "等级":
            pair = (change.plant, change.values["effective_on"])
            turn, was_new = before.get(pair, (0, False))
            turn += was_new and not is_new
            before[pair] = turn, is_new
        while len(turns) <= turn:
            turns.append([])
        turns[turn].append(change)
    yield from turns


def _write(spec: SheetSpec, changes: list[MatchedRow], ids: _Ids) -> None:
    verbs = _VERBS[spec.name]
    corrected = {
        _replaced(spec, change): _entry(spec, verbs, change, ids)
        for change in changes
        if change.old is not None
    }
    new = [change for change in changes if change.old is None]
    if corrected:
        verbs.correct(corrected)
    if not new:
        return
    made = verbs.record([_entry(spec, verbs, change, ids) for change in new])
    if spec.name == "企业":
        for change, lasting_id in zip(new, made, strict=True):
            ids.enterprises[change.values["uscc"]] = lasting_id
    elif spec.name == "厂区":
        for change, lasting_id in zip(new, made, strict=True):
            assert isinstance(change.plant, tuple)  # noqa: S101 - a new plant has no id yet
            ids.plants[change.plant] = lasting_id


def _replaced(spec: SheetSpec, change: MatchedRow) -> int:
    """What a correction is named by: the lasting id of an enterprise or plant, else the fact."""
    old = change.old
    if old is None:
        raise ValueError("a new row replaces nothing")
    if spec.name == "企业" and old.enterprise_id is not None:
        return old.enterprise_id
    if spec.name == "厂区" and old.plant_id is not None:
        return old.plant_id
    return old.fact_id


def _entry(spec: SheetSpec, verbs: _Verbs, change: MatchedRow, ids: _Ids) -> Any:
    values: dict[str, Any] = dict(verbs.blanks)
    values |= {
        name: value
        for name, value in change.values.items()
        if value is not None and name not in _SUBJECT_FIELDS
    }
    if spec.name == "企业":
        values["uscc"] = change.values["uscc"]
    elif spec.name == "厂区":
        values["number"] = change.values["plant"]
        owner = change.old.enterprise_id if change.old else None
        values["enterprise_id"] = owner or ids.enterprise(change.enterprise)
    elif spec.subject is not Subject.NOBODY:
        values["plant_id"] = ids.plant(change.plant)
        if spec.subject is Subject.EITHER:
            owner = change.old.enterprise_id if change.old else None
            values["enterprise_id"] = owner or ids.enterprise(change.enterprise)
    return verbs.entry(**values)
