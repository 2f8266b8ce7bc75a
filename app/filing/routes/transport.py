"""运输汇总: the summary of transport in and out of the plant (HJ 1321), and the filing's tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.filing import services
from app.filing.answers import transport_words
from app.filing.domain import Conflict, Transport
from app.filing.forms import read_number
from app.filing.queries import Filing, assessment_of, working
from app.filing.routes.assessing import beside
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.filing.screens import moment_words
from app.indicators.domain import shown
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires

_FIELDS = ("trips", "gv_share", "new_energy_share", "gate_connected", "transmission_rate")
_LABELS = {
    "trips": "车次",
    "gv_share": "国五及以上比例",
    "new_energy_share": "新能源比例",
    "transmission_rate": "数据传输率",
}
_HUNDRED = Decimal(100)


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
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    entry, wrong = _read(typed)
    if wrong:
        return make_response(_page(filing, typed, wrong), 422)
    seen = request.form.get("seen", "0")
    revision = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    done = services.save_transport(filing.id, entry, revision)
    if isinstance(done, Conflict):
        return make_response(_page(filing, typed, {}, done), 409)
    flash("运输汇总已保存。")
    return htmx.htmx_redirect(url_for("filing.transport_page", filing_id=filing.id))


def _read(typed: Mapping[str, str]) -> tuple[Transport, dict[str, str]]:
    wrong: dict[str, str] = {}

    def number(name: str, unit: str) -> Decimal | None:
        try:
            return read_number(typed[name], unit)
        except ValueError as fault:
            wrong[name] = str(fault)
            return None

    def share(name: str) -> Decimal | None:
        found = number(name, "%")
        if found is not None and found > _HUNDRED:
            wrong[name] = f"{_LABELS[name]} {shown(found)}% 超过 100%。请填写 0 到 100 之间的数。"
        return found

    trips = number("trips", "辆次")
    if trips is not None and trips != trips.to_integral_value():
        wrong["trips"] = f"车次 {shown(trips)} 不是整数。请填写整数。"
    connected = {"yes": True, "no": False}.get(typed["gate_connected"])
    entry = Transport(
        trips=None if trips is None else int(trips),
        gv_share=share("gv_share"),
        new_energy_share=share("new_energy_share"),
        gate_connected=connected,
        transmission_rate=share("transmission_rate"),
    )
    return entry, wrong


def _typed(found: Transport) -> dict[str, str]:
    def text(value: Decimal | int | None) -> str:
        return "" if value is None else shown(Decimal(value))

    connected = {True: "yes", False: "no", None: ""}[found.gate_connected]
    return {
        "trips": text(found.trips),
        "gv_share": text(found.gv_share),
        "new_energy_share": text(found.new_energy_share),
        "gate_connected": connected,
        "transmission_rate": text(found.transmission_rate),
    }


def _page(
    filing: Filing,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
) -> str:
    found = working(filing)
    saved, faults = found.transport, dict(wrong or {})
    extra: dict[str, Any] = {
        "typed": typed or _typed(saved.transport),
        "wrong": faults,
        "faults": [(f"f-{name}", text) for name, text in faults.items()],
        "revision": saved.revision,
        "saved_at": "" if saved.saved_at is None else moment_words(saved.saved_at),
        "saved_by": saved.saved_by_name,
        "unconfirmed": not saved.confirmed,
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
