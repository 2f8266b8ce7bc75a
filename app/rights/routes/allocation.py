"""排污权分配: who gets how much of a reserve on a day, and what it was computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import current_app, request, url_for
from werkzeug import Response

from app.issuing.queries import ListView
from app.issuing.services.steps import link_of
from app.kernel import clock
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires, scope_for
from app.kernel.spreadsheets import parse_decimal
from app.kernel.transaction import reading_first
from app.policy.exports import content_of
from app.policy.screens import form_wanted, offer_file, reach_of, sound_or_refused
from app.rights.documents import title_of
from app.rights.domain import MEASURE_OF, SECTION_WORDS, Level, Section, Share, total_of
from app.rights.forms import Typed
from app.rights.plot import steps_of, waterfall
from app.rights.queries import AllocationRun, run_allocation, years_on_record
from app.rights.queries.issued import AllocationSpec, allocations_in_force, given_by
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
    before = _before(level, pollutant, year)
    form = Typed(request.args)
    trial = _trial(form)
    run = run_allocation(
        level,
        pollutant,
        year,
        asked.on,
        known=asked.known,
        counties=reach.counties,
        given=given_by(before) if before else None,
        trial=trial,
    )
    spec = AllocationSpec(level, pollutant, year, before.id if before else None)
    steps = steps_of(run.allocation)
    return section_page(
        "allocation",
        run=run,
        title=f"试算：{spec.title}" if trial is not None else spec.title,
        form=form,
        trial=trial,
        before=before,
        province_lists=_province_lists(level, pollutant, year),
        in_force=allocations_in_force(level, pollutant, year),
        list_url=link_of,
        spec=spec,
        chosen={"level": str(level), "pollutant": pollutant, "year": year},
        options={
            "level": ("级别", LEVELS),
            "pollutant": ("污染物", POLLUTANT_OPTIONS),
            "year": ("年度", {str(it): str(it) for it in with_year(years, year)}),
        },
        measure_id=MEASURE_OF[level],
        parts=_parts(run),
        steps=steps,
        plot=waterfall(steps),
        edge_is_visible=run.edge is not None and reach.covers(run.edge.plant.candidate.county),
        reach=reach,
        may_export=can(Permission.POLICY_EXPORT) and trial is None and before is None,
        draft_url=_draft_url(),
        may_write_letters=can(Permission.LIST_DRAFT),
        may_draft=trial is None and asked.known is None and _may_draft(),
        print_note=f"{run.rulebook.title}（{run.rulebook.status}） · {run.document['sha256']}",
        **asked.shown(),
    )


def _draft_url() -> str:
    """Where a draft is opened; empty while the pages of issued lists are not installed."""
    known = "issuing.draft" in current_app.view_functions
    return url_for("issuing.draft") if known else ""


def _may_draft() -> bool:
    """Allocations are of the whole city, so who drafts them must reach all of it."""
    return bool(_draft_url()) and scope_for(Permission.LIST_DRAFT).is_everything


def _province_lists(level: Level, pollutant: str, year: int) -> list[ListView]:
    """What the province has allocated of the pollutant and year, for the city to go on from."""
    if level is not Level.CITY:
        return []
    return allocations_in_force(Level.PROVINCE, pollutant, year)


def _before(level: Level, pollutant: str, year: int) -> ListView | None:
    """The province's list whose shares the address asks to take off first."""
    wanted = request.args.get("after", "")
    lists = _province_lists(level, pollutant, year)
    return next((it for it in lists if str(it.id) == wanted), None)


def _trial(form: Typed) -> Decimal | None:
    """The reserve that is tried out (试算); the one on record when none is, or it is no number."""
    parsed = parse_decimal(form["reserve"])
    if parsed.problem:
        form.errors["reserve"] = f"{parsed.problem}。现按登记的储备量计算。"
    return parsed.value


@blueprint.post("/export")
@requires(Permission.POLICY_EXPORT)
def export_allocation() -> Response:
    """Make the allocation within reach as a file."""
    asked = sound_or_refused(asked_in(request.form))
    level, pollutant, year = reserve_in(request.form, [clock.today().year])
    reach = reach_of(Permission.POLICY_EXPORT, request.form.get("county", ""))
    form = form_wanted()
    with reading_first():
        run = run_allocation(
            level, pollutant, year, asked.on, known=asked.known, counties=reach.counties
        )
        content = content_of(run.document, run.table(), form)
    name = (title_of(run.allocation), f"截至{asked.on}", reach.words)
    return offer_file(content, form, name, "排污权分配")


def _parts(run: AllocationRun) -> list[Part]:
    parts = []
    for section in Section:
        shares = run.allocation.of_section(section)
        asked = total_of(share.application.asked for share in shares)
        allocated = total_of(share.allocated for share in shares)
        parts.append(Part(SECTION_WORDS[section], section, shares, asked, allocated))
    return parts
