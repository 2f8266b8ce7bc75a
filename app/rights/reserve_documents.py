"""The ledger of tonnes as a file (储备台账导出): canonical JSON with its hash, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.policy.documents import Cell, Document, Table, moment_in_utc, sealed
from app.policy.exports import TONNES
from app.rights.domain import LEVEL_WORDS
from app.rights.tonnage import OPENING_WORDS, EntryKind, Line, Statement

SUMS = (
    ("opening", "期初"),
    ("in", "收储"),
    ("carry-in", "结转转入"),
    ("out", "其他支出"),
    ("carry-out", "结转转出"),
    ("supply", "可分配量"),
    ("allocation", "已分配"),
    ("balance", "结余"),
)
"""What is summed up of a reserve, in the order in which it adds up."""


def sums_of(found: Statement) -> dict[str, str]:
    """The sums of a reserve as texts with three places, by their names in SUMS."""
    kinds = {str(kind): found.of_kind(kind) for kind in EntryKind}
    whole = {
        "opening": found.opening,
        "supply": found.supply,
        "balance": found.balance,
        **kinds,
    }
    return {name: f"{whole[name]:.3f}" for name, _ in SUMS}


def reserves_document(
    found: Iterable[Statement], people: Mapping[int, str], known_at: datetime
) -> Document:
    """Every reserve with its sums and entries."""
    return sealed(
        {
            "known_at": moment_in_utc(known_at),
            "reserves": [
                {
                    "level": str(it.account.level),
                    "pollutant": it.account.pollutant,
                    "year": it.account.year,
                    **sums_of(it),
                    "entries": [_line_as_json(line, people) for line in it.lines],
                }
                for it in found
            ],
        }
    )


def _line_as_json(line: Line, people: Mapping[int, str]) -> Document:
    entry = line.entry
    return {
        "entry": entry.id,
        "kind": str(entry.kind),
        "booked_on": entry.booked_on.isoformat(),
        "tonnes": f"{entry.tonnes:.3f}",
        "balance": f"{line.balance:.3f}",
        "document": entry.document,
        "reason": entry.reason,
        "recorded_by": people.get(entry.recorded_by or 0, "系统"),
    }


def overview_table(found: Iterable[Statement], sha256: str) -> Table:
    """One row a reserve, the sums in the order in which they add up."""
    rows = []
    for it in found:
        head: list[Cell] = [it.account.year, LEVEL_WORDS[it.account.level], it.account.pollutant]
        rows.append((*head, *sums_of(it).values()))
    columns = ("年度", "级别", "污染物", *(f"{words}{TONNES}" for _, words in SUMS))
    return Table("排污权政府储备收支汇总", _notes(sha256), columns, tuple(rows))


def statement_table(found: Statement, people: Mapping[int, str], sha256: str) -> Table:
    """One row an entry, with the balance after it."""
    opening: tuple[Cell, ...] = ("", OPENING_WORDS, "", "", f"{found.opening:.3f}", "", "", "")
    rows = [opening]
    for line in found.lines:
        entry, tonnes = line.entry, f"{line.entry.tonnes:.3f}"
        rows.append(
            (
                entry.booked_on.isoformat(),
                entry.kind.words,
                tonnes if entry.kind.adds else "",
                "" if entry.kind.adds else tonnes,
                f"{line.balance:.3f}",
                entry.document,
                entry.reason,
                people.get(entry.recorded_by or 0, "系统"),
            )
        )
    sums = "；".join(f"{words} {sums_of(found)[name]} 吨" for name, words in SUMS)
    columns = ("日期", "收支", f"收入{TONNES}", f"支出{TONNES}", f"结余{TONNES}",
               "依据文件", "事由", "登记人")  # fmt: skip
    notes = (*_notes(sha256), f"{sums}。")
    return Table(f"{found.account.words}收支台账", notes, columns, tuple(rows))


def _notes(sha256: str) -> tuple[str, ...]:
    return (
        "可分配量 = 期初 + 收储 + 结转转入 − 其他支出 − 结转转出；结余 = 可分配量 − 已分配。",
        f"校验值（SHA-256）：{sha256}",
    )
