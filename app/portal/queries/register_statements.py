"""The register list as statements (企业台账的查询): what narrows it, what sorts it, by which index.

The database is told which index leads: of the conditions one is looked up, the others are asked
beside it (:func:`app.portal.queries.conditions.beside_the_index`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_

from app.grades.models import StandingInterval
from app.grades.queries import shown_day
from app.grades.waiting import require_current
from app.kernel import kept
from app.kernel.authority import Scope
from app.kernel.database import run
from app.kernel.permissions import within
from app.portal.queries import following
from app.portal.queries.conditions import (
    OF_INTERVALS,
    SHOWN,
    Conditions,
    RegisterFilter,
    StandingColumns,
    beside_the_index,
    grade_conditions,
    on_the_day,
    plant_conditions,
    search_conditions,
    searched_words,
    sort_keys,
)
from app.registry.models import PlantSearch
from app.registry.search_index import is_proposed, is_worth_asking

PAGE_SIZE = 50
FEW = 3000
"""As many plants are sorted as fast as a page is found among them by walking."""


def visible(scope: Scope) -> ColumnElement[bool]:
    """The plants of the person's counties and enterprises."""
    return within(scope, PlantSearch.county, PlantSearch.enterprise_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as statements: what narrows it, what sorts it, and where the standing is read."""

    wanted: RegisterFilter
    scope: Scope
    standing: StandingColumns
    joins_intervals: bool
    conditions: Conditions
    texts: list[ColumnElement[bool]]
    proposed: ColumnElement[bool] | None
    """What the index of pairs proposes for a search, where that leaves few texts to look into."""
    keys: tuple[ColumnElement[Any], ...]

    @classmethod
    def of(cls, wanted: RegisterFilter, scope: Scope) -> Asked:
        asks_standing = bool(wanted.grade or wanted.standing) or wanted.sort in _OF_STANDING
        if asks_standing:
            require_current()
        joins = asks_standing and wanted.on != shown_day()
        standing = OF_INTERVALS if joins else SHOWN
        return cls(
            wanted,
            scope,
            standing,
            joins,
            {**plant_conditions(wanted), **grade_conditions(wanted, standing)},
            search_conditions(wanted),
            _proposed(wanted, scope),
            sort_keys(wanted.sort, standing),
        )

    def narrow(self, query: Select[*tuple[Any, ...]], lead: str | None) -> Select[*tuple[Any, ...]]:
        """The rows of the list; of the conditions only ``lead`` is looked up in an index."""
        found = [visible(self.scope), *self.texts]
        if self.proposed is not None and lead == "search":
            found.append(self.proposed)
        for name, condition in self.conditions.items():
            found.append(condition if name == lead else beside_the_index(condition))
        if self.joins_intervals:
            here = PlantSearch.plant_id.expression
            query = query.select_from(PlantSearch).join(
                StandingInterval, on_the_day(here, self.wanted.on)
            )
        return query.where(*found)

    @property
    def fewest(self) -> str | None:
        """The condition by whose index the rows are found; None: no other way beats reading all.

        A condition that leaves a great part has an index that answers it alone; with a second one
        every row would have to be looked up.
        """
        if not self.scope.is_everything:
            return None
        if self.proposed is not None:
            return "search"
        beyond = _OF_STANDING if self.joins_intervals else ()
        found = [it for it in self.conditions if it != "life" and it not in beyond]
        rare = {"standing"} if self.wanted.standing in _RARE else set()
        narrow = (it for it in found if it in _NARROW | rare)
        return next(narrow, found[0] if len(found) == 1 else None)

    def for_counting(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """The rows of the list in no order; an order by standing need not be read for it.

        The index of enterprises has the grade, and owners in their order: most lists are counted
        by it fastest.
        """
        asks_standing = bool(self.wanted.grade or self.wanted.standing)
        whole = replace(self, joins_intervals=self.joins_intervals and asks_standing)
        beyond = self.texts or {*self.conditions} - {"life", "grade"} or whole.joins_intervals
        return whole.narrow(query, whole.fewest if beyond else None)

    @property
    def in_order(self) -> str | None:
        """The condition whose index has the rows in the order asked for."""
        if self.wanted.sort != "name":
            return self.wanted.sort
        return next((name for name in _EQUALS if name in self.conditions), None)

    def position(self) -> list[ColumnElement[Any]] | None:
        """Where the plant that the page starts from stands in the order; None: the beginning."""
        wanted = self.wanted
        plant_id = wanted.after if wanted.before is None else wanted.before
        if plant_id is None:
            return None
        anywhere = replace(self, conditions={}, texts=[])
        query = anywhere.narrow(select(*self.keys), None).where(PlantSearch.plant_id == plant_id)
        row = run(query).first()
        if row is None:
            return None
        return [literal(value, key.type) for value, key in zip(row, self.keys, strict=True)]

    def page(
        self, start: list[ColumnElement[Any]] | None, *, falling: bool, few: bool
    ) -> Select[*tuple[Any, ...]]:
        """The plants of one page and of one row more, with what they are sorted by.

        A short list is found by what narrows it and then sorted; a long one is walked along the
        index of its order, from where the page begins, until the page is full.
        """
        keys = [beside_the_index(it) for it in self.keys] if few else list(self.keys)
        named = [key.label(f"key{place}") for place, key in enumerate(self.keys)]
        lead = self.fewest if few else self.in_order
        query = self.narrow(select(PlantSearch.plant_id, *named), lead)
        if start is not None:
            here, there = tuple_(*keys), tuple_(*start)
            query = query.where(here < there if falling else here > there)
        query = query.order_by(*(key.desc() if falling else key.asc() for key in keys))
        return query.limit(PAGE_SIZE + 1)


_OF_STANDING = ("grade", "standing")
_NARROW = frozenset({"county", "town", "industry", "officer"})
_RARE = frozenset({"banned", "ban-ending", "lowered", "blocked"})
_EQUALS = ("county", "town", "industry", "officer", "state")
"""Conditions of one value: within it their indexes go by name."""


def _proposed(wanted: RegisterFilter, scope: Scope) -> ColumnElement[bool] | None:
    """Whom the index of pairs proposes; None where looking into every text takes no longer."""
    words = searched_words(wanted)
    if not words or wanted.county or wanted.town or not scope.is_everything:
        return None
    is_rare = kept.answer(("pairs", words), lambda: is_worth_asking(words, FEW), following.TEXTS)
    return is_proposed(words) if is_rare else None
