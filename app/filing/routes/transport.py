"""运输汇总: the summary of transport in and out of the plant (HJ 1321), and the filing's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.filing import services
from app.filing.answers import transport_words
from app.filing.domain import Conflict, Transport
from app.filing.queries import Filing, assessment_of, working
from app.filing.routes.assessing import beside
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.filing.screens import moment_words
from app.filing.summary import FIELDS, read_summary, typed_summary
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires


@blueprint.get("/<int:filing_id>/transport")
@requires(Permission.FILING_ENTER)
def transport_page(filing_id: int) -> str:
    """The summary as it stands."""
    return _page(filing_or_404(filing_id))


@blueprint.post("/<int:filing_id>/transport")
@requires(Permission.FILING_ENTER)
def save_transport(filing_id: int) -> Response:
    """Keep the summary, unless somebody else changed it meanwhile."""
    filing = open_filing_or_409(filing_id)
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    entry, wrong = read_summary(typed)
    if wrong:
        return make_response(_page(filing, typed, wrong), 422)
    seen = request.form.get("seen", "0")
    revision = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    done = services.save_transport(filing.id, entry, revision)
    if isinstance(done, Conflict):
        return make_response(_page(filing, typed, {}, done), 409)
    flash("运输汇总已保存。")
    return htmx.htmx_redirect(url_for("filing.transport_page", filing_id=filing.id))


def _page(
    filing: Filing,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
) -> str:
    found = working(filing)
    saved, faults = found.transport, dict(wrong or {})
    extra: dict[str, Any] = {
        "typed": typed or typed_summary(saved.transport),
        "wrong": faults,
        "faults": [(f"f-{name}", text) for name, text in faults.items()],
        "revision": saved.revision,
        "saved_at": "" if saved.saved_at is None else moment_words(saved.saved_at),
        "saved_by": saved.saved_by_name,
        "unconfirmed": not saved.confirmed,
        "last": "" if found.last_transport.is_empty else transport_words(found.last_transport),
        "differing": conflict is not None,
    }
    if conflict is not None:
        theirs = conflict.theirs
        extra |= {
            "differing_by": conflict.by_name,
            "differing_at": moment_words(conflict.at),
            "theirs": transport_words(theirs) if isinstance(theirs, Transport) else "",
        }
    return filing_page(
        "transport", filing, **beside(found, assessment_of(found)), oob=False, **extra
    )
