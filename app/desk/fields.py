"""What officers type into a form of this stage (表单): declared once, read, kept, and told back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from app.kernel.asked import read_day
from app.kernel.spreadsheets import clean_text

Values: TypeAlias = Mapping[str, Any]
"""What was typed as values by field: a day as ``date`` or None, everything else as text."""


class Sort(StrEnum):
    """How a field is typed."""

    DAY = "day"
    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form; ``choices`` are pairs (value, words)."""

    name: str
    label: str
    sort: Sort = Sort.TEXT
    required: bool = True
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    longest: int = 100

    @property
    def marked_label(self) -> str:
        """The label, saying whether it must be filled in."""
        return f"{self.label}（{'必填' if self.required else '选填'}）"

    def told(self, value: Any) -> str:
        """A value as a person reads it."""
        if value in (None, ""):
            return "—"
        return dict(self.choices).get(value, str(value))


@dataclass(slots=True)
class Typed:
    """A form as typed, what was read from it, and what is wrong with it (field → sentence)."""

    texts: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    taken: int | None = None
    """The fact that stands on record by the typed identity already."""

    def refuse(self, name: str, sentence: str) -> None:
        """Note what is wrong; the first fault of a field is the one shown."""
        self.errors.setdefault(name, sentence if sentence.endswith("。") else f"{sentence}。")


def read_form(fields: Sequence[Field], form: Mapping[str, str]) -> Typed:
    """What was typed into the fields; nothing typed is ever lost."""
    typed = Typed()
    for it in fields:
        text = form.get(it.name, "")
        typed.texts[it.name] = text
        _READ[it.sort](it, text, typed)
        missing = typed.values.get(it.name) in (None, "")
        if missing and it.required and it.name not in typed.errors:
            typed.refuse(it.name, _missing(it))
    return typed


def _missing(it: Field) -> str:
    verb = "选择" if it.sort is Sort.CHOICE else "填写"
    return f"没有{verb}{it.label}。请{verb}后再提交。"


def _read_day(it: Field, text: str, typed: Typed) -> None:
    typed.values[it.name] = None
    try:
        typed.values[it.name] = read_day(text)
    except ValueError as fault:
        typed.refuse(it.name, str(fault))


def _read_text(it: Field, text: str, typed: Typed) -> None:
    typed.values[it.name] = clean_text(text)
    if len(typed.values[it.name]) > it.longest:
        typed.refuse(it.name, f"{it.label}最多 {it.longest} 个字。请改短后再提交。")


def _read_choice(it: Field, text: str, typed: Typed) -> None:
    value = text.strip()
    offered = {key for key, _ in it.choices}
    typed.values[it.name] = value if value in offered else ""
    if value and value not in offered:
        typed.refuse(it.name, f"{it.label}没有这一选项。请从列出的选项中选择。")


_READ: Mapping[Sort, Callable[[Field, str, Typed], None]] = {
    Sort.DAY: _read_day,
    Sort.TEXT: _read_text,
    Sort.LONG: _read_text,
    Sort.CHOICE: _read_choice,
}


def as_texts(fields: Sequence[Field], values: Values) -> dict[str, str]:
    """Values as a form holds them, and as JSON can keep them; the way back is ``read_form``."""
    found = {}
    for it in fields:
        value = values.get(it.name)
        found[it.name] = value.isoformat() if isinstance(value, date) else str(value or "")
    return found
