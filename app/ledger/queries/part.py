"""The part of the register that a workbook speaks of (所涉及的企业与厂区), found by its codes.

An import compares with nothing else: a row is about an enterprise by its code of today or an
earlier one, about a plant of it or one that was its plant once, and no rule asks further than all
plants of those enterprises. So a county's workbook does not read a province's register.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true

from app.kernel.database import Recorded, db, known_at
from app.kernel.facts import in_parts
from app.ledger.sheets import Subject
from app.registry.models import EnterpriseRecord, PlantRecord

MOST = 3
"""Where a workbook names more than one in so many of the enterprises, all is read at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some enterprises, and all plants they have; None: the whole register."""

    enterprises: Collection[int] | None = None
    plants: Collection[int] | None = None

    def conditions(self, model: type[Recorded], subject: Subject) -> Iterator[ColumnElement[bool]]:
        """By which to ask for the rows of the part, in as many statements; no row comes twice."""
        of: Any = model
        if self.enterprises is None or self.plants is None or subject is Subject.NOBODY:
            yield true()
            return
        if subject is not Subject.ENTERPRISE:
            yield from (of.plant_id.in_(some) for some in in_parts(sorted(self.plants)))
        if subject is not Subject.PLANT:
            whole = of.plant_id.is_(None) if subject is Subject.EITHER else true()
            for some in in_parts(sorted(self.enterprises)):
                yield and_(of.enterprise_id.in_(some), whole)


WHOLE = Part()


def part_named(codes: Collection[str], heirs: Mapping[int, int]) -> Part:
    """What a workbook with these codes can be about; ``heirs`` are those of absorbed enterprises.

    Whose plant an enterprise once was is a plant of another's today, whose plants count as well.
    """
    standing = select(func.count()).select_from(EnterpriseRecord)
    held = db.session.execute(standing.where(known_at(EnterpriseRecord, None))).scalar_one()
    if len(codes) * MOST >= held:
        return WHOLE
    named = _named(codes)
    named |= {heirs[it] for it in named if it in heirs}
    once = _ids(PlantRecord.plant_id, PlantRecord.enterprise_id, named, standing=False)
    named |= _ids(PlantRecord.enterprise_id, PlantRecord.plant_id, once)
    return Part(named, _ids(PlantRecord.plant_id, PlantRecord.enterprise_id, named))


def _named(codes: Collection[str]) -> set[int]:
    """The enterprises that bear one of the codes, or bore it."""
    found: set[int] = set()
    for some in in_parts(sorted(codes)):
        query = select(EnterpriseRecord.enterprise_id).where(EnterpriseRecord.uscc.in_(some))
        found.update(db.session.execute(query.where(known_at(EnterpriseRecord, None))).scalars())
    former = select(EnterpriseRecord.uscc, EnterpriseRecord.enterprise_id).where(
        EnterpriseRecord.annulled_at.is_not(None)
    )
    found.update(it for code, it in db.session.execute(former.distinct()) if code in codes)
    return found


def _ids(wanted: Any, among: Any, ids: Iterable[int], *, standing: bool = True) -> set[int]:
    """A column of the plants' records, of those where another is one of the ids."""
    found: set[int] = set()
    stands = known_at(PlantRecord, None)
    for some in in_parts(sorted(ids)):
        query = select(wanted).where(among.in_(some), stands if standing else ~stands)
        found.update(db.session.execute(query).scalars())
    return found
