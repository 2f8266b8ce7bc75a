"""Reading indicator tables (指标表): families, versions, and which one rules on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from app.indicators.comparing import tightened
from app.indicators.documents import from_text
from app.indicators.domain import IndicatorTable
from app.indicators.models import IndicatorFamily, IndicatorRuling, IndicatorVersion
from app.kernel.database import db, known_at


@dataclass(frozen=True, slots=True)
class Family:
    """What a table is of."""

    id: int
    rulebook: str
    industry: str
    subtype: str
    kind: str
    part: str

    @property
    def is_supplement(self) -> bool:
        """省级补充要求, laid over the table of the guide."""
        return self.kind == "supplement"


@dataclass(frozen=True, slots=True)
class Version:
    """A table as it was kept; ``content`` is its canonical text."""

    id: int
    family_id: int
    number: int
    made_from: int | None
    content: str
    sha256: str
    example: bool
    note: str
    kept_at: datetime
    kept_by: int | None

    @property
    def table(self) -> IndicatorTable:
        """The table itself."""
        return from_text(self.content)


@dataclass(frozen=True, slots=True)
class Ruling:
    """From when a version rules; ``version_id`` None: from then on the family is retired."""

    id: int
    family_id: int
    version_id: int | None
    from_on: date
    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class InForce:
    """The table that judges on a day, and the versions it is made of (base first)."""

    table: IndicatorTable
    versions: tuple[Version, ...]

    @property
    def is_example(self) -> bool:
        """Whether any of it is made up (示例)."""
        return any(version.example for version in self.versions)


def list_families() -> list[Family]:
    """Every family, by rulebook, industry and sub-type; the guide's before its supplements."""
    rows = db.session.execute(
        _families().order_by(
            IndicatorFamily.rulebook,
            IndicatorFamily.industry,
            IndicatorFamily.subtype,
            IndicatorFamily.kind,
            IndicatorFamily.part,
        )
    )
    return [Family(*row) for row in rows]


def find_family(family_id: int) -> Family | None:
    """The family of that id."""
    row = db.session.execute(_families().where(IndicatorFamily.id == family_id)).first()
    return None if row is None else Family(*row)


def _families() -> Select[*tuple[Any, ...]]:
    return select(
        IndicatorFamily.id,
        IndicatorFamily.rulebook,
        IndicatorFamily.industry,
        IndicatorFamily.subtype,
        IndicatorFamily.kind,
        IndicatorFamily.part,
    )


def versions_of(family_id: int) -> list[Version]:
    """Every version of a family, newest first."""
    query = _versions().where(IndicatorVersion.family_id == family_id)
    rows = db.session.execute(query.order_by(IndicatorVersion.number.desc()))
    return [Version(*row) for row in rows]


def find_version(version_id: int) -> Version | None:
    """The version of that id."""
    row = db.session.execute(_versions().where(IndicatorVersion.id == version_id)).first()
    return None if row is None else Version(*row)


def _versions() -> Select[*tuple[Any, ...]]:
    return select(
        IndicatorVersion.id,
        IndicatorVersion.family_id,
        IndicatorVersion.number,
        IndicatorVersion.made_from,
        IndicatorVersion.content,
        IndicatorVersion.sha256,
        IndicatorVersion.example,
        IndicatorVersion.note,
        IndicatorVersion.kept_at,
        IndicatorVersion.kept_by,
    )


def rulings_of(family_ids: Sequence[int], known: datetime | None = None) -> list[Ruling]:
    """From when which version rules, earliest first, as known at the moment (None: now)."""
    query = (
        select(
            IndicatorRuling.id,
            IndicatorRuling.family_id,
            IndicatorRuling.version_id,
            IndicatorRuling.from_on,
            IndicatorRuling.document,
            IndicatorRuling.reason,
        )
        .where(IndicatorRuling.family_id.in_(family_ids), known_at(IndicatorRuling, known))
        .order_by(IndicatorRuling.family_id, IndicatorRuling.from_on)
    )
    return [Ruling(*row) for row in db.session.execute(query)]


def ruling_on(rulings: Sequence[Ruling], family_id: int, on: date) -> Ruling | None:
    """The ruling that holds for a family on the day: the latest that has begun."""
    begun = [it for it in rulings if it.family_id == family_id and it.from_on <= on]
    return max(begun, key=lambda it: it.from_on, default=None)


def table_on(
    rulebook: str, industry: str, subtype: str, on: date, known: datetime | None = None
) -> InForce | None:
    """The table that judges an industry or sub-type on a day, supplements laid over it.

    None where the industry has no table in force: filing is then by chosen grades with reasons.
    A sub-type without a table of its own is judged by the industry's.
    """
    for part in dict.fromkeys((subtype, "")):
        found = _in_force(rulebook, industry, part, on, known)
        if found is not None:
            return found
    return None


def _in_force(
    rulebook: str, industry: str, subtype: str, on: date, known: datetime | None
) -> InForce | None:
    families = [
        it
        for it in list_families()
        if (it.rulebook, it.industry, it.subtype) == (rulebook, industry, subtype)
    ]
    rulings = rulings_of([it.id for it in families], known)
    versions: list[Version] = []
    table: IndicatorTable | None = None
    for family in families:  # the guide's own comes first
        ruling = ruling_on(rulings, family.id, on)
        version = find_version(ruling.version_id) if ruling and ruling.version_id else None
        if version is None:
            if not family.is_supplement:
                return None
            continue
        versions.append(version)
        table = version.table if table is None else tightened(table, version.table)
    return None if table is None else InForce(table, tuple(versions))
