"""The last results, and the table of ``README.md`` that is made of them."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.country import Size
from bench.measuring import Result

Kept = dict[str, dict[str, Any]]


def keep(data: Path, results: Sequence[Result], size: Size) -> None:
    """Put results in the place of the earlier ones of the same figure, case and engine."""
    kept = _read(data)
    day = datetime.now(UTC).date().isoformat()
    for it in results:
        key = f"{it.figure}|{it.case}|{it.engine}|{size.plants}"
        kept[key] = {**it.as_json(), "plants": size.plants, "day": day}
    _file(data).write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


def told(data: Path) -> str:
    """The table in Markdown: a line a case, the engines side by side."""
    cases: dict[tuple[str, str, int], dict[str, dict[str, Any]]] = {}
    for it in _read(data).values():
        cases.setdefault((it["figure"], it["case"], it["plants"]), {})[it["engine"]] = it
    lines = [
        "| figure | case | plants | reach | SQLite | PostgreSQL | taken |",
        "|---|---|---|---|---|---|---|",
    ]
    for (figure, case, plants), engines in sorted(cases.items()):
        shown = [_cell(engines.get(name)) for name in ("sqlite", "postgresql")]
        some = next(iter(engines.values()))
        day = max(it["day"] for it in engines.values())
        cells = (f"`{figure}`", case, f"{plants:,}", some["reach"], *shown, day)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(["", f"Python {platform.python_version()}", "", *lines])


def _cell(result: dict[str, Any] | None) -> str:
    if result is None:
        return "–"
    return result["value"] if result["reached"] else f"**{result['value']}**"


def _file(data: Path) -> Path:
    return data / "results.json"


def _read(data: Path) -> Kept:
    try:
        kept: Kept = json.loads(_file(data).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept
