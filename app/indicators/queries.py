"""Reading indicator tables (指标表): families, versions, and which one rules on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from app.indicators.comparing import tightened
from app.indicators.criteria import IndicatorTable
from app.indicators.documents import remembered
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
class VersionHead:
    """What a list says of a version; the table itself is not read."""

    id: int
    family_id: int
    number: int
    title: str
    rows: int
    unverified: int
    sha256: str
    example: bool
    note: str
    kept_at: datetime
    kept_by: int | None


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
        return remembered(self.sha256, self.content)


@dataclass(frozen=True, slots=True)
class Ruling:
    """From when a version rules; ``version_id`` None: from then on the family is retired."""

    id: int
    family_id: int
    version_id: int | None
    from_on: date
    document: str
    reason: str
    proposed_by: int | None
    recorded_at: datetime
    recorded_by: int | None
    annulled_at: datetime | None
    annulled_by: int | None
    annulled_reason: str | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The table that judges on a day, and the versions it is made of (base first)."""

    table: IndicatorTable
    versions: tuple[Version, ...]

    @property
    def is_example(self) -> bool:
        """Whether any of it is made up (示例)."""
        return any(version.example for version in self.versions)


_FAMILY = (
    IndicatorFamily.id, IndicatorFamily.rulebook, IndicatorFamily.industry,
    IndicatorFamily.subtype, IndicatorFamily.kind, IndicatorFamily.part,
)  # fmt: skip
_HEAD: tuple[Any, ...] = (
    IndicatorVersion.id, IndicatorVersion.family_id, IndicatorVersion.number,
    IndicatorVersion.title, IndicatorVersion.rows, IndicatorVersion.unverified,
    IndicatorVersion.sha256, IndicatorVersion.example, IndicatorVersion.note,
    IndicatorVersion.kept_at, IndicatorVersion.kept_by,
)  # fmt: skip
_VERSION: tuple[Any, ...] = (
    IndicatorVersion.id, IndicatorVersion.family_id, IndicatorVersion.number,
    IndicatorVersion.made_from, IndicatorVersion.content, IndicatorVersion.sha256,
    IndicatorVersion.example, IndicatorVersion.note, IndicatorVersion.kept_at,
    IndicatorVersion.kept_by,
)  # fmt: skip
_RULING: tuple[Any, ...] = (
    IndicatorRuling.id, IndicatorRuling.family_id, IndicatorRuling.version_id,
    IndicatorRuling.from_on, IndicatorRuling.document, IndicatorRuling.reason,
    IndicatorRuling.proposed_by, IndicatorRuling.recorded_at, IndicatorRuling.recorded_by,
    IndicatorRuling.annulled_at, IndicatorRuling.annulled_by, IndicatorRuling.annulled_reason,
)  # fmt: skip


def list_families() -> list[Family]:
    """Every family, by rulebook, industry and sub-type; the guide's before its supplements."""
    rows = db.session.execute(
        select(*_FAMILY).order_by(
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
    row = db.session.execute(select(*_FAMILY).where(IndicatorFamily.id == family_id)).first()
    return None if row is None else Family(*row)


def newest_heads() -> dict[int, VersionHead]:
    """The newest version of every family, by the family's id."""
    newest = select(func.max(IndicatorVersion.id)).group_by(IndicatorVersion.family_id)
    rows = db.session.execute(select(*_HEAD).where(IndicatorVersion.id.in_(newest)))
    return {row[1]: VersionHead(*row) for row in rows}


def heads_of(family_id: int) -> list[VersionHead]:
    """Every version of a family, newest first."""
    query = select(*_HEAD).where(IndicatorVersion.family_id == family_id)
    rows = db.session.execute(query.order_by(IndicatorVersion.number.desc()))
    return [VersionHead(*row) for row in rows]


def newest_version(family_id: int) -> Version | None:
    """The version that was kept last: what is edited next."""
    query = select(*_VERSION).where(IndicatorVersion.family_id == family_id)
    return _one(query.order_by(IndicatorVersion.number.desc()).limit(1))


def numbered_version(family_id: int, number: int) -> Version | None:
    """The version of a family with that number."""
    return _one(
        select(*_VERSION).where(
            IndicatorVersion.family_id == family_id, IndicatorVersion.number == number
        )
    )


def find_version(version_id: int) -> Version | None:
    """The version of that id."""
    return _one(select(*_VERSION).where(IndicatorVersion.id == version_id))


def _one(query: Select[*tuple[Any, ...]]) -> Version | None:
    row = db.session.execute(query).first()
    return None if row is None else Version(*row)


def rulings_of(
    family_ids: Sequence[int] | None = None, known: datetime | None = None
) -> list[Ruling]:
    """From when which version rules, earliest first, as known at the moment (None: now).

    ``family_ids`` None: of every family.
    """
    query = select(*_RULING).where(known_at(IndicatorRuling, known))
    if family_ids is not None:
        query = query.where(IndicatorRuling.family_id.in_(family_ids))
    rows = db.session.execute(query.order_by(IndicatorRuling.family_id, IndicatorRuling.from_on))
    return [Ruling(*row) for row in rows]


def ruling_history(family_id: int) -> list[Ruling]:
    """Every ruling of a family ever recorded, withdrawn ones included, the latest day first."""
    query = select(*_RULING).where(IndicatorRuling.family_id == family_id)
    ordered = query.order_by(IndicatorRuling.from_on.desc(), IndicatorRuling.id.desc())
    return [Ruling(*row) for row in db.session.execute(ordered)]


def find_ruling(ruling_id: int) -> Ruling | None:
    """The ruling of that id."""
    row = db.session.execute(select(*_RULING).where(IndicatorRuling.id == ruling_id)).first()
    return None if row is None else Ruling(*row)


def ruling_on(rulings: Sequence[Ruling], family_id: int, on: date) -> Ruling | None:
    """The ruling that holds for a family on the day: the latest that has begun."""
    begun = [it for it in rulings if it.family_id == family_id and it.from_on <= on]
    return max(begun, key=lambda it: it.from_on, default=None)


def table_on(
    rulebook: str, industry: str, subtype: str, on: date, known: datetime | None = None
) -> InForce | None:
    """The table that judges an industry or sub-type on a day, supplements laid over it.

    None where the industry has no table in force: filing is then by chosen grades with reasons.
    A sub-type without a table of its own in force is judged by the industry's. Always two
    statements at most.
    """
    ruling = _rulings_begun(rulebook, industry, {subtype, ""}, on, known)
    for part in dict.fromkeys((subtype, "")):
        own = sorted((it for it in ruling if it.subtype == part), key=lambda it: (it.kind, it.part))
        found = [version_id for it in own if (version_id := ruling[it]) is not None]
        if own and not own[0].is_supplement and ruling[own[0]] is not None:
            return _laid_over(found)
    return None


def _laid_over(version_ids: Sequence[int]) -> InForce:
    """The first of these versions with the others, its supplements, laid over it."""
    rows = db.session.execute(select(*_VERSION).where(IndicatorVersion.id.in_(version_ids)))
    found = {row[0]: Version(*row) for row in rows}
    versions = tuple(found[version_id] for version_id in version_ids)
    table = versions[0].table
    for supplement in versions[1:]:
        table = tightened(table, supplement.table)
    return InForce(table, versions)


def _rulings_begun(
    rulebook: str, industry: str, subtypes: set[str], on: date, known: datetime | None
) -> dict[Family, int | None]:
    """Of each family the version of its latest ruling that has begun; None: it is retired."""
    query = (
        select(*_FAMILY, IndicatorRuling.version_id)
        .join(
            IndicatorRuling,
            and_(IndicatorRuling.family_id == IndicatorFamily.id, known_at(IndicatorRuling, known)),
        )
        .where(
            IndicatorFamily.rulebook == rulebook,
            IndicatorFamily.industry == industry,
            IndicatorFamily.subtype.in_(sorted(subtypes)),
            IndicatorRuling.from_on <= on,
        )
        .order_by(IndicatorRuling.from_on)
    )
    return {Family(*row[:6]): row[6] for row in db.session.execute(query)}


def numbers_of(version_ids: Iterable[int | None]) -> dict[int, int]:
    """The numbers of versions by their ids."""
    ids = sorted({it for it in version_ids if it is not None})
    query = select(IndicatorVersion.id, IndicatorVersion.number)
    rows = db.session.execute(query.where(IndicatorVersion.id.in_(ids))) if ids else ()
    return {row[0]: row[1] for row in rows}
