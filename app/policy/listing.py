"""The rows of a ranked list that a page shows (清单筛选): filters and pages, never the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kernel.look import url_with
from app.policy.domain import RankedRow
from app.rulebook.domain import Grade, GradeOrder, folded

ROWS_PER_PAGE = 50
UNGRADED = "none"
CONCLUSIONS = {"admitted": "纳入", "not-admitted": "不纳入"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of the rows that the filters leave."""

    rows: Sequence[RankedRow]
    first: int
    """The number of the first row among the matching ones, from 1."""
    matching: int
    total: int
    chips: Sequence[tuple[str, str, str]]
    filters: Mapping[str, tuple[str, Mapping[str, str]]]
    """Name in the address → label and options."""
    chosen: Mapping[str, str]
    previous_url: str | None
    next_url: str | None

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.rows) - 1


def shown(rows: Sequence[RankedRow], values: Mapping[str, str], order: GradeOrder) -> Shown:
    """The rows that the address asks for (q, result, grade, industry, page), in their order."""
    filters = {
        "result": ("结论", CONCLUSIONS),
        "grade": ("等级", _grades(rows, order)),
        "industry": ("行业", _industries(rows)),
    }
    chosen = {name: _asked(values, name, options) for name, (_, options) in filters.items()}
    words = values.get("q", "").strip()
    matching = [row for row in rows if _fits(row, chosen) and _mentions(row, words)]
    pages = max(1, -(-len(matching) // ROWS_PER_PAGE))
    page = min(_page(values.get("page", "")), pages)
    start = (page - 1) * ROWS_PER_PAGE
    chips = [("搜索", words, url_with(q=None, page=None))] if words else []
    chips += [
        (label, options[chosen[name]], url_with(**{name: None, "page": None}))
        for name, (label, options) in filters.items()
        if chosen[name]
    ]
    return Shown(
        rows=matching[start : start + ROWS_PER_PAGE],
        first=start + 1,
        matching=len(matching),
        total=len(rows),
        chips=chips,
        filters=filters,
        chosen={**chosen, "q": words},
        previous_url=url_with(page=page - 1 if page > 2 else None) if page > 1 else None,
        next_url=url_with(page=page + 1) if page < pages else None,
    )


def _asked(values: Mapping[str, str], name: str, options: Mapping[str, str]) -> str:
    wanted = values.get(name, "").strip()
    return wanted if wanted in options else ""


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _grades(rows: Sequence[RankedRow], order: GradeOrder) -> dict[str, str]:
    """The grades that stand in the list, best first; 未定级 last."""
    held: set[Grade | None] = {row.candidate.standing.grade for row in rows}
    graded = sorted((it for it in held if it), key=lambda it: (order.rank(it), it))
    return {**{it: it for it in graded}, **({UNGRADED: "未定级"} if None in held else {})}


def _industries(rows: Sequence[RankedRow]) -> dict[str, str]:
    names = sorted({row.candidate.industry for row in rows if row.candidate.industry})
    return {name: name for name in names}


def _fits(row: RankedRow, chosen: Mapping[str, str]) -> bool:
    result, grade, industry = chosen["result"], chosen["grade"], chosen["industry"]
    return (
        result in ("", "admitted" if row.admitted else "not-admitted")
        and grade in ("", row.candidate.standing.grade or UNGRADED)
        and industry in ("", row.candidate.industry)
    )


def _mentions(row: RankedRow, words: str) -> bool:
    """Whether every word stands in the code or a name of the row."""
    if not words:
        return True
    it = row.candidate
    text = folded(f"{it.uscc}\n{it.name}\n{it.plant}\n{it.plant_name}")
    return all(folded(word) in text for word in words.split())
