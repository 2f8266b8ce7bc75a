"""An act on a fact as a value (登记、撤销、更正、作废): its form, its refusals, its doing.

The same object makes the form, refuses on preview and again on saving, tells the second person
what is proposed, and carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.desk.fields import Field, Typed, Values, as_texts, read_form
from app.desk.queries.facts import Fact, Subject, same_on_record
from app.kernel import clock
from app.kernel.authority import Permission

Faults: TypeAlias = Iterator[tuple[str, str]]

WHOLE = "enterprise"
"""The value of the field ``reach`` for every plant of the enterprise."""
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
    identity_field: str = ""
    """Where to tell that the same stands on record already; empty: the act enters nothing new."""
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
        if not typed.errors and self.identity_field:
            self._refuse_double(subject, typed)
        return typed

    def _refuse_double(self, subject: Subject, typed: Typed) -> None:
        values = typed.values
        found = same_on_record(self.kind, subject.plant, values, is_whole=is_whole(subject, values))
        if found is None or (subject.fact is not None and found.id == subject.fact.id):
            return
        typed.taken = found.id
        what = self.headline(subject, {**values, **found.values})
        when = clock.shown(found.recorded_at)
        typed.refuse(
            self.identity_field,
            f"已登记：{what}，由{found.recorded_by}于 {when} 登记，没有重复登记，"
            "如需改动，请在已有的记录上办理更正",
        )

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


def is_whole(subject: Subject, values: Values) -> bool:
    """Whether the record is to hold for the whole enterprise; as the fact does, if not asked."""
    if "reach" in values:
        return bool(values["reach"] == WHOLE)
    return subject.fact is not None and subject.fact.is_whole


def whose(subject: Subject, values: Values) -> str:
    """Enterprise and plant that the record is about, in one line."""
    plant = subject.plant
    return f"{plant.enterprise_name}（全部厂区）" if is_whole(subject, values) else plant.full_name


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
