"""What can be done to findings of false material (虚假材料认定, PLAN-FALSE): by two people."""

from __future__ import annotations

from functools import partial

from app.desk.acts.base import WHOLE, Act, Faults, whose
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
from app.desk.queries.facts import FINDING, Subject
from app.kernel import clock
from app.kernel.authority import Permission
from app.rulebook.queries import text
from app.supervision.rules import finding_faults
from app.supervision.services import (
    FindingEntry,
    annul_findings,
    correct_findings,
    record_findings,
)


def _fields(subject: Subject) -> tuple[Field, ...]:
    return (
        reach_field(subject),
        Field("found_on", "认定日期", Sort.DAY, hint="自这一天起降为最低等级，一年内不得申报。"),
        Field("document", "认定文号", hint="例如：绍环认〔2025〕3号"),
        Field("note", "说明", Sort.LONG, required=False, hint="隐瞒或虚假的内容。", longest=500),
    )


_correcting_fields = partial(correcting_fields, fields=_fields, ending=WITHDRAWAL)
_as_recorded = partial(as_recorded, fields=_correcting_fields)


def _reach_as_set(subject: Subject) -> Values:
    """The form begins as the bureau has set it; the document itself says how far it reaches."""
    is_wide = text("false_material.scope", clock.today(), subject.plant.county) == "enterprise"
    return {"reach": WHOLE if is_wide else ONE}


def _faults(subject: Subject, values: Values) -> Faults:
    yield from reach_faults(subject, values)
    yield from dateless_withdrawal_faults(values)
    yield from finding_faults(values["found_on"], values.get("withdrawn_on"))


def _correcting_faults(subject: Subject, values: Values) -> Faults:
    yield from _faults(subject, values)
    yield from unchanged_fault(_as_recorded(subject), values)


def _entry(subject: Subject, values: Values) -> FindingEntry:
    plant_id, said = plant_of(subject, values), entered(FINDING, subject, values)
    return FindingEntry(subject.plant.enterprise_id, plant_id, **said)


def _record(subject: Subject, values: Values) -> int:
    return record_findings([_entry(subject, values)])[0]


def _replace(subject: Subject, values: Values) -> int:
    entry = _entry(subject, values)
    return correct_findings({subject.standing_fact.id: entry}, why(values))[0]


def _annul(subject: Subject, values: Values) -> None:
    annul_findings([subject.standing_fact.id], why(values))


def _named(subject: Subject, values: Values) -> str:
    found = {**(subject.fact.values if subject.fact else {}), **values}
    return f"{whose(subject, values)}，{found['document']}"


_act = partial(
    Act,
    kind=FINDING,
    permission=Permission.DECISION_RECORD,
    second_person=True,
    headline=_named,
)
ACTS = (
    _act(
        id="finding.record",
        verb="record",
        title="登记虚假材料认定",
        entry="finding.recorded",
        fields=_fields,
        faults=_faults,
        identity_field="document",
        perform=_record,
        initial=_reach_as_set,
        notes=lambda _subject, values: [*later_note(values["found_on"], "认定日期")],
        explained="认定在系统外作出，这里登记认定文书；由另一人复核后生效。",
    ),
    _act(
        id="finding.withdraw",
        verb="withdraw",
        title="撤销虚假材料认定",
        entry="finding.withdrawn",
        fields=lambda _subject: WITHDRAWAL,
        faults=partial(again_withdrawn_faults, day="found_on", label="认定日期"),
        perform=_replace,
        explained="认定被复议、诉讼或原机关撤销时办理；原记录保留。登记有误的，请办理更正或作废。",
    ),
    _act(
        id="finding.correct",
        verb="correct",
        title="更正虚假材料认定",
        entry="finding.corrected",
        fields=_correcting_fields,
        faults=_correcting_faults,
        identity_field="document",
        perform=_replace,
        initial=_as_recorded,
        notes=lambda _subject, values: [*later_note(values["found_on"], "认定日期")],
        explained="登记的内容与认定文书不符时办理；原记录保留并注明理由。",
    ),
    _act(
        id="finding.annul",
        verb="annul",
        title="作废虚假材料认定记录",
        entry="finding.annulled",
        fields=lambda _subject: (reason_field("作废理由"),),
        faults=lambda _subject, _values: iter(()),
        perform=_annul,
        explained="整条记录不该登记（例如登错企业、重复登记）时办理；记录保留，不再计入。",
    ),
)
