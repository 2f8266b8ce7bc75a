"""Reading the lines and the bytes of a list (清单的行与冻结内容)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from app.issuing.comparison import Difference, compare
from app.issuing.content import sha256_of
from app.issuing.domain import ISSUED, Line
from app.issuing.models import IssuedLine, IssuedList
from app.issuing.queries.lists import ListView, as_view
from app.issuing.reading import ROW_COLUMNS, line_from_json
from app.issuing.subjects import subject_of
from app.kernel import transaction
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.facts import changed_since, in_parts
from app.kernel.files import path_of
from app.kernel.system_words import why
from app.rulebook.domain import folded

ROWS_PER_PAGE = 50
UNGRADED = "none"


class BytesDiffer(Exception):
    """What lies on disk is not what was frozen; the text says which file and what is wrong."""


def frozen_bytes(sha256: str) -> bytes:
    """The kept bytes with this hash. Raises BytesDiffer when they are missing or altered."""
    path = path_of(sha256)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BytesDiffer(f"冻结的文件 {sha256} 读不到（{why(error)}）。请从备份恢复。") from error
    if sha256_of(content) != sha256:
        raise BytesDiffer(f"冻结的文件 {sha256} 已被改动，与签发时的摘要不符。请从备份恢复。")
    return content


def frozen_content(sha256: str) -> Mapping[str, Any]:
    """The frozen content with this hash. Raises BytesDiffer."""
    return _parsed(path_of(sha256), sha256)


@lru_cache(maxsize=2)
def _parsed(_path: Path, sha256: str) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(frozen_bytes(sha256))
    return parsed


def forget_parsed() -> None:
    """Read the bytes anew next time, for who checks whether they are still the same."""
    _parsed.cache_clear()


def lines_of(list_id: int) -> tuple[Line, ...]:
    """All lines of a list in their order; :func:`list_lines` are those a person may see."""
    rows = db.session.execute(
        select(IssuedLine.line).where(IssuedLine.list_id == list_id).order_by(IssuedLine.position)
    ).scalars()
    return tuple(line_from_json(text) for text in rows)


def rows_of(list_id: int) -> list[dict[str, object]]:
    """What is entered of the lines of a list, column by column, in their order."""
    columns = [getattr(IssuedLine, name) for name in ROW_COLUMNS]
    rows = db.session.execute(
        select(*columns).where(IssuedLine.list_id == list_id).order_by(IssuedLine.position)
    )
    return [dict(zip(ROW_COLUMNS, row, strict=True)) for row in rows]


def lines_of_plants(list_id: int, plant_ids: Collection[int]) -> tuple[Line, ...]:
    """The lines of some plants only."""
    found: list[Line] = []
    for part in in_parts(sorted(set(plant_ids))):
        rows = db.session.execute(
            select(IssuedLine.line)
            .where(IssuedLine.list_id == list_id, IssuedLine.plant_id.in_(part))
            .order_by(IssuedLine.position)
        ).scalars()
        found += [line_from_json(text) for text in rows]
    return tuple(found)


def _within(scope: Scope | None) -> ColumnElement[bool]:
    if scope is None or scope.is_everything:
        return true()
    return IssuedLine.county.in_(sorted(scope.counties or ()))


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are shown; empty texts ask for nothing."""

    search: str = ""
    result: str = ""
    grade: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of the lines that fit, in the order of the list."""

    lines: tuple[Line, ...]
    matching: int
    total: int
    admitted: int
    page: int
    pages: int
    grades: tuple[str | None, ...]

    @property
    def first(self) -> int:
        """The number of the first line shown among the matching ones, from 1."""
        return (self.page - 1) * ROWS_PER_PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last line shown."""
        return self.first + len(self.lines) - 1


def list_lines(
    list_id: int, scope: Scope, wanted: LineFilter, size: int | None = ROWS_PER_PAGE
) -> LinePage:
    """The lines within reach that fit, a page at a time (``size`` None: all on one page)."""
    everything = [IssuedLine.list_id == list_id, _within(scope)]
    wanted_only = [*everything, *_conditions(wanted)]
    total, admitted = db.session.execute(
        select(func.count(), func.count().filter(IssuedLine.admitted)).where(*everything)
    ).one()
    matching = db.session.execute(select(func.count()).where(*wanted_only)).scalar_one()
    pages = 1 if size is None else max(1, -(-matching // size))
    page = min(wanted.page, pages)
    query = select(IssuedLine.line).where(*wanted_only).order_by(IssuedLine.position)
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    lines = tuple(line_from_json(text) for text in db.session.execute(query).scalars())
    grades = db.session.execute(
        select(IssuedLine.grade).where(*everything).distinct().order_by(IssuedLine.grade)
    ).scalars()
    return LinePage(lines, matching, total, admitted, page, pages, tuple(grades))


def _conditions(wanted: LineFilter) -> list[ColumnElement[bool]]:
    found = [
        IssuedLine.search.contains(folded(word), autoescape=True) for word in wanted.search.split()
    ]
    if wanted.result:
        found.append(IssuedLine.admitted.is_(wanted.result == "admitted"))
    if wanted.grade:
        is_none = wanted.grade == UNGRADED
        found.append(IssuedLine.grade.is_(None) if is_none else IssuedLine.grade == wanted.grade)
    return found


def differences_between(earlier: ListView, later: ListView) -> tuple[Difference, ...]:
    """What changed from one issue to the next, over the whole lists."""
    return compare(lines_of(earlier.id), lines_of(later.id), (earlier.as_of, later.as_of))


@dataclass(frozen=True, slots=True)
class Present:
    """What of a list would read otherwise by what is known now, for the same day (现况)."""

    known_until: datetime
    differences: tuple[Difference, ...]

    @property
    def still_holds(self) -> bool:
        """Whether nothing that a list could rest on has been recorded since."""
        return not changed_since(self.known_until)


def present(view: ListView) -> Present:
    """How the list would read now. Raises the subject's faults when it cannot be computed.

    Long for thousands of plants, hence found before the writer's lock is taken; inside it,
    ``still_holds`` tells whether it may be relied on.
    """
    subject = subject_of(view.subject)
    known_until = transaction.known_until()
    lines = subject.lines(subject.compute(view.question_now))
    return Present(known_until, compare(lines_of(view.id), lines))


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of a list in force, for the enterprise it is about."""

    view: ListView
    line: Line


def own_lines(enterprise_ids: Collection[int], on: date) -> list[OwnLine]:
    """The lines of these enterprises in every list that is in force on the day, newest first."""
    rows = db.session.execute(
        select(IssuedList, IssuedLine.line)
        .join(IssuedLine, IssuedLine.list_id == IssuedList.id)
        .where(
            IssuedLine.enterprise_id.in_(sorted(enterprise_ids)),
            IssuedList.state.in_(list(ISSUED)),
            IssuedList.effective_on <= on,
            (IssuedList.ended_on.is_(None)) | (IssuedList.ended_on > on),
        )
        .order_by(IssuedList.id.desc(), IssuedLine.position)
    )
    return [OwnLine(as_view(row), line_from_json(text)) for row, text in rows]


def find_own_lines(list_id: int, enterprise_ids: Collection[int]) -> list[OwnLine]:
    """The lines of these enterprises in one signed list; none where it has none of theirs."""
    rows = db.session.execute(
        select(IssuedList, IssuedLine.line)
        .join(IssuedLine, IssuedLine.list_id == IssuedList.id)
        .where(
            IssuedList.id == list_id,
            IssuedLine.enterprise_id.in_(sorted(enterprise_ids)),
            IssuedList.state.in_(list(ISSUED)),
        )
        .order_by(IssuedLine.position)
    )
    return [OwnLine(as_view(row), line_from_json(text)) for row, text in rows]
