"""What was found in a workbook, as values (发现的问题): refused, warned of, or read as."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.kernel.spreadsheets import is_invisible

_ADVICE = re.compile(r"(?P<what>.+?)[，。；,](?P<mend>请.+)", re.DOTALL)
_LONGEST_VALUE = 80


class Level(StrEnum):
    """How much a finding weighs."""

    REFUSED = "refused"
    """拒绝: nothing is written while one of these stands."""
    WARNING = "warning"
    """提示: to be looked at; does not stop the import."""
    READ_AS = "read-as"
    """读作: the cell was read as something else than it says."""


LEVEL_WORDS: Mapping[Level, str] = {
    Level.REFUSED: "拒绝",
    Level.WARNING: "提示",
    Level.READ_AS: "读作",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found at a cell, a row or a sheet of the workbook.

    ``row`` is the number Excel shows, None for a whole sheet; ``sheet`` is empty for the whole
    workbook. ``mend`` says how to put it right and is never empty when the row is refused.
    """

    sheet: str
    row: int | None
    column: str
    value: str
    what: str
    mend: str
    level: Level

    @property
    def sentence(self) -> str:
        """What is wrong and how to mend it, without the place."""
        return "。".join(part for part in (self.what, self.mend) if part) + "。"

    @property
    def place(self) -> str:
        """Where it is, in words: 企业 第 9 行“成立日期”."""
        row = "" if self.row is None else f" 第 {self.row} 行"
        column = f"“{self.column}”" if self.column else ""
        if self.sheet and not row and not column:
            return f"{self.sheet}表"
        return f"{self.sheet}{row}{column}" or "整个工作簿"

    @property
    def text(self) -> str:
        """Place and sentence together, as the command prints it."""
        return f"{self.place}：{self.sentence}"

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "what": self.what,
            "mend": self.mend,
            "level": self.level.value,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Problem:
        """What :meth:`as_json` made."""
        return cls(**{**values, "level": Level(values["level"])})


def problem(
    level: Level,
    sheet: str,
    row: int | None,
    column: str,
    sentence: str,
    *,
    value: str = "",
    mend: str = "",
) -> Problem:
    """A finding from one sentence, whose part from 请 on becomes ``mend`` if none is given."""
    what = sentence
    if not mend and (parts := _ADVICE.fullmatch(sentence)) is not None:
        what, mend = parts["what"], parts["mend"]
    shown = value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"
    shown = "".join("\ufffd" if is_invisible(it) and it not in "\t\n" else it for it in shown)
    return Problem(sheet, row, column, shown, _bare(what), _bare(mend), level)


def _bare(sentence: str) -> str:
    return sentence.strip().rstrip("。；，")


def row_texts(problems: Iterable[Problem], level: Level) -> dict[str, dict[int, str]]:
    """Sheet → row → what stands in that row's 错误 cell."""
    texts: dict[str, dict[int, list[str]]] = {}
    for found in problems:
        if found.level is level and found.sheet and found.row is not None:
            column = f"“{found.column}”" if found.column else ""
            texts.setdefault(found.sheet, {}).setdefault(found.row, []).append(
                f"{column}{found.sentence}"
            )
    return {
        sheet: {row: "\n".join(dict.fromkeys(lines)) for row, lines in rows.items()}
        for sheet, rows in texts.items()
    }
