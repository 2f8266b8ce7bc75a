"""政府储备排污权: what each reserve holds."""

from __future__ import annotations

from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.rights.domain import LEVEL_WORDS, POLLUTANTS, Level, total_of
from app.rights.queries import reserves_on_record
from app.rights.routes.blueprint import blueprint, section_page


@blueprint.get("/reserves")
@requires(Permission.POLICY_VIEW)
def reserve_list() -> str:
    """The reserves on record, by year, level and pollutant, with their sums."""
    return section_page(
        "reserves",
        reserves=reserves_on_record(),
        levels={level: LEVEL_WORDS[level] for level in Level},
        pollutants=POLLUTANTS,
        total_of=total_of,
    )
