"""An act on a fact as a value (登记、撤销、更正、作废): its form, its refusals, its doing.

The same object makes the form, refuses on preview and again on saving, tells the second person
what is proposed, and carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.desk.fields import Field, Sort, Typed, Values, as_texts, read_form
from app.desk.queries.facts import Fact, Subject
from app.kernel import clock
from app.kernel.authority import Permission
from app.supervision.rules import reaches_all

Faults: TypeAlias = Iterator[tuple[str, str]]

REASON = Field(
    "reason", "理由", Sort.LONG, hint="写明为什么这样办理，会与原记录一起保留。", longest=500
)
WHOLE, ONE = "enterprise", "plant"
ENDED = "登记撤销"
"""Why a record was replaced when its withdrawal was entered; its own reason stands beside it."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done to a plant's facts.

    ``perform`` writes through the stages' services and returns the id of the new record, None
    where there is none. ``notes`` are what is pointed out and refuses nothing.
    """

    id: str
    kind: str
    """violation, finding or grade_record."""
    verb: str
    title: str
    permission: Permission
    second_person: bool
    entry: str
    """What the audit log calls it."""
    fields: Callable[[Subject], tuple[Field, ...]]
    headline: Callable[[Subject, Values], str]
    faults: Callable[[Subject, Values], Faults]
    perform: Callable[[Subject, Values], int | None]
    initial: Callable[[Subject], Values] = lambda _subject: {}
    notes: Callable[[Subject, Values], Sequence[str]] = lambda _subject, _values: ()
    explained: str = ""
    """What the act means, in a sentence above its form."""

    @property
    def button(self) -> str:
        """What its last button says."""
        return "提交复核" if self.second_person else f"确认{self.title}"

    def read(self, subject: Subject, form: dict[str, str]) -> Typed:
        """The form as typed, with everything that is wrong with it."""
        typed = read_form(self.fields(subject), form)
        if not typed.errors:
            for name, sentence in self.faults(subject, typed.values):
                typed.refuse(name, sentence)
        return typed

    def texts(self, subject: Subject, values: Values) -> dict[str, str]:
        """Values as the form holds them."""
        return as_texts(self.fields(subject), values)

    def told(self, subject: Subject, values: Values) -> list[tuple[str, str]]:
        """Label and value of everything that is typed; what differs from the record says so."""
        found = [("企业和厂区", whose(subject, values))]
        before = self.initial(subject) if subject.fact is not None else {}
        for it in self.fields(subject):
            words = it.told(values.get(it.name))
            if it.name in before and before[it.name] != values.get(it.name):
                words = f"{words}（原为 {it.told(before[it.name])}）"
            found.append((it.label, words))
        return found


def reach_field(subject: Subject) -> Field:
    """Whether a fact names the plant or holds for the whole enterprise."""
    plant = subject.plant
    choices = ((ONE, f"只适用于厂区 {plant.number} {plant.name}"),
               (WHOLE, f"适用于企业全部厂区（现有 {len(subject.plants)} 个）"))  # fmt: skip
    return Field(
        "reach", "适用范围", Sort.CHOICE, hint="以决定书或认定书所写为准。", choices=choices
    )


def whose(subject: Subject, values: Values) -> str:
    """Enterprise and plant that the record is about, in one line."""
    is_whole = values.get("reach") == WHOLE or (
        "reach" not in values and subject.fact is not None and subject.fact.is_whole
    )
    return f"{subject.plant.enterprise_name}（全部厂区）" if is_whole else subject.plant.full_name


def reach_of(fact: Fact) -> str:
    """The same of a fact on record."""
    return WHOLE if fact.is_whole else ONE


def plant_of(subject: Subject, values: Values) -> int | None:
    """The plant that the record is to name; None for the whole enterprise."""
    return None if values.get("reach") == WHOLE else subject.plant.plant_id


def reach_faults(subject: Subject, values: Values) -> Faults:
    """What holds for the whole enterprise is for who reaches all of its plants."""
    if values.get("reach") == WHOLE and not reaches_all(subject.reach, subject.counties):
        yield (
            "reach",
            "适用于企业全部厂区，而该企业有厂区不在您的区县，请改为只适用于本厂区，或由市局登记",
        )


def unchanged_fault(initial: Values, values: Values) -> Faults:
    """A correction corrects something."""
    if all(initial[name] == values.get(name) for name in initial):
        yield "reason", "没有改动任何内容，请改正有误的内容后再提交，或返回"


def change_word(fact: Fact, successor: Fact | None) -> str:
    """What was done to a fact that no longer stands: 更正, 撤销 or 作废."""
    if successor is None:
        return "作废"
    ends = ("withdrawn_on", "expires_on")
    is_ended = any(not fact.values.get(it) and successor.values.get(it) for it in ends)
    return "撤销" if is_ended and fact.annulled_reason == ENDED else "更正"


def moved_on(fact: Fact, successor: Fact | None) -> str:
    """Who did what to a fact that an act was to start from, and when."""
    via = "（台账导入）" if fact.annulled_via != "web" else ""
    why = f"，理由：{fact.annulled_reason}" if fact.annulled_reason else ""
    return (
        f"该记录已于 {clock.shown(fact.annulled_at or fact.recorded_at)} 由{fact.annulled_by}"
        f"{change_word(fact, successor)}{via}{why}。"
    )
