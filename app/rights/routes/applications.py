"""排污权申请: the applications on record."""

from __future__ import annotations

from flask import request

from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.policy.screens import reach_of
from app.rights.domain import POLLUTANTS, total_of
from app.rights.queries import list_applications_on_record, years_on_record
from app.rights.routes.blueprint import (
    POLLUTANT_OPTIONS,
    blueprint,
    option_in,
    section_page,
    with_year,
    year_in,
)


@blueprint.get("/applications")
@requires(Permission.REGISTER_VIEW)
def application_list() -> str:
    """The applications on record for a year, with their sums."""
    years = years_on_record() or [clock.today().year]
    year = year_in(request.args, years)
    pollutant = option_in(request.args, "pollutant", POLLUTANT_OPTIONS, "")
    rows = list_applications_on_record(scope_for(Permission.REGISTER_VIEW), year, pollutant)
    sums = {
        it: total_of(row.asked for row in rows if row.pollutant == it)
        for it in POLLUTANTS
        if pollutant in ("", it)
    }
    return section_page(
        "applications",
        rows=rows,
        sums=sums,
        year=year,
        years=with_year(years, year),
        pollutant=pollutant,
        pollutants=POLLUTANT_OPTIONS,
        reach=reach_of(Permission.REGISTER_VIEW),
    )
