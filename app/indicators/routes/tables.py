"""One indicator table: as it reads, as it rules on a day, its versions, two of them compared."""

from __future__ import annotations

from flask import abort, request, url_for
from werkzeug import Response

from app.indicators.checking import oddities, unverified_cells
from app.indicators.comparing import differences
from app.indicators.queries import (
    Family,
    Version,
    find_version,
    heads_of,
    ruling_on,
    rulings_of,
    table_on,
)
from app.indicators.routes.blueprint import (
    NOT_THERE,
    SYSTEM,
    blueprint,
    family_or_404,
    names,
    newest_or_404,
    version_or_404,
    waiting,
)
from app.indicators.routes.blueprint import table_page as framed
from app.indicators.routes.lists import may_see_drafts
from app.indicators.telling import version_words
from app.kernel import clock, htmx
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import requires


@blueprint.get("/<int:family_id>")
@requires(Permission.RULEBOOK_VIEW)
def table_page(family_id: int) -> str:
    """The table as the guide prints it: the version asked for, that in force, or the last."""
    family = family_or_404(family_id)
    version = _shown_version(family)
    heads = heads_of(family.id)
    rulings = rulings_of([family.id])
    head = next(it for it in heads if it.id == version.id)
    return framed(
        "table",
        family,
        version=version,
        table=version.table,
        state=version_words(head, rulings, clock.today()),
        newest=heads[0].number,
        unverified=unverified_cells(version.table),
        odd=oddities(version.table) if may_see_drafts() else [],
        kept_by=names(iter([version.kept_by])).get(version.kept_by or 0, SYSTEM),
        pending=waiting(family.id),
        sees_drafts=may_see_drafts(),
    )


def _shown_version(family: Family) -> Version:
    """The version that the address asks for; a draft only for those who see drafts."""
    number = request.args.get("version", "")
    today = clock.today()
    if number and may_see_drafts():
        return version_or_404(family.id, number)
    rulings = rulings_of([family.id])
    ruling = ruling_on(rulings, family.id, today)
    if number:
        version = version_or_404(family.id, number)
        if not any(it.version_id == version.id for it in rulings):
            abort(404, NOT_THERE)
        return version
    found = find_version(ruling.version_id) if ruling and ruling.version_id else None
    if found is not None:
        return found
    if not may_see_drafts():
        abort(404, NOT_THERE)
    return newest_or_404(family.id)


@blueprint.get("/<int:family_id>/on")
@requires(Permission.RULEBOOK_VIEW)
def table_of_day(family_id: int) -> str | Response:
    """What judges the industry on a day: the guide's table with its supplements laid over it."""
    family, day = family_or_404(family_id), asked_in(request.args)
    if htmx.is_fragment_request() and not day.is_of_the_page_around():
        return htmx.htmx_redirect(url_with())
    found = table_on(family.rulebook, family.industry, family.subtype, day.on, day.known)
    return framed(
        "day",
        family,
        found=found,
        table=found.table if found else None,
        **day.shown(),
    )


@blueprint.get("/<int:family_id>/compare")
@requires(Permission.RULEBOOK_VIEW)
def compare(family_id: int) -> str:
    """Two versions side by side, row by row: what got stricter, looser, came or went."""
    if not may_see_drafts():
        abort(404, NOT_THERE)
    family = family_or_404(family_id)
    now = version_or_404(family.id, request.args.get("now", ""))
    number = request.args.get("before", "") or str(max(1, now.number - 1))
    before = version_or_404(family.id, number)
    changes = differences(before.table, now.table)
    every = bool(request.args.get("every"))
    counts: dict[str, int] = {}
    for change in changes:
        for word in change.words:
            counts[word] = counts.get(word, 0) + 1
    return framed(
        "compare",
        family,
        before=before,
        now=now,
        changes=changes if every else [it for it in changes if not it.is_same],
        counts=counts,
        every=every,
        heads=heads_of(family.id),
        heading_moved=[
            (name, was, is_now)
            for name, was, is_now in (
                ("表名", before.table.title, now.table.title),
                ("来源", before.table.source, now.table.source),
                ("等级列", "、".join(before.table.grades), "、".join(now.table.grades)),
            )
            if was != is_now
        ],
        toggle=url_for(
            "indicators.compare", family_id=family.id, before=before.number, now=now.number,
            every=None if every else 1,
        ),
    )  # fmt: skip
