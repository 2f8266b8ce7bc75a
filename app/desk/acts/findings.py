"""What can be done to findings of false material (虚假材料认定, PLAN-FALSE): by two people."""

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
from app.desk.queries.facts import FINDING, Subject, standing_finding
from app.kernel import clock
from app.kernel.authority import Permission
from app.supervision.rules import finding_faults, withdrawal_faults
from app.supervision.services import (
    FindingEntry,
    annul_findings,
    correct_findings,
    record_findings,
)

_FACT_FIELDS = (
    Field("found_on", "认定日期", Sort.DAY, hint="自这一天起降为最低等级，一年内不得申报。"),
    Field("document", "认定文号", hint="例如：绍环认〔2025〕3号"),
    Field("note", "说明", Sort.LONG, required=False, hint="隐瞒或虚假的内容。", longest=500),
)
_WITHDRAWAL = (
    Field("withdrawn_on", "撤销日期", Sort.DAY, hint="自这一天起，视同没有这项认定。"),
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


def _entry(subject: Subject, values: Values) -> FindingEntry:
    return FindingEntry(
        subject.plant.enterprise_id,
        plant_of(subject, values),
        values["found_on"],
        values["document"],
        values.get("withdrawn_on"),
        values["note"],
        values.get("withdrawal_document"),
        values.get("withdrawal_reason"),
    )


def _as_recorded(subject: Subject) -> Values:
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
    yield from finding_faults(values["found_on"], values.get("withdrawn_on"))
    found = standing_finding(
        subject.plant.enterprise_id, plant_of(subject, values), values["document"]
    )
    if found is not None and (subject.fact is None or found[0] != subject.fact.id):
        yield (
            "document",
            (
                f"已登记：同一文号的虚假材料认定（{found[1]} 认定）已经在册，没有重复登记，"
                "如需改动，请在已有的记录上办理更正"
            ),
        )


def _correction_faults(subject: Subject, values: Values) -> Faults:
    yield from _fact_faults(subject, values)
    yield from unchanged_fault(_as_recorded(subject), values)


def _withdrawal_faults(subject: Subject, values: Values) -> Faults:
    fact = subject.standing_fact
    if fact.day("withdrawn_on"):
        yield (
            "withdrawn_on",
            f"已登记 {fact.day('withdrawn_on')} 撤销，如日期或文号有误，请办理更正",
        )
    yield from withdrawal_faults(values["withdrawn_on"], fact.day("found_on"), "认定日期")


def _withdraw(subject: Subject, values: Values) -> int:
    fact = subject.standing_fact
    entry = FindingEntry(fact.enterprise_id, fact.plant_id, **{**fact.values, **values})
    return correct_findings({fact.id: entry}, ENDED)[0]


def _annul(subject: Subject, values: Values) -> None:
    annul_findings([subject.standing_fact.id], values["reason"])


def _notes(_subject: Subject, values: Values) -> list[str]:
    if values["found_on"] > clock.today():
        return [f"认定日期 {values['found_on']} 在今天以后，请核对；到该日才起作用。"]
    return []


def _named(subject: Subject, values: Values) -> str:
    found = {**(subject.fact.values if subject.fact else {}), **values}
    return f"{whose(subject, values)}，{found['document']}"


_BY_TWO = Permission.DECISION_RECORD
ACTS = (
    Act(
        "finding.record",
        FINDING,
        "record",
        "登记虚假材料认定",
        _BY_TWO,
        second_person=True,
        entry="finding.recorded",
        fields=_recording_fields,
        headline=_named,
        faults=_fact_faults,
        perform=lambda subject, values: record_findings([_entry(subject, values)])[0],
        initial=lambda _subject: {"reach": "plant"},
        notes=_notes,
        explained="认定在系统外作出，这里登记认定文书；由另一人复核后生效。",
    ),
    Act(
        "finding.withdraw",
        FINDING,
        "withdraw",
        "撤销虚假材料认定",
        _BY_TWO,
        second_person=True,
        entry="finding.withdrawn",
        fields=lambda _subject: _WITHDRAWAL,
        headline=_named,
        faults=_withdrawal_faults,
        perform=_withdraw,
        explained="认定被复议、诉讼或原机关撤销时办理；原记录保留。登记有误的，请办理更正或作废。",
    ),
    Act(
        "finding.correct",
        FINDING,
        "correct",
        "更正虚假材料认定",
        _BY_TWO,
        second_person=True,
        entry="finding.corrected",
        fields=_correcting_fields,
        headline=_named,
        faults=_correction_faults,
        perform=lambda subject, values: correct_findings(
            {subject.standing_fact.id: _entry(subject, values)}, values["reason"]
        )[0],
        initial=_as_recorded,
        notes=_notes,
        explained="登记的内容与认定文书不符时办理；原记录保留并注明理由。",
    ),
    Act(
        "finding.annul",
        FINDING,
        "annul",
        "作废虚假材料认定记录",
        _BY_TWO,
        second_person=True,
        entry="finding.annulled",
        fields=lambda _subject: (REASON,),
        headline=_named,
        faults=lambda _subject, _values: iter(()),
        perform=_annul,
        explained="整条记录不该登记（例如登错企业、重复登记）时办理；记录保留，不再计入。",
    ),
)
