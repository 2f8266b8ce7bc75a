"""A list of 100,000 rows as xlsx, computed, styled and typed, in a file.

Ours begins with an open application: the plants are read and judged, the list is ranked and hashed,
its table laid out and written as the page's export writes it. The rival is XlsxWriter with
``constant_memory``, which is handed the finished cells and writes them with the same formats,
widths, titles and page, each by the method of its type. It compresses by zlib's usual level 6, ours
by 2; both files come out about as large, because the rival's texts stand in every cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from bench.country import AS_OF, Size
from bench.ground import Ground, ground
from bench.measuring import Result, in_turns, ratio

from app.kernel import collector
from app.kernel.spreadsheets import SheetLayout, writer
from app.policy.exports import list_in_parts, table_layout
from app.policy.queries import run_measure

ROWS = 100_000


def _ours(target: Path) -> None:
    with collector.put_off():  # as the page's export does
        _write(target)


def _write(target: Path) -> None:
    run = run_measure("positive-list", AS_OF)
    with target.open("wb") as file:
        file.writelines(list_in_parts(run.listed, run.table, "xlsx"))


def _rival(target: Path, layout: SheetLayout) -> None:
    options = {**writer.WORKBOOK_OPTIONS, "in_memory": False, "constant_memory": True}
    book: Any = xlsxwriter.Workbook(str(target), options)
    writer.write_sheet(book, book.add_worksheet("清单"), layout)
    book.close()


def _measure(place: Ground) -> Result:
    folder = place.instance
    with place.app().app_context():
        layout = table_layout(run_measure("positive-list", AS_OF).table())
        mine, its = folder / "ours.xlsx", folder / "rival.xlsx"
        ours, rival = in_turns(lambda: _ours(mine), lambda: _rival(its, layout))
    told = {"rows": len(layout.rows), "ours_mib": mine.stat().st_size / 2**20,
            "rival_mib": its.stat().st_size / 2**20}  # fmt: skip
    mine.unlink()
    its.unlink()
    return ratio("list_xlsx", "list computed and written", place.engine, ours, rival, 0.35, **told)


def measure(place: Ground) -> list[Result]:
    """Seconds against XlsxWriter, over a country of so many plants."""
    if place.size.plants <= ROWS:
        return [_measure(place)]
    with ground(place.engine, Size(ROWS), place.instance.parent) as smaller:
        return [_measure(smaller)]
