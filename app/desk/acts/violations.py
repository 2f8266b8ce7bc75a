"""What can be done to violations (违法行为, PLAN-BLOCK)."""

from __future__ import annotations

from functools import partial

from app.desk.acts.base import Act, Faults, whose
from app.desk.acts.shared import (
    ONE,
    WITHDRAWAL,
    again_withdrawn_faults,
    as_recorded,
    correcting_fields,
    dateless_withdrawal_faults,
    entered,
    later_note,
    plant_of,
    reach_faults,
    reach_field,
    reason_field,
    unchanged_fault,
    why,
)
from app.desk.fields import Field, Sort, Values
from app.desk.queries.facts import VIOLATION, Subject
from app.kernel.authority import Permission
from app.supervision.domain import ViolationKind
from app.supervision.rules import violation_faults
from app.supervision.services import (
    ViolationEntry,
    annul_violations,
    correct_violations,
    record_violations,
)

_KINDS = tuple(
    (str(kind), str(kind) if kind.bars else "其他（不限制申报，负责人可另行认定）")
    for kind in ViolationKind
)


def _fields(subject: Subject) -> tuple[Field, ...]:
    return (
        reach_field(subject),
        Field("kind", "违法行为类型", Sort.CHOICE, choices=_KINDS),
        Field("acted_on", "行为日期", Sort.DAY, required=False, hint="决定书没有写明的留空。"),
        Field("decided_on", "决定日期", Sort.DAY, hint="处罚决定书作出的日期。"),
        Field("document", "决定文号", hint="例如：绍环罚〔2025〕12号"),
    )


_correcting_fields = partial(correcting_fields, fields=_fields, ending=WITHDRAWAL)
_as_recorded = partial(as_recorded, fields=_correcting_fields)


def _faults(subject: Subject, values: Values) -> Faults:
    yield from reach_faults(subject, values)
    yield from dateless_withdrawal_faults(values)
    yield from violation_faults(
        values["acted_on"], values["decided_on"], values.get("withdrawn_on")
    )


def _correcting_faults(subject: Subject, values: Values) -> Faults:
    yield from _faults(subject, values)
    yield from unchanged_fault(_as_recorded(subject), values)
    fact = subject.standing_fact
    if fact.values["barring_reason"] and values["kind"] != fact.values["kind"]:
        yield "kind", _MARKED


_MARKED = (
    "该违法行为已由负责人认定同样限制申报，改动会使认定失去对象，请先由负责人办理“取消限制认定”"
)


def _annulling_faults(subject: Subject, _values: Values) -> Faults:
    if subject.standing_fact.values["barring_reason"]:
        yield "reason", _MARKED


def _entry(subject: Subject, values: Values) -> ViolationEntry:
    plant_id, said = plant_of(subject, values), entered(VIOLATION, subject, values)
    return ViolationEntry(subject.plant.enterprise_id, plant_id, **said)


def _record(subject: Subject, values: Values) -> int:
    return record_violations([_entry(subject, values)])[0]


def _replace(subject: Subject, values: Values) -> int:
    entry = _entry(subject, values)
    return correct_violations({subject.standing_fact.id: entry}, why(values))[0]


def _annul(subject: Subject, values: Values) -> None:
    annul_violations([subject.standing_fact.id], why(values))


def _named(subject: Subject, values: Values) -> str:
    found = {**(subject.fact.values if subject.fact else {}), **values}
    return f"{whose(subject, values)}，{found['kind']}，{found['document']}"


# --- 其他 that bars because the head says so (PLAN-BLOCK, 等) -----------------------------------

_BARRING = Field(
    "barring_reason",
    "认定理由",
    Sort.LONG,
    hint="写明为什么这项“其他”违法行为当年同样不得申报 B 级（含引领性）及以上。",
    longest=500,
)


def _mark_faults(subject: Subject, _values: Values) -> Faults:
    fact = subject.standing_fact
    if fact.values["kind"] != ViolationKind.OTHER:
        yield "barring_reason", "这一类型按规定已经限制申报，不需要另行认定，请返回"
    if fact.values["barring_reason"]:
        yield "barring_reason", "已经认定同样限制申报，如需改动，请先取消认定，再重新认定"


def _unmark_faults(subject: Subject, _values: Values) -> Faults:
    if not subject.standing_fact.values["barring_reason"]:
        yield "reason", "没有限制申报的认定，不需要取消，请返回"


def _mark(subject: Subject, values: Values) -> int:
    reason = f"认定同样限制申报：{values['barring_reason']}"
    return _replace(subject, {**values, "reason": reason})


_act = partial(
    Act,
    kind=VIOLATION,
    permission=Permission.FACT_RECORD,
    second_person=False,
    headline=_named,
)
_mark_act = partial(
    Act,
    kind=VIOLATION,
    permission=Permission.BARRING_MARK,
    second_person=True,
    headline=_named,
)
ACTS = (
    _act(
        id="violation.record",
        verb="record",
        title="登记违法行为",
        entry="violation.recorded",
        fields=_fields,
        faults=_faults,
        identity_field="document",
        perform=_record,
        initial=lambda _subject: {"reach": ONE},
        notes=lambda _subject, values: [*later_note(values["decided_on"], "决定日期")],
    ),
    _act(
        id="violation.withdraw",
        verb="withdraw",
        title="撤销违法行为",
        entry="violation.withdrawn",
        fields=lambda _subject: WITHDRAWAL,
        faults=partial(again_withdrawn_faults, day="decided_on", label="决定日期"),
        perform=_replace,
        explained="决定被复议、诉讼或原机关撤销时办理；原记录保留。登记有误的，请办理更正或作废。",
    ),
    _act(
        id="violation.correct",
        verb="correct",
        title="更正违法行为",
        entry="violation.corrected",
        fields=_correcting_fields,
        faults=_correcting_faults,
        identity_field="document",
        perform=_replace,
        initial=_as_recorded,
        notes=lambda _subject, values: [*later_note(values["decided_on"], "决定日期")],
        explained="登记的内容与决定书不符时办理；原记录保留并注明理由。",
    ),
    _act(
        id="violation.annul",
        verb="annul",
        title="作废违法行为记录",
        entry="violation.annulled",
        fields=lambda _subject: (reason_field("作废理由"),),
        faults=_annulling_faults,
        perform=_annul,
        explained="整条记录不该登记（例如登错企业、重复登记）时办理；记录保留，不再计入。",
    ),
    _mark_act(
        id="violation.mark",
        verb="mark",
        title="认定同样限制申报",
        entry="violation.marked",
        fields=lambda _subject: (_BARRING,),
        faults=_mark_faults,
        perform=_mark,
        explained="方案以“等”字收尾，其他违法行为是否限制申报未规定；负责人可以写明理由逐件认定"
        "（本局设定），由另一人复核。认定不计入清单排序的违法件数。",
    ),
    _mark_act(
        id="violation.unmark",
        verb="unmark",
        title="取消限制认定",
        entry="violation.unmarked",
        fields=lambda _subject: (reason_field("取消理由"),),
        faults=_unmark_faults,
        perform=lambda subject, values: _replace(subject, {**values, "barring_reason": ""}),
    ),
)
