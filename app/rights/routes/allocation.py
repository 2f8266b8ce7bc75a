"""排污权分配: who gets how much of a reserve on a day, and what it was computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import request
from werkzeug import Response

from app.kernel import clock
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.policy.screens import Reach, form_wanted, offer, reach_of, sound_or_refused
from app.rights.documents import title_of
from app.rights.domain import MEASURE_OF, SECTION_WORDS, Section, Share, total_of
from app.rights.queries import AllocationRun, run_allocation, years_on_record
from app.rights.routes.blueprint import (
    LEVELS,
    POLLUTANT_OPTIONS,
    blueprint,
    reserve_in,
    section_page,
    with_year,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One section of an allocation as the page shows it, with its sums in tonnes."""

    title: str
    section: Section
    shares: Sequence[Share]
    asked: Decimal
    allocated: Decimal


@blueprint.get("/")
@requires(Permission.POLICY_VIEW)
def allocation() -> str:
    """The allocation of one reserve on a day, by section, with the application at its edge."""
    asked = asked_in(request.args)
    years = years_on_record() or [clock.today().year]
    level, pollutant, year = reserve_in(request.args, years)
    reach = reach_of(Permission.POLICY_VIEW, request.args.get("county", ""))
    run = run_allocation(
        level, pollutant, year, asked.on, known=asked.known, counties=reach.counties
    )
    return section_page(
        "allocation",
        run=run,
        title=title_of(run.allocation),
        chosen={"level": str(level), "pollutant": pollutant, "year": year},
        options={
            "level": ("级别", LEVELS),
            "pollutant": ("污染物", POLLUTANT_OPTIONS),
            "year": ("年度", {str(it): str(it) for it in with_year(years, year)}),
        },
        measure_id=MEASURE_OF[level],
        parts=_parts(run),
        bars=_bars(run, reach),
        edge_is_visible=run.edge is not None and reach.covers(run.edge.plant.candidate.county),
        reach=reach,
        may_export=can(Permission.POLICY_EXPORT),
        print_note=f"{run.rulebook.title}（{run.rulebook.status}） · {run.document['sha256']}",
        **asked.shown(),
    )


@blueprint.post("/export")
@requires(Permission.POLICY_EXPORT)
def export_allocation() -> Response:
    """Make the shown allocation within reach as a file."""
    asked = sound_or_refused(asked_in(request.form))
    level, pollutant, year = reserve_in(request.form, [clock.today().year])
    reach = reach_of(Permission.POLICY_EXPORT, request.form.get("county", ""))
    form = form_wanted()
    run = run_allocation(
        level, pollutant, year, asked.on, known=asked.known, counties=reach.counties
    )
    name = (title_of(run.allocation), f"截至{asked.on}", reach.words)
    return offer(run.document, run.table(), form, name, "排污权分配")


def _parts(run: AllocationRun) -> list[Part]:
    parts = []
    for section in Section:
        shares = run.allocation.of_section(section)
        asked = total_of(share.application.asked for share in shares)
        allocated = total_of(share.allocated for share in shares)
        parts.append(Part(SECTION_WORDS[section], section, shares, asked, allocated))
    return parts


def _bars(run: AllocationRun, reach: Reach) -> list[tuple[str, Decimal]]:
    """What the plot sets side by side, in tonnes a year; of other counties only the total."""
    made = run.allocation
    first = made.of_section(Section.PRIORITY)
    asked = total_of(share.application.asked for share in first)
    given = total_of(share.allocated for share in first)
    whose = "" if reach.counties is None else f"（{reach.words}）"
    bars = [("储备量", made.reserve), (f"优先保障申请{whose}", asked)]
    if whose:
        bars.append((f"分配{whose}", given))
    return [*bars, ("分配合计", made.allocated_total), ("余量", made.remaining)]
