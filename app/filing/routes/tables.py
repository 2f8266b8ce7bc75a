"""适用的指标表: by which tables the filing is judged, and what is new in a later version."""

from __future__ import annotations

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.filing import services
from app.filing.queries import Filing, working
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires


@blueprint.get("/<int:filing_id>/tables")
@requires(Permission.FILING_WORK)
def tables_page(filing_id: int) -> str:
    """The filing's tables, and the newer ones with what is different in them."""
    return _page(filing_or_404(filing_id))


@blueprint.post("/<int:filing_id>/tables/newer")
@requires(Permission.FILING_WORK)
def take_newer(filing_id: int) -> Response:
    """Go on with the tables that rule today; what was entered is kept where it still fits."""
    filing = open_filing_or_409(filing_id)
    try:
        services.take_newer_tables(filing.id)
    except Refused as refused:
        return make_response(_page(filing, str(refused)), 422)
    flash("已改用新版本。原来填写的内容已保留，请核对标为“待确认”的各项。")
    return htmx.htmx_redirect(url_for("filing.assess_page", filing_id=filing.id))


def _page(filing: Filing, fault: str = "") -> str:
    found = working(filing)
    return filing_page(
        "tables",
        filing,
        tables=found.tables,
        newer=found.is_outdated,
        faults=[("", fault)] if fault else [],
        typed=request.form,
    )
