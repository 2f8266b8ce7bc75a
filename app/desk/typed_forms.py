"""A form as a list of inputs with what was typed and what is wrong with it (表单).

The pages about plants differ only in their inputs; `desk/_inputs.html` shows any of them. What was
typed is kept as typed until it is saved, through the preview and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from app.kernel.asked import read_day

InputKind: TypeAlias = Literal["text", "day", "choice", "long"]
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Input:
    """One input: ``options`` are pairs (value, words) of a choice; ``every`` its empty choice.

    ``short``: what is typed is a number, so the box is not wide.
    """

    name: str
    label: str
    kind: InputKind = "text"
    required: bool = False
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    every: str = ""
    short: bool = False

    @property
    def title(self) -> str:
        """The label, which says whether the input must be filled."""
        return f"{self.label}（{'必填' if self.required else '选填'}）"


@dataclass(slots=True)
class TypedForm:
    """Inputs with what was typed into them; ``errors`` by name, "" for the form as a whole."""

    inputs: tuple[Input, ...]
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    is_taken: bool = False
    """Whether somebody has entered the same meanwhile; the error tells who and when."""

    @classmethod
    def sent(cls, inputs: Iterable[Input], form: Mapping[str, str]) -> TypedForm:
        """The form as it was sent; what is missing counts as empty."""
        held = tuple(inputs)
        return cls(held, {it.name: form.get(it.name, "").strip()[:_LONGEST] for it in held})

    def text(self, name: str) -> str:
        """What was typed, empty where the form has no such input."""
        return self.typed.get(name, "")

    def chosen(self, name: str) -> str:
        """What was chosen, if it is one of the options."""
        held = next((it for it in self.inputs if it.name == name), None)
        value = self.text(name)
        return value if held and value in dict(held.options) else ""

    def wrong(self, name: str, sentence: str) -> None:
        """Note the first thing that is wrong with an input."""
        ended = sentence if sentence.endswith("。") else f"{sentence}。"
        self.errors.setdefault(name if name in self.typed else "", ended)

    def taken(self, name: str, sentence: str) -> None:
        """Note that somebody was faster."""
        self.is_taken = True
        self.wrong(name, sentence)

    def day(self, name: str) -> date | None:
        """The day typed, None when blank or not a day; that is noted."""
        try:
            day = read_day(self.text(name))
        except ValueError as fault:
            self.wrong(name, str(fault))
            return None
        return day

    @property
    def summary(self) -> list[tuple[str, str]]:
        """What is wrong, as the summary on top takes it: id of the input and sentence."""
        labels = {it.name: it.label for it in self.inputs}
        return [
            (f"f-{name}" if name else "", f"{labels[name]}：{said}" if name else said)
            for name, said in self.errors.items()
        ]
