"""排污权分配: who gets how much of a reserve on a day, and what it was computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug import Response

from app.kernel import clock
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires, scope_for
from app.kernel.web import page
from app.policy.queries import CANNOT_RUN
from app.policy.screens import (
    Reach,
    cannot_run,
    form_wanted,
    offer,
    reach_of,
    sound_or_refused,
)
from app.rights.documents import title_of
from app.rights.domain import (
    LEVEL_WORDS,
    MEASURE_OF,
    SECTION_WORDS,
    AllocationFault,
    Level,
    Section,
    Share,
    total_of,
)
from app.rights.queries import (
    POLLUTANTS,
    AllocationRun,
    list_applications_on_record,
    reserves_on_record,
    run_allocation,
    years_on_record,
)

blueprint = Blueprint("rights", __name__, url_prefix="/rights", template_folder="templates")

SECTIONS = (
    ("分配", "rights.allocation"),
    ("申请", "rights.application_list"),
    ("储备", "rights.reserve_list"),
)
LEVELS = {str(level): LEVEL_WORDS[level] for level in Level}
POLLUTANT_OPTIONS = {pollutant: pollutant for pollutant in POLLUTANTS}

for _reason in CANNOT_RUN:
    blueprint.register_error_handler(_reason, cannot_run)


@blueprint.errorhandler(AllocationFault)
def _cannot_allocate(error: AllocationFault) -> tuple[str, int]:
    if scope_for(Permission.POLICY_VIEW).is_everything:
        return cannot_run(error)
    return cannot_run(AllocationFault("排污权申请或储备有误，分配无法计算。请联系市级经办人核对。"))


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
    level, pollutant, year = _reserve_in(request.args, years)
    reach = reach_of(Permission.POLICY_VIEW, request.args.get("county", ""))
    run = run_allocation(
        level, pollutant, year, asked.on, known=asked.known, counties=reach.counties
    )
    return _page(
        "allocation",
        run=run,
        title=title_of(run.allocation),
        chosen={"level": str(level), "pollutant": pollutant, "year": year},
        options={
            "level": ("级别", LEVELS),
            "pollutant": ("污染物", POLLUTANT_OPTIONS),
            "year": ("年度", {str(it): str(it) for it in _with(years, year)}),
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
    level, pollutant, year = _reserve_in(request.form, [clock.today().year])
    reach = reach_of(Permission.POLICY_EXPORT, request.form.get("county", ""))
    form = form_wanted()
    run = run_allocation(
        level, pollutant, year, asked.on, known=asked.known, counties=reach.counties
    )
    name = (title_of(run.allocation), f"截至{asked.on}", reach.words)
    return offer(run.document, run.table(), form, name, "排污权分配")


@blueprint.get("/applications")
@requires(Permission.POLICY_VIEW)
def application_list() -> str:
    """The applications on record for a year, with their sums."""
    years = years_on_record() or [clock.today().year]
    year = _year_in(request.args, years)
    pollutant = _option(request.args, "pollutant", POLLUTANT_OPTIONS, "")
    rows = list_applications_on_record(scope_for(Permission.POLICY_VIEW), year, pollutant)
    sums = {
        it: total_of(row.asked for row in rows if row.pollutant == it)
        for it in POLLUTANTS
        if pollutant in ("", it)
    }
    return _page(
        "applications",
        rows=rows,
        sums=sums,
        year=year,
        years=_with(years, year),
        pollutant=pollutant,
        pollutants=POLLUTANT_OPTIONS,
        reach=reach_of(Permission.POLICY_VIEW),
    )


@blueprint.get("/reserves")
@requires(Permission.POLICY_VIEW)
def reserve_list() -> str:
    """The reserves on record, by year, level and pollutant, with their sums."""
    return _page(
        "reserves",
        reserves=reserves_on_record(),
        levels={level: LEVEL_WORDS[level] for level in Level},
        pollutants=POLLUTANTS,
        total_of=total_of,
    )


def _page(template: str, **context: Any) -> str:
    sections = [
        (label, url_for(endpoint), request.endpoint == endpoint) for label, endpoint in SECTIONS
    ]
    return page(f"rights/{template}.html", sections=sections, **context)


def _reserve_in(values: Mapping[str, str], years: Sequence[int]) -> tuple[Level, str, int]:
    """Which reserve is asked for; the city's, the first pollutant, the newest year otherwise."""
    level = Level(_option(values, "level", LEVELS, str(Level.CITY)))
    pollutant = _option(values, "pollutant", POLLUTANT_OPTIONS, POLLUTANTS[0])
    return level, pollutant, _year_in(values, years)


def _option(
    values: Mapping[str, str], name: str, options: Mapping[str, str], otherwise: str
) -> str:
    wanted = values.get(name, "").strip()
    return wanted if wanted in options else otherwise


def _year_in(values: Mapping[str, str], years: Sequence[int]) -> int:
    text = values.get("year", "").strip()
    is_year = text.isascii() and text.isdecimal() and len(text) == len("2025")
    return int(text) if is_year else years[0]


def _with(years: Sequence[int], year: int) -> list[int]:
    return sorted({*years, year}, reverse=True)


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
