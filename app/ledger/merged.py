"""Cells under a merged one (合并单元格): a person sees a value there, but none is stored."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from app.kernel.spreadsheets import Merged, Sheet


class MergedCells:
    """The merged regions of a sheet that hold a value, looked up by row and column."""

    def __init__(self, sheet: Sheet, places: Iterable[int]) -> None:
        starts = {(it.first_row, it.first_column) for it in sheet.merged}
        filled = {
            (row.number, place)
            for row in (sheet.rows if starts else ())
            for place, cell in enumerate(row.cells)
            if cell is not None and (row.number, place) in starts
        }
        regions = sorted(it for it in sheet.merged if it[:2] in filled)
        self._by_place = {
            place: [it for it in regions if it.first_column <= place <= it.last_column]
            for place in places
        }

    def over(self, row: int, place: int) -> str | None:
        """The region, as Excel names it, that covers this blank cell; None if there is none."""
        regions = self._by_place[place]
        at = bisect_right(regions, row, key=lambda it: it.first_row) - 1
        if at < 0 or row > regions[at].last_row:
            return None
        return _name(regions[at])


def _name(region: Merged) -> str:
    first, last = _letters(region.first_column), _letters(region.last_column)
    return f"{first}{region.first_row}:{last}{region.last_row}"


def _letters(column: int) -> str:
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
