"""What the acts on every kind of fact share: fields, refusals, and how a record follows another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.desk.acts.base import ENDED, WHOLE, Faults, is_whole
from app.desk.fields import Field, Sort, Values
from app.desk.queries.facts import FIELDS, Subject
from app.kernel import clock
from app.supervision.rules import reaches_all, withdrawal_faults

Fields = Callable[[Subject], Sequence[Field]]


def reason_field(label: str) -> Field:
    """Why it is done, in the words that stay with the record."""
    hint = "写明为什么这样办理，会与原记录一起保留。"
    return Field("reason", label, Sort.LONG, hint=hint, longest=500)


def entered(kind: str, subject: Subject, values: Values) -> dict[str, Any]:
    """What the new record says: as typed, and where nothing is typed as the fact on record."""
    known = {**(subject.fact.values if subject.fact else {}), **values}
    return {name: known[name] for name in FIELDS[kind] if name in known}


def why(values: Values) -> str:
    """Why a record takes the place of another: as typed, or because its end was entered."""
    return str(values.get("reason", ENDED))


# --- Correcting (更正) --------------------------------------------------------------------------


def correcting_fields(
    subject: Subject, *, fields: Fields, ending: Sequence[Field]
) -> tuple[Field, ...]:
    """The fields of the record, those of its end where it has one, and the reason."""
    asked = fields(subject)
    held, said = {it.name for it in asked}, subject.standing_fact.values
    more = [replace(it, required=False, hint="") for it in ending if it.name not in held]
    if not any(said[it.name] for it in more):
        return (*asked, reason_field("更正理由"))
    return (*asked, replace(more[0], hint=_CLEARED), *more[1:], reason_field("更正理由"))


_CLEARED = "如撤销本身系误登，有关撤销的各项一并清空。"


def as_recorded(subject: Subject, *, fields: Fields) -> Values:
    """The fact as the form of its correction begins."""
    fact = subject.standing_fact
    known: Mapping[str, Any] = {"reach": WHOLE if fact.is_whole else ONE, **fact.values}
    return {it.name: known[it.name] for it in fields(subject) if it.name in known}


def unchanged_fault(initial: Values, values: Values) -> Faults:
    """A correction corrects something."""
    if all(initial[name] == values.get(name) for name in initial):
        yield "reason", "没有改动任何内容，请改正有误的内容后再提交，或返回"


# --- Violations and findings: of a plant or of its whole enterprise, withdrawn by a document -----

ONE = "plant"
WITHDRAWAL = (
    Field("withdrawn_on", "撤销日期", Sort.DAY, hint="自这一天起，视同没有作出过。"),
    Field("withdrawal_document", "撤销依据文号", hint="复议决定书、判决书或撤销决定的文号。"),
    Field("withdrawal_reason", "撤销理由", Sort.LONG, longest=500),
)


def reach_field(subject: Subject) -> Field:
    """Whether a fact names the plant or holds for the whole enterprise."""
    plant = subject.plant
    choices = ((ONE, f"只适用于厂区 {plant.number} {plant.name}"),
               (WHOLE, f"适用于企业全部厂区（现有 {len(subject.plants)} 个）"))  # fmt: skip
    return Field(
        "reach", "适用范围", Sort.CHOICE, hint="以决定书或认定书所写为准。", choices=choices
    )


def plant_of(subject: Subject, values: Values) -> int | None:
    """The plant that the record is to name; None for the whole enterprise."""
    return None if is_whole(subject, values) else subject.plant.plant_id


def reach_faults(subject: Subject, values: Values) -> Faults:
    """What holds for the whole enterprise is for who reaches all of its plants."""
    if values.get("reach") == WHOLE and not reaches_all(subject.reach, subject.counties):
        yield (
            "reach",
            "适用于企业全部厂区，而该企业有厂区不在您的区县，请改为只适用于本厂区，或由市局登记",
        )


def dateless_withdrawal_faults(values: Values) -> Faults:
    """A correction that takes a withdrawal back leaves nothing of it."""
    said = [it.label for it in WITHDRAWAL[1:] if values.get(it.name)]
    if said and not values.get("withdrawn_on"):
        yield "withdrawn_on", f"填写了{'和'.join(said)}，而没有撤销日期，请填写，或一并清空"


def again_withdrawn_faults(subject: Subject, values: Values, day: str, label: str) -> Faults:
    """A fact is withdrawn once, and not before its day, which is called ``label``."""
    fact = subject.standing_fact
    if withdrawn := fact.day("withdrawn_on"):
        yield "withdrawn_on", f"已登记 {withdrawn} 撤销，如日期或文号有误，请办理更正"
    yield from withdrawal_faults(values["withdrawn_on"], fact.day(day), label)


def later_note(day: date, label: str) -> Iterator[str]:
    """A day to come is allowed and pointed out."""
    if day > clock.today():
        yield f"{label} {day} 在今天以后，请核对；到该日才起作用。"
