"""以往厂区的申报: what an enterprise filed for plants that went over to others, or were closed."""

from __future__ import annotations

from flask import url_for

from app.filing.queries import former_filings
from app.filing.routes.blueprint import blueprint, state_tag
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page


@blueprint.get("/former")
@requires(Permission.FILING_WORK)
def former() -> str:
    """Every such filing with its submissions; they stay the enterprise's own."""
    found = former_filings(scope_for(Permission.FILING_WORK), clock.today())
    return page(
        "filing/former.html",
        rows=[(it.filing, state_tag(it.filing.state), it.sent) for it in found],
        breadcrumbs=[("申报", url_for("filing.home"))],
    )
