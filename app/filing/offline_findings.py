"""What was found in a package that came back (核对结果), as it is kept until it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.filing.answers import answer_document, answer_of, transport_document, transport_of
from app.filing.domain import TRANSPORT, Entry, Transport
from app.filing.offline_cells import Problem
from app.indicators.domain import Answer

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class MaterialRead:
    """A file of the package: where it belongs, what it is, or why it is not taken."""

    path: str
    place: int
    row_key: str
    kind: str
    name: str
    size: int
    sha256: str
    media: str
    pages: int | None
    first: str
    last: str
    """ISO days; empty: not stated."""
    note: str
    fault: str = ""
    """Why it is not imported; empty: it is."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found."""

    package: str
    problems: tuple[Problem, ...] = ()
    entries: Mapping[Key, Entry] | None = None
    kept: frozenset[Key] = frozenset()
    files: tuple[MaterialRead, ...] = ()
    notes: tuple[str, ...] = ()


def refused(text: str, package: str = "") -> Findings:
    """A package of which nothing is taken, for this reason."""
    return Findings(package, (Problem("", "", text),))


def findings_document(found: Findings) -> dict[str, Any]:
    """As JSON."""
    return {
        "package": found.package,
        "problems": [asdict(it) for it in found.problems],
        "entries": [
            {"place": place, "row": key, "answer": _document(it)}
            for (place, key), it in sorted((found.entries or {}).items())
        ],
        "kept": sorted([place, key] for place, key in found.kept),
        "files": [asdict(it) for it in found.files],
        "notes": list(found.notes),
    }


def findings_of(document: Mapping[str, Any]) -> Findings:
    """Out of JSON."""
    return Findings(
        document["package"],
        tuple(Problem(**it) for it in document["problems"]),
        entries_of(document["entries"]),
        frozenset((place, key) for place, key in document["kept"]),
        tuple(MaterialRead(**it) for it in document["files"]),
        tuple(document["notes"]),
    )


def entries_of(entries: Any) -> dict[Key, Entry]:
    """The entries of a manifest or of findings, by their rows."""
    return {
        (it["place"], it["row"]): transport_of(it["answer"])
        if (it["place"], it["row"]) == (0, TRANSPORT)
        else answer_of(it["answer"])
        for it in entries
    }


def _document(it: Entry) -> dict[str, Any]:
    if isinstance(it, Transport):
        return transport_document(it)
    return answer_document(it) if isinstance(it, Answer) else {}
