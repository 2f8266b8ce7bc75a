"""A sheet of the ledger as a form (台账一行的表单): the same columns, read by the same parsers.

So what a workbook refuses a form refuses, in the same words, and a new column appears in both.
Unlike a blank cell, an emptied input empties the register: the form showed what stood there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.accounts.places import CountyIndex
from app.accounts.queries import list_bureaus
from app.desk.typed_forms import Input, InputKind, TypedForm
from app.ledger import parsing
from app.ledger.comparing import shown
from app.ledger.guide import ALLOWED, explanation
from app.ledger.sheets import BY_NAME, ColumnSpec, SheetSpec
from app.registry.domain import IndustryRole
from app.rulebook.queries import all_rulebooks, catalogue

_OF_CELLS = "设为文本格式。"
"""What the guide says of cells of a workbook only."""
_LONG = frozenset({"note", "measure"})


class SheetForm:
    """Some columns of a sheet as inputs; ``prefix`` keeps two sheets on one page apart."""

    def __init__(self, sheet: str, without: Iterable[str] = (), prefix: str = "") -> None:
        self.spec: SheetSpec = BY_NAME[sheet]
        left_out = frozenset(without)
        self.columns = [it for it in self.spec.columns if it.field not in left_out]
        self.prefix = prefix

    def inputs(self) -> tuple[Input, ...]:
        """The inputs, in the order of the sheet."""
        return tuple(self._input(column) for column in self.columns)

    def _input(self, column: ColumnSpec) -> Input:
        options = self._options(column)
        kind: InputKind = "choice" if options else "day" if column.kind == "date" else "text"
        if column.field in _LONG:
            kind = "long"
        hint = explanation(self.spec, column, {}) if kind == "text" else ""
        hint = hint.replace(_OF_CELLS, "")
        return Input(
            self.prefix + column.field,
            column.header,
            kind,
            required=column.required,
            hint="" if hint in ("文字。", "数字，不带单位。") else hint,
            options=options,
            every="请选择" if column.required else "未填",
            short=column.kind in ("number", "tonnes"),
        )

    def _options(self, column: ColumnSpec) -> tuple[tuple[str, str], ...]:
        if column.field == "county":
            return tuple((it.code, it.name) for it in list_bureaus("county"))
        if column.field == "industry":
            held = sorted(catalogue().industries, key=lambda it: (it.number or 999, it.id))
            return tuple((it.name, it.name) for it in held)
        words: Sequence[str] = ALLOWED.get((self.spec.name, column.header), ())
        return tuple((str(word), str(word)) for word in words)

    def typed(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Values of the register as the inputs show them."""
        return {
            self.prefix + column.field: shown(column, _none(values.get(column.field)))
            for column in self.columns
        }

    def read(self, form: TypedForm) -> dict[str, Any]:
        """The values typed, by field; what cannot be read is noted at its input."""
        tools = parsing.Tools(CountyIndex(list_bureaus()), catalogue(), all_rulebooks())
        values: dict[str, Any] = {}
        for column in self.columns:
            name = self.prefix + column.field
            typed = form.text(name)
            if not typed:
                if column.required:
                    form.wrong(name, f"请填写{column.header}")
                continue
            parsed = column.parse(typed, tools)
            if parsed.problem is not None:
                form.wrong(name, parsed.problem)
            elif parsed.value is not None:
                values[column.field] = parsed.value
        if values.get("industry") and values.get("subtype"):
            part = parsing.subtype(values["industry"], values["subtype"], tools)
            if part.problem is not None:
                form.wrong(f"{self.prefix}subtype", part.problem)
            values["subtype"] = part.value
        return values

    def differences(
        self, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> list[tuple[str, str, str]]:
        """Label, old and new of every column that differs, as the ledger shows them."""
        return [
            (column.header, old, new)
            for column in self.columns
            if (old := shown(column, _none(before.get(column.field))))
            != (new := shown(column, _none(after.get(column.field))))
        ]


def _none(value: Any) -> Any:
    return None if value == "" else value


def said(values: Mapping[str, Any], columns: Iterable[ColumnSpec]) -> dict[str, Any]:
    """The values to be recorded: what is not said is empty text, for days and numbers nothing."""
    empty = {"text": "", "code": ""}
    return {
        column.field: values.get(column.field, empty.get(column.kind))
        if column.field not in _NO_TEXT
        else values.get(column.field)
        for column in columns
    }


_NO_TEXT = frozenset({"livelihood"})
MAIN = str(IndustryRole.MAIN)
