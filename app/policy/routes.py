"""政策清单: the measures, the list each makes of the register, and why it is so ordered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, abort, request, url_for
from werkzeug import Response

from app.kernel import collector
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.policy.domain import ORDER_NOTE, RankedList, RankedRow
from app.policy.exports import list_in_parts
from app.policy.listing import shown
from app.policy.measures import UnknownMeasure, told_origin
from app.policy.neighbours import explain_neighbours
from app.policy.queries import (
    CANNOT_RUN,
    all_measures,
    grounds_of,
    rank_register,
    run_measure,
)
from app.policy.screens import (
    Reach,
    cannot_run,
    form_wanted,
    linked,
    offer_file,
    reach_of,
    sound_or_refused,
)
from app.rulebook.queries import parameter, rulebook_on, rulebook_titles

blueprint = Blueprint("policy", __name__, url_prefix="/policy", template_folder="templates")
LONGEST_ID = 16
"""Digits of a plant's number in an address; more is no plant."""

for _reason in CANNOT_RUN:
    blueprint.register_error_handler(_reason, cannot_run)


@contextmanager
def known_measure() -> Iterator[None]:
    """A measure that does not exist is a page that does not exist (404)."""
    try:
        yield
    except UnknownMeasure:
        abort(404, "没有这项措施，或提供它的措施文件、插件已停用。")


@blueprint.get("/")
@requires(Permission.POLICY_VIEW)
def measures() -> str:
    """政策清单: every measure with what it does, by which clauses, and where it comes from."""
    asked = asked_in(request.args)
    return page(
        "policy/measures.html",
        measures=[(measure, told_origin(measure)) for measure in all_measures().values()],
        **asked.shown(),
    )


@blueprint.get("/<measure_id>")
@requires(Permission.POLICY_VIEW)
def measure_page(measure_id: str) -> str:
    """One measure's list for a day: the admitted by rank, then the others, each with reasons."""
    asked = asked_in(request.args)
    reach = reach_of(Permission.POLICY_VIEW, request.args.get("county", ""))
    with known_measure():
        run = run_measure(measure_id, asked.on, known=asked.known, counties=reach.counties)
    measure = run.ranked.measure
    order = rulebook_on(asked.on, known=asked.known).grade_order
    return page(
        "policy/measure.html",
        blocks=("rows",),
        run=run,
        measure=measure,
        listing=shown(run.ranked.rows, request.args, order),
        reach=reach,
        settings=[parameter(name, asked.on, known=asked.known) for name in measure.settings],
        order_note=ORDER_NOTE,
        may_export=can(Permission.POLICY_EXPORT),
        may_draft=can(Permission.LIST_DRAFT),
        print_note=f"{run.rulebook.title}（{run.rulebook.status}） · {run.sha256}",
        **asked.shown(),
    )


@blueprint.post("/<measure_id>/export")
@requires(Permission.POLICY_EXPORT)
def export_list(measure_id: str) -> Response:
    """Make the whole list within reach as a file, whatever the page filtered beside the county."""
    asked = sound_or_refused(asked_in(request.form))
    reach = reach_of(Permission.POLICY_EXPORT, request.form.get("county", ""))
    form = form_wanted()
    with reading_first(), known_measure(), collector.put_off():
        run = run_measure(measure_id, asked.on, known=asked.known, counties=reach.counties)
        content = b"".join(list_in_parts(run.listed, run.table, form))
    name = (run.ranked.measure.title, f"截至{asked.on}", reach.words)
    return offer_file(content, form, name, "政策清单")


@blueprint.get("/<measure_id>/plants/<int:plant_id>")
@requires(Permission.POLICY_VIEW)
def row_page(measure_id: str, plant_id: int) -> str:
    """One row of a list: every reason with its facts, and the standing it rests on."""
    asked, reach = asked_in(request.args), reach_of(Permission.POLICY_VIEW)
    with known_measure():
        ranked = rank_register(measure_id, asked.on, asked.known)
    row = ranked.rows[_place(ranked, plant_id, reach)]
    grounds = grounds_of(row, asked.on, asked.known)
    county = row.candidate.county
    plant_url = url_for("portal.plant", plant_id=plant_id, **asked.parameters)
    return page(
        "policy/row.html",
        measure=ranked.measure,
        row=row,
        reasons=linked(row.reasons, grounds.facts, plant_url),
        grounds=linked(grounds.reasons, grounds.facts, plant_url),
        plant_url=plant_url,
        rulebook=rulebook_on(asked.on, county, asked.known).info,
        titles=rulebook_titles(),
        county=reach.names.get(county, county),
        **asked.shown(),
    )


@blueprint.get("/<measure_id>/compare")
@requires(Permission.POLICY_VIEW)
def compare_rows(measure_id: str) -> str:
    """Why a row (b) stands behind another (a), by default the one right in front of it.

    Of a row in another county's reach nothing is told but the criterion that decided.
    """
    asked, reach = asked_in(request.args), reach_of(Permission.POLICY_VIEW)
    with known_measure():
        ranked = rank_register(measure_id, asked.on, asked.known)
    behind = _place(ranked, _plant("b"), reach)
    before = _place(ranked, _plant("a"), reach) if request.args.get("a") else behind - 1
    if before >= behind:
        abort(404, "比较的前一位不在后一位之前。请从清单页上打开比较。")
    row_a, row_b = (ranked.rows[before] if before >= 0 else None), ranked.rows[behind]
    is_hidden = row_a is not None and not reach.covers(row_a.candidate.county)
    return page(
        "policy/compare.html",
        blocks=("comparison_body",),
        measure=ranked.measure,
        before=None if is_hidden else row_a,
        behind=row_b,
        is_hidden=is_hidden,
        comparison=explain_neighbours(row_a, row_b) if row_a else None,
        nearest=_nearest_in_reach(ranked, behind, reach) if is_hidden else None,
        **asked.shown(),
    )


def _plant(name: str) -> int:
    """The plant that the address names; 404 when it names none."""
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_ID):
        abort(404)
    return int(text)


def _place(ranked: RankedList, plant_id: int, reach: Reach) -> int:
    """Where the row of a plant stands, if the person may see it; 404 otherwise."""
    place = ranked.place_of(plant_id)
    if place is None or not reach.covers(ranked.rows[place].candidate.county):
        abort(404)
    return place


def _nearest_in_reach(ranked: RankedList, place: int, reach: Reach) -> RankedRow | None:
    """The last row in front of the place that the person may see."""
    in_front = reversed(ranked.rows[:place])
    return next((row for row in in_front if reach.covers(row.candidate.county)), None)
