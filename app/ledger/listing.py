"""What was found in a workbook as its page shows it (核对结果): by kind and sheet, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.look import url_with
from app.ledger.preview import CHANGED, NEW, Preview, RowChange
from app.ledger.problems import Problem
from app.ledger.sheets import SHEETS
from app.rulebook.domain import folded

ENTRIES_PER_PAGE = 100
_LONGEST_SEARCH = 100
_FIRST_PAGE: Mapping[str, Any] = {"page": None}

PARTS: Mapping[str, tuple[str, str]] = {
    "refused": ("拒绝", "处"),
    "changed": ("变更", "行"),
    "new": ("新增", "行"),
    "warning": ("提示", "处"),
    "read-as": ("读作", "处"),
    "aside": ("未读", "项"),
}
"""Kinds of findings: id → word and what they are counted in, the weightiest first."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Rows, columns or sheets that were not read, and why; ``rows`` are as Excel shows them."""

    sheet: str
    rows: str
    why: str


Entry = Problem | RowChange | Aside


@dataclass(frozen=True, slots=True)
class Choice:
    """A tab of the page: a kind or a sheet, how many it holds, and its address."""

    label: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the findings of one kind."""

    part: str
    sheet: str
    words: str
    parts: Sequence[Choice]
    sheets: Sequence[Choice]
    entries: Sequence[Entry]
    first: int
    """The number of the first entry among the matching ones, from 1."""
    matching: int
    total: int
    chips: Sequence[tuple[str, str, str]]
    previous_url: str | None
    next_url: str | None

    @property
    def last(self) -> int:
        """The number of the last entry shown."""
        return self.first + len(self.entries) - 1

    @property
    def unit(self) -> str:
        """What the entries are counted in."""
        return PARTS[self.part][1]


def listed(preview: Preview, values: Mapping[str, str]) -> Listing:
    """The findings that the address asks for (part, sheet, q, page), in the workbook's order."""
    found = {part: list(_entries(preview, part)) for part in PARTS}
    part = values.get("part", "")
    if part not in PARTS:
        part = next((it for it in PARTS if found[it]), "new")
    counts = Counter(entry.sheet for entry in found[part])
    sheet = values.get("sheet", "")
    sheet = sheet if sheet in counts else ""
    words = values.get("q", "").strip()[:_LONGEST_SEARCH]
    of_sheet = [it for it in found[part] if sheet in ("", it.sheet)]
    matching = [it for it in of_sheet if _mentions(it, words)] if words else of_sheet
    pages = max(1, -(-len(matching) // ENTRIES_PER_PAGE))
    page = min(page_in(values), pages)
    start = (page - 1) * ENTRIES_PER_PAGE
    chips = [("工作表", sheet, url_with(sheet=None, **_FIRST_PAGE))] if sheet else []
    if words:
        chips.append(("搜索", words, url_with(q=None, **_FIRST_PAGE)))
    return Listing(
        part=part,
        sheet=sheet,
        words=words,
        parts=[_part_choice(it, found[it], part) for it in PARTS],
        sheets=list(_sheet_choices(counts, sheet)),
        entries=matching[start : start + ENTRIES_PER_PAGE],
        first=start + 1,
        matching=len(matching),
        total=len(found[part]),
        chips=chips,
        previous_url=url_with(page=page - 1 if page > 2 else None) if page > 1 else None,
        next_url=url_with(page=page + 1) if page < pages else None,
    )


def page_in(values: Mapping[str, str]) -> int:
    """The number of the page that the address asks for; the first when it names none."""
    text = values.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _entries(preview: Preview, part: str) -> Iterator[Entry]:
    if part == "aside":
        yield from (Aside("", "", sentence) for sentence in preview.ignored)
        for rows in preview.skipped:
            span = str(rows.first) if rows.first == rows.last else f"{rows.first} 至 {rows.last}"
            yield Aside(rows.sheet, span, rows.why)
    elif part in ("changed", "new"):
        kind = {"changed": CHANGED, "new": NEW}[part]
        yield from (change for change in preview.changes if change.kind == kind)
    else:
        yield from (found for found in preview.problems if found.level.value == part)


def _part_choice(part: str, entries: Sequence[Entry], chosen: str) -> Choice:
    url = url_with(part=part, sheet=None, **_FIRST_PAGE)
    return Choice(PARTS[part][0], len(entries), url, part == chosen)


def _sheet_choices(counts: Mapping[str, int], chosen: str) -> Iterator[Choice]:
    """The sheets that hold entries, in the order of the contract, after one for all of them."""
    yield Choice("全部", sum(counts.values()), url_with(sheet=None, **_FIRST_PAGE), not chosen)
    order = {spec.name: place for place, spec in enumerate(SHEETS)}
    for name in sorted(filter(None, counts), key=lambda it: (order.get(it, len(order)), it)):
        url = url_with(sheet=name, **_FIRST_PAGE)
        yield Choice(name, counts[name], url, name == chosen)


def _mentions(entry: Entry, words: str) -> bool:
    """Whether every word stands in the entry."""
    text = folded("\n".join(_texts(entry)))
    return all(folded(word) in text for word in words.split())


def _texts(entry: Entry) -> Iterator[str]:
    if isinstance(entry, Problem):
        yield from (entry.sheet, str(entry.row or ""), entry.column, entry.value, entry.sentence)
    elif isinstance(entry, RowChange):
        yield from (entry.sheet, str(entry.row), entry.label)
        for cell in entry.cells:
            yield from (cell.column, cell.old, cell.new)
    else:
        yield from (entry.sheet, entry.rows, entry.why)
