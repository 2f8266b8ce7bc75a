"""Writing a change set through the stages (写入): all inside the caller's one transaction.

Sheets are written in the order in which they depend on one another. What is derived from the facts
(standings, search words) follows in the same transaction, because the stages' own verbs are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from app.followup.services import InspectionEntry, correct_inspections, record_inspections
from app.grades.services import GradeEntry, correct_grades, record_grades
from app.kernel.collector import put_off
from app.ledger.comparing import Comparison
from app.ledger.matching import MatchedRow
from app.ledger.reading import ProgressCallback
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.sheets import SHEETS, SheetSpec
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


@dataclass(frozen=True, slots=True)
class _Verbs:
    """How the facts of a sheet are entered and corrected; ``blanks`` fill what has no default."""

    entry: type[Any]
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
    old = [change for change in changes if change.old is not None]
    if old:
        entries = _entries(spec, verbs, old, ids)
        verbs.correct(dict(zip((_replaced(spec, it) for it in old), entries, strict=True)))
    new = [change for change in changes if change.old is None]
    if not new:
        return
    made = verbs.record(_entries(spec, verbs, new, ids))
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


def _entries(spec: SheetSpec, verbs: _Verbs, changes: Sequence[MatchedRow], ids: _Ids) -> list[Any]:
    """What the verbs take, made field by field for all rows; a blank is the field's default."""
    columns: list[Iterable[Any]] = []
    said = {**{it.field: it.field for it in spec.columns}, **_SAID_AS.get(spec.name, {})}
    for part in fields(verbs.entry):
        if part.name == "plant_id":
            columns.append([ids.plant(it.plant) for it in changes])
        elif part.name == "enterprise_id":
            columns.append([_owner(it, ids) for it in changes])
        else:
            name, blank = said.get(part.name, ""), verbs.blanks.get(part.name, part.default)
            columns.append([blank if (v := it.values.get(name)) is None else v for it in changes])
    return list(map(verbs.entry, *columns))


_SAID_AS: Mapping[str, Mapping[str, str]] = {"厂区": {"number": "plant"}}
"""By sheet, the field of an entry that the sheet calls otherwise."""


def _owner(change: MatchedRow, ids: _Ids) -> int | None:
    """A fact stays with the enterprise that it was recorded about."""
    owner = change.old.enterprise_id if change.old else None
    return owner or ids.enterprise(change.enterprise)
