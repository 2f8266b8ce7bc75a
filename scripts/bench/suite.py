"""The suite: which figures there are, each in a process of its own, and the table of results."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.country import COUNTRY, Size
from bench.ground import ENGINES, NO_COUNTRY, ground, nowhere
from bench.table import figures, keep, told, write_readme

DATA = Path(__file__).parents[2] / ".bench"


def main() -> int:
    """Measure what was asked for (all, if nothing was); 1 if a figure missed its reach."""
    asked = _asked()
    if asked.one:
        return _measure(asked)
    missed = 0
    for name in asked.figures or figures():
        for engine in ENGINES if asked.engine == "both" else (asked.engine,):
            print(f"== {name}, {engine}", flush=True)
            command = [
                sys.executable, "-m", "bench.suite", name, "--one", "--engine", engine,
                "--plants", str(asked.plants), "--data", str(asked.data),
                *(["--long"] if asked.long else []),
                *(word for said in asked.set for word in ("--set", said)),
            ]  # fmt: skip
            missed += subprocess.run(command).returncode != 0
    print("", told(asked.data), sep="\n")
    if asked.write:
        write_readme(asked.data, asked.plants)
    return 1 if missed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Measure the program.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(figures())}")
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--plants", type=int, default=COUNTRY)
    parser.add_argument("--data", type=Path, default=DATA, help="where the country is kept")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    parser.add_argument("--long", action="store_true", help="in full, where a figure takes long")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER",
                        help="a setting of a figure; its docstring names them")  # fmt: skip
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = set(asked.figures) - set(figures())
    if unknown:
        parser.error(f"no figure {', '.join(sorted(unknown))}; there are {', '.join(figures())}")
    return asked


def _measure(asked: argparse.Namespace) -> int:
    start = time.monotonic()
    name, size, data = asked.figures[0], Size(asked.plants), asked.data
    settings = dict(said.split("=", 1) for said in asked.set)
    figure = importlib.import_module(f"bench.figures.{name}")
    if not getattr(figure, "NEEDS_COUNTRY", True):
        size = NO_COUNTRY
    with (
        nowhere(asked.engine, data)
        if size is NO_COUNTRY
        else ground(asked.engine, size, data) as at
    ):
        results = figure.measure(replace(at, settings=settings, long=asked.long))
    keep(data, results, size)
    for result in results:
        verdict = "" if result.reached else "  MISSED"
        print(f"   {result.case}: {result.value} ({result.reach}){verdict}")
        print(f"      {json.dumps(result.details, ensure_ascii=False)}")
    print(f"   {time.monotonic() - start:.0f} s", flush=True)
    return 0 if all(result.reached for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
