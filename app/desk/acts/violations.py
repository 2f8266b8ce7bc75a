"""What can be done to violations (违法行为, PLAN-BLOCK)."""

from __future__ import annotations

from dataclasses import replace

from app.desk.acts.base import (
    ENDED,
    REASON,
    Act,
    Faults,
    plant_of,
    reach_faults,
    reach_field,
    reach_of,
    unchanged_fault,
    whose,
)
from app.desk.fields import Field, Sort, Values
from app.desk.queries.facts import VIOLATION, Subject, standing_violation
from app.kernel import clock
from app.kernel.authority import Permission
from app.supervision.domain import ViolationKind
from app.supervision.rules import violation_faults, withdrawal_faults
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
_FACT_FIELDS = (
    Field("kind", "违法行为类型", Sort.CHOICE, choices=_KINDS),
    Field("acted_on", "行为日期", Sort.DAY, required=False, hint="决定书没有写明的留空。"),
    Field("decided_on", "决定日期", Sort.DAY, hint="处罚决定书作出的日期。"),
    Field("document", "决定文号", hint="例如：绍环罚〔2025〕12号"),
)
_WITHDRAWAL = (
    Field("withdrawn_on", "撤销日期", Sort.DAY, hint="自这一天起，视同没有这项违法行为。"),
    Field("withdrawal_document", "撤销依据文号", hint="复议决定书、判决书或撤销决定的文号。"),
    Field("withdrawal_reason", "撤销理由", Sort.LONG, longest=500),
)


def _recording_fields(subject: Subject) -> tuple[Field, ...]:
    return (reach_field(subject), *_FACT_FIELDS)


def _correcting_fields(subject: Subject) -> tuple[Field, ...]:
    withdrawal = _WITHDRAWAL if subject.standing_fact.day("withdrawn_on") else ()
    optional = (
        replace(it, required=False, hint="如撤销本身系误登，三项一并清空。" if not n else "")
        for n, it in enumerate(withdrawal)
    )
    return (*_recording_fields(subject), *optional, REASON)


def _entry(subject: Subject, values: Values) -> ViolationEntry:
    return ViolationEntry(
        subject.plant.enterprise_id,
        plant_of(subject, values),
        values["kind"],
        values["acted_on"],
        values["decided_on"],
        values["document"],
        values.get("withdrawn_on"),
        values.get("withdrawal_document"),
        values.get("withdrawal_reason"),
    )


def _as_recorded(subject: Subject) -> Values:
    """The fact as its correction's form begins."""
    fact = subject.standing_fact
    return {
        "reach": reach_of(fact),
        **{
            it.name: fact.values[it.name]
            for it in _correcting_fields(subject)
            if it.name in fact.values
        },
    }


def _fact_faults(subject: Subject, values: Values) -> Faults:
    yield from reach_faults(subject, values)
    yield from violation_faults(
        values["acted_on"], values["decided_on"], values.get("withdrawn_on")
    )
    found = standing_violation(
        subject.plant.enterprise_id, plant_of(subject, values), values["document"], values["kind"]
    )
    if found is not None and (subject.fact is None or found[0] != subject.fact.id):
        yield (
            "document",
            (
                f"已登记：同一文号、同一类型的违法行为（{found[1]} 决定）已经在册，没有重复登记，"
                "如需改动，请在已有的记录上办理更正"
            ),
        )


def _correction_faults(subject: Subject, values: Values) -> Faults:
    yield from _fact_faults(subject, values)
    yield from unchanged_fault(_as_recorded(subject), values)
    fact = subject.standing_fact
    if fact.values["barring_reason"] and values["kind"] != fact.values["kind"]:
        yield "kind", _MARKED


_MARKED = (
    "该违法行为已由负责人认定同样限制申报，改动会使认定失去对象，请先由负责人办理“取消限制认定”"
)


def _withdrawal_faults(subject: Subject, values: Values) -> Faults:
    fact = subject.standing_fact
    if fact.day("withdrawn_on"):
        yield (
            "withdrawn_on",
            f"已登记 {fact.day('withdrawn_on')} 撤销，如日期或文号有误，请办理更正",
        )
    yield from withdrawal_faults(values["withdrawn_on"], fact.day("decided_on"), "决定日期")


def _annulment_faults(subject: Subject, _values: Values) -> Faults:
    if subject.standing_fact.values["barring_reason"]:
        yield "reason", _MARKED


def _changed(subject: Subject, values: Values, reason: str, mark: str | None = None) -> int:
    """Replace the fact by itself with some values changed."""
    fact = subject.standing_fact
    entry = ViolationEntry(
        fact.enterprise_id,
        fact.plant_id,
        **{**fact.values, **values},
    )
    if mark is not None:
        entry = replace(entry, barring_reason=mark)
    return correct_violations({fact.id: entry}, reason)[0]


def _annul(subject: Subject, values: Values) -> None:
    annul_violations([subject.standing_fact.id], values["reason"])


def _notes(_subject: Subject, values: Values) -> list[str]:
    if values["decided_on"] > clock.today():
        return [f"决定日期 {values['decided_on']} 在今天以后，请核对；到该日才起作用。"]
    return []


def _named(subject: Subject, values: Values) -> str:
    found = {**(subject.fact.values if subject.fact else {}), **values}
    return f"{whose(subject, values)}，{found['kind']}，{found['document']}"


# --- 其他 that bars because the head says so (PLAN-BLOCK, 等) -----------------------------------


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
    why = f"认定同样限制申报：{values['barring_reason']}"
    return _changed(subject, {}, why, mark=values["barring_reason"])


_OF_VIOLATIONS = Permission.FACT_RECORD
ACTS = (
    Act(
        "violation.record",
        VIOLATION,
        "record",
        "登记违法行为",
        _OF_VIOLATIONS,
        second_person=False,
        entry="violation.recorded",
        fields=_recording_fields,
        headline=_named,
        faults=_fact_faults,
        perform=lambda subject, values: record_violations([_entry(subject, values)])[0],
        initial=lambda _subject: {"reach": "plant"},
        notes=_notes,
    ),
    Act(
        "violation.withdraw",
        VIOLATION,
        "withdraw",
        "撤销违法行为",
        _OF_VIOLATIONS,
        second_person=False,
        entry="violation.withdrawn",
        fields=lambda _subject: _WITHDRAWAL,
        headline=_named,
        faults=_withdrawal_faults,
        perform=lambda subject, values: _changed(subject, values, ENDED),
        explained="决定被复议、诉讼或原机关撤销时办理；原记录保留。登记有误的，请办理更正或作废。",
    ),
    Act(
        "violation.correct",
        VIOLATION,
        "correct",
        "更正违法行为",
        _OF_VIOLATIONS,
        second_person=False,
        entry="violation.corrected",
        fields=_correcting_fields,
        headline=_named,
        faults=_correction_faults,
        perform=lambda subject, values: correct_violations(
            {subject.standing_fact.id: _entry(subject, values)}, values["reason"]
        )[0],
        initial=_as_recorded,
        notes=_notes,
        explained="登记的内容与决定书不符时办理；原记录保留并注明理由。",
    ),
    Act(
        "violation.annul",
        VIOLATION,
        "annul",
        "作废违法行为记录",
        _OF_VIOLATIONS,
        second_person=False,
        entry="violation.annulled",
        fields=lambda _subject: (REASON,),
        headline=_named,
        faults=_annulment_faults,
        perform=_annul,
        explained="整条记录不该登记（例如登错企业、重复登记）时办理；记录保留，不再计入。",
    ),
    Act(
        "violation.mark",
        VIOLATION,
        "mark",
        "认定同样限制申报",
        Permission.BARRING_MARK,
        second_person=True,
        entry="violation.marked",
        fields=lambda _subject: (
            Field(
                "barring_reason",
                "认定理由",
                Sort.LONG,
                hint="写明为什么这项“其他”违法行为当年同样不得申报 B 级（含引领性）及以上。",
                longest=500,
            ),
        ),
        headline=_named,
        faults=_mark_faults,
        perform=_mark,
        explained="方案以“等”字收尾，其他违法行为是否限制申报未规定；负责人可以写明理由逐件认定"
        "（本局设定），由另一人复核。认定不计入清单排序的违法件数。",
    ),
    Act(
        "violation.unmark",
        VIOLATION,
        "unmark",
        "取消限制认定",
        Permission.BARRING_MARK,
        second_person=True,
        entry="violation.unmarked",
        fields=lambda _subject: (REASON,),
        headline=_named,
        faults=_unmark_faults,
        perform=lambda subject, values: _changed(subject, {}, values["reason"], mark=""),
    ),
)
