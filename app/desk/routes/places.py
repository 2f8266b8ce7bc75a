"""Where the pages of facts are: addresses, names of the lists, breadcrumbs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import url_for

from app.desk.queries.facts import FINDING, GRADE, VIOLATION, Subject

LISTS: Mapping[str, str] = MappingProxyType(
    {VIOLATION: "violations", FINDING: "findings", GRADE: "grades"}
)
"""Kind of fact → how addresses call its list."""
KINDS: Mapping[str, str] = MappingProxyType({name: kind for kind, name in LISTS.items()})
TITLES: Mapping[str, str] = MappingProxyType(
    {VIOLATION: "违法行为", FINDING: "虚假材料认定", GRADE: "等级记录"}
)


def list_url(kind: str) -> str:
    """The list of all facts of the kind."""
    return url_for("desk.fact_list", listed=LISTS[kind])


def fact_url(kind: str, fact_id: int) -> str:
    """The page of one fact."""
    return url_for("desk.fact", listed=LISTS[kind], fact_id=fact_id)


def plant_url(plant_id: int) -> str:
    """The page of a plant; it belongs to a later stage, so it is known by its address."""
    return url_for("portal.plant", plant_id=plant_id)


def proposal_url(proposal_id: int) -> str:
    """The page of what waits for a second person (复核)."""
    return url_for("approvals.proposal_page", proposal_id=proposal_id)


def crumbs(kind: str, subject: Subject) -> list[tuple[str, str]]:
    """From the plant to the act."""
    found = [(subject.plant.full_name, plant_url(subject.plant.plant_id))]
    if subject.fact is not None:
        found.append((TITLES[kind], fact_url(kind, subject.fact.id)))
    return found
