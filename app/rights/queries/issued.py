"""Allocations that are issued (签发的分配清单), as this stage reads them back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from app.issuing.domain import State
from app.issuing.models import IssuedLine, IssuedList
from app.issuing.queries import ListView, as_view, frozen_content
from app.issuing.subjects import UnknownSpec
from app.kernel.database import db
from app.kernel.models import Download
from app.rights.domain import LEVEL_WORDS, POLLUTANTS, Level, Matter

KIND = "allocation"
_PARTS = 3
_AFTER = "after"


@dataclass(frozen=True, slots=True)
class AllocationSpec:
    """Which allocation a list is: of a level, pollutant and year.

    ``after`` is the issued list of the other level whose shares were taken off first.
    """

    level: Level
    pollutant: str
    year: int
    after: int | None = None

    def __str__(self) -> str:
        own = f"{self.level}/{self.pollutant}/{self.year}"
        return own if self.after is None else f"{own}/{_AFTER}/{self.after}"

    @property
    def title(self) -> str:
        """2025 年度市级储备排污权分配（VOCs）."""
        own = f"{self.year} 年度{LEVEL_WORDS[self.level]}储备排污权分配（{self.pollutant}）"
        return own if self.after is None else f"{own}，按省级分配后的余额"


def read_spec(text: str) -> AllocationSpec:
    """The allocation of a spec. Raises UnknownSpec."""
    parts = text.split("/")
    numbers = [it for it in (*parts[2:3], *parts[4:5]) if it.isascii() and it.isdecimal()]
    is_known = parts[0] in set(Level) and len(parts) >= _PARTS and parts[1] in POLLUTANTS
    whole = len(parts) == _PARTS and len(numbers) == 1
    rest = len(parts) == _PARTS + 2 and parts[3] == _AFTER and len(numbers) == len(parts[3:])
    if not is_known or not (whole or rest):
        raise UnknownSpec
    after = int(numbers[1]) if rest else None
    return AllocationSpec(Level(parts[0]), parts[1], int(numbers[0]), after)


def allocations_in_force(level: Level, pollutant: str, year: int) -> list[ListView]:
    """The signed allocations of a reserve that still hold, the latest first."""
    own = f"{level}/{pollutant}/{year}"
    rows = db.session.execute(
        select(IssuedList)
        .where(
            IssuedList.subject == KIND,
            IssuedList.state == State.IN_FORCE,
            or_(IssuedList.spec == own, IssuedList.spec.startswith(f"{own}/", autoescape=True)),
        )
        .order_by(IssuedList.id.desc())
    ).scalars()
    return [as_view(row) for row in rows]


def find_allocation(list_id: int) -> ListView | None:
    """A signed allocation, whatever became of it."""
    row = db.session.get(IssuedList, list_id)
    if row is None or row.subject != KIND:
        return None
    view = as_view(row)
    return view if view.is_issued else None


def given_by(view: ListView) -> dict[Matter, Decimal]:
    """What a list gave, by plant and project."""
    return given_in(frozen_content(view.content_sha256))


def given_in(content: Any) -> dict[Matter, Decimal]:
    """What a frozen content gives, by plant and project."""
    return {
        (plant["plant_id"], row["project"]): Decimal(row["allocated"])
        for row, plant in zip(content["list"]["rows"], content["plants"], strict=True)
        if row["allocated"] is not None
    }


@dataclass(frozen=True, slots=True)
class IssuedUse:
    """A signed list in which an application stands."""

    list_id: int
    title: str
    number: str
    state: str


def lists_with(plant_id: int, project: str, pollutant: str, year: int) -> list[IssuedUse]:
    """The signed allocations that an application was used in, the latest first."""
    rows = db.session.execute(
        select(IssuedList)
        .join(IssuedLine, IssuedLine.list_id == IssuedList.id)
        .where(
            IssuedList.subject == KIND,
            IssuedList.spec.contains(f"/{pollutant}/{year}", autoescape=True),
            IssuedLine.key == f"{plant_id}:{project}",
        )
        .order_by(IssuedList.id.desc())
    ).scalars()
    views = [as_view(row) for row in rows]
    return [IssuedUse(it.id, it.title, it.number, it.state.words) for it in views if it.is_issued]


def find_letters(purpose: str, owner_id: int) -> str | None:
    """The token of the file that was made for this person and purpose, None until it is there."""
    return db.session.execute(
        select(Download.token).where(Download.owner_id == owner_id, Download.purpose == purpose)
    ).scalar_one_or_none()
