"""申报首页: every plant of the enterprise, what to do next and by when, what was filed so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for

from app.filing.domain import Kind, State
from app.filing.prospects import Prospects
from app.filing.queries import (
    Asking,
    Filing,
    Sent,
    Unconfirmed,
    bars_of,
    filings_of_plants,
    open_rows_of,
    prospects_of,
    sent_of,
    unconfirmed_of,
)
from app.filing.renewal_due import DueRenewal, own_renewals
from app.filing.routes.blueprint import blueprint, may_enter, state_tag
from app.filing.settings import contact_of
from app.filing.whatnext import Next, hindrance, next_of_filing, next_of_plant
from app.grades.domain import GradeRecord, Standing, in_order
from app.grades.queries import facts_of
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.listing import page_number, ways
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page
from app.registry.queries import PlantOnRecord, list_plants
from app.registry.search import search_term

PLANTS_PER_PAGE = 20
_LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class OwnFiling:
    """A filing in the list of a plant."""

    filing: Filing
    tag: tuple[str, str]
    sent: Sequence[Sent]


@dataclass(frozen=True, slots=True)
class OwnPlant:
    """A plant of the enterprise."""

    plant: PlantOnRecord
    standing: Standing
    next: dict[str, Any] | None
    """None: the renewal that is due says it all."""
    due: DueRenewal | None
    renew_url: str
    """Where the renewal begins; empty: not now, or it has begun."""
    renew_bar: str
    """Why it cannot begin although it is due; empty: it can."""
    limits: Sequence[str]
    filings: Sequence[OwnFiling]
    decisions: Sequence[GradeRecord]
    """The grades that were given to it, the newest first."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do in the drafts, by the filing."""

    open_rows: Mapping[int, int]
    unconfirmed: Mapping[int, Unconfirmed]
    bars: Mapping[int, str]
    """Why it may not be submitted, whatever is entered; also of those that came back."""


@blueprint.get("/")
@requires(Permission.FILING_WORK)
def home() -> str:
    """Every plant with its grade, the next step, its filings and the grades it was given."""
    today, scope = clock.today(), scope_for(Permission.FILING_WORK)
    typed = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    every = [it for it in list_plants(scope) if not it.is_closed(today)]
    found = [it for it in every if _is_meant(it, typed)]
    last = max(1, -(-len(found) // PLANTS_PER_PAGE))
    shown = min(page_number(request.args.get("page", "")), last)
    plants = found[(shown - 1) * PLANTS_PER_PAGE : shown * PLANTS_PER_PAGE]
    return page(
        "filing/home.html",
        plants=_own_plants(plants, today),
        number=len(every),
        matching=len(found),
        typed=typed,
        searchable=len(every) > PLANTS_PER_PAGE,
        page_words=f"第 {shown} 页，共 {last} 页",
        blocks=(),
        **ways(shown, last),
    )


def _is_meant(plant: PlantOnRecord, typed: str) -> bool:
    """Whether its name or code has what was searched for."""
    return search_term(typed) in search_term(f"{plant.uscc}{plant.full_name}")


def _own_plants(plants: Sequence[PlantOnRecord], today: date) -> list[OwnPlant]:
    """These plants, in a few statements however many they are and whatever was filed for them."""
    scope = scope_for(Permission.FILING_WORK)
    ids = [it.plant_id for it in plants]
    facts = facts_of(ids)
    filings, owed = filings_of_plants(ids, scope), own_renewals(scope, today)
    every = [it for them in filings.values() for it in them]
    sent, prospects = sent_of(it.id for it in every), prospects_of(plants, today)
    running = {it.plant.plant_id: it for it in every if it.state.is_running}
    left = _left(list(running.values()), sent, today)
    found = []
    for it in plants:
        mine, own = filings.get(it.plant_id, []), running.get(it.plant_id)
        due, may = owed.get(it.plant_id), prospects[it.plant_id]
        renews = due is not None and own is None and may.standing.banned_until is None
        why_not = _why_not_renewed(may, it.county) if renews else ""
        found.append(
            OwnPlant(
                it,
                may.standing,
                None if renews else _next(may, it, own, left),
                due,
                url_for("filing.new_filing", plant_id=it.plant_id)
                if renews and due is not None and due.has_opened and not why_not
                else "",
                why_not if due is not None and due.has_opened else "",
                _limits(may.standing, today),
                [OwnFiling(row, state_tag(row.state), sent.get(row.id, ())) for row in mine],
                in_order(facts[it.plant_id]).records[::-1],
            )
        )
    return found


def _left(running: Sequence[Filing], sent: Mapping[int, Sequence[Sent]], today: date) -> Left:
    drafts = [it for it in running if it.state is State.DRAFT]
    worked_on = [it for it in running if it.state.is_open]
    asked = [
        Asking(it.plant, it.kind, it.year, it.id,
               clock.day_of(sent[it.id][0].submitted_at) if sent.get(it.id) else None)
        for it in worked_on
    ]  # fmt: skip
    bars = bars_of(asked, [it.target for it in worked_on], today)
    return Left(
        open_rows_of(drafts, today),
        unconfirmed_of(drafts),
        {it.id: bar for it, bar in zip(worked_on, bars, strict=True)},
    )


def _why_not_renewed(may: Prospects, county: str) -> str:
    """Why the renewal cannot begin now; empty: it can."""
    if may.targets(Kind.RENEWAL):
        return ""
    return hindrance(may, contact_of([county])) or may.why_not(Kind.RENEWAL)


def _limits(standing: Standing, today: date) -> list[str]:
    """What bars the plant, where the next step does not say it already."""
    if not standing.blocked:
        return []
    text = (
        f"因环境违法行为，{today.year} 年不得申报 B 级（含引领性）及以上，C 级及以下仍可申报；"
        f"到 {today.year}-12-31（含当日）为止。"
    )
    return [text]


def _next(
    may: Prospects, plant: PlantOnRecord, running: Filing | None, left: Left
) -> dict[str, Any]:
    if running is None:
        found = next_of_plant(may, contact_of([plant.county]))
        return told(found, plant_id=plant.plant_id)
    found = next_of_filing(
        running,
        open_rows=left.open_rows.get(running.id, 0),
        unconfirmed=left.unconfirmed.get(running.id, Unconfirmed()),
        stopping=None,
        may_enter=may_enter(running),
        bar=left.bars.get(running.id, ""),
    )
    return told(found, filing_id=running.id)


def told(found: Next, **where: Any) -> dict[str, Any]:
    """A next step with the address of its way."""
    return {
        "kind": found.kind,
        "what": found.what,
        "due": found.due,
        "due_words": found.due_words,
        "no_due": found.no_due,
        "act": found.act,
        "url": url_for(found.endpoint, **where) if found.endpoint else "",
    }
