"""The last results, and the part of ``README.md`` that is made of them."""

from __future__ import annotations

import ast
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.country import Size
from bench.ground import ENGINES, NO_COUNTRY, driver
from bench.measuring import Result

HERE = Path(__file__).parent
README = HERE / "README.md"
START, END = "<!-- results -->", "<!-- end of results -->"

Kept = dict[str, dict[str, Any]]
"""Results by figure, case, engine and size, so that a later one takes the place of an earlier."""


def figures() -> list[str]:
    """Every figure by its id: the modules of ``figures/``."""
    return sorted(path.stem for path in (HERE / "figures").glob("[a-z]*.py"))


def keep(data: Path, results: Sequence[Result], size: Size) -> None:
    """Put results in the place of the earlier ones of the same figure, case and engine."""
    kept = _read(data)
    day = datetime.now(UTC).date().isoformat()
    for it in results:
        key = f"{it.figure}|{it.case}|{it.engine}|{size.plants}"
        kept[key] = {**it.as_json(), "plants": size.plants, "day": day}
    data.mkdir(parents=True, exist_ok=True)
    _file(data).write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


def told(data: Path, plants: int | None = None) -> str:
    """The table in Markdown: a line a case, both engines; ``plants`` None: every size."""
    cases: dict[tuple[str, int, str], dict[str, dict[str, Any]]] = {}
    for it in _read(data).values():
        if plants in (None, it["plants"]) or it["plants"] == NO_COUNTRY.plants:
            cases.setdefault((it["figure"], it["plants"], it["case"]), {})[it["engine"]] = it
    lines = [
        "| figure | case | plants | reach | SQLite | PostgreSQL | taken |",
        "|---|---|---|---|---|---|---|",
    ]
    for (figure, size, case), engines in sorted(cases.items()):
        shown = [_cell(engines.get(name)) for name in ENGINES]
        some = next(iter(engines.values()))
        day = max(it["day"] for it in engines.values())
        cells = (f"`{figure}`", case, f"{size:,}" if size else "–", some["reach"], *shown, day)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_readme(data: Path, plants: int) -> None:
    """Put the table, the machine and what each figure says of itself into ``README.md``."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    parts = [_machine(), told(data, plants), *(_said_of_itself(name) for name in figures())]
    made = "\n\n".join(parts)
    README.write_text(f"{before}{START}\n\n{made}\n\n{END}{after}", encoding="utf-8")


def _machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB; Python "
        f"{platform.python_version()}, SQLite {driver().sqlite_version}. What missed its "
        "reach is in bold."
    )


def _said_of_itself(name: str) -> str:
    source = (HERE / "figures" / f"{name}.py").read_text(encoding="utf-8")
    return f"**`{name}`** {ast.get_docstring(ast.parse(source))}"


def _cell(result: dict[str, Any] | None) -> str:
    if result is None:
        return "–"
    value = str(result["value"])
    return value if result["reached"] else f"**{value}**"


def _file(data: Path) -> Path:
    return data / "results.json"


def _read(data: Path) -> Kept:
    try:
        kept: Kept = json.loads(_file(data).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept
