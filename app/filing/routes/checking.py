"""检查: everything that is wrong with a filing on one page, each a way to where it is mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.filing import services
from app.filing.checks import STRAY
from app.filing.domain import TRANSPORT, CheckFinding, Place, Severity
from app.filing.entry import slug
from app.filing.queries import Filing, Working, findings_of, working
from app.filing.routes.assessing import TRANSPORT_TITLE, row_address
from app.filing.routes.blueprint import (
    COMMITMENT,
    blueprint,
    filing_or_404,
    filing_page,
    open_filing_or_409,
    stops_before_signing,
)
from app.filing.window_checks import FIELD
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires

LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Spot:
    """Where findings are mended: the part of the filing, the entry in it, the way there."""

    part: str
    entry: str
    url: str

    @property
    def words(self) -> str:
        """Both, as one names them outside a list of parts."""
        return f"{self.part}：{self.entry}" if self.entry else self.part


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as the page shows it."""

    id: str
    key: str
    spot: Spot
    text: str
    clause: str
    note: str
    error: str = ""


@blueprint.get("/<int:filing_id>/checks")
@requires(Permission.FILING_ENTER)
def checks_page(filing_id: int) -> str:
    """Every finding, errors first."""
    return _page(filing_or_404(filing_id))


@blueprint.post("/<int:filing_id>/remarks")
@requires(Permission.FILING_ENTER)
def remark(filing_id: int) -> Response:
    """Answer a warning with a reason, which the reviewers will read."""
    filing = open_filing_or_409(filing_id)
    key, note = request.form.get("check", "")[:160], request.form.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        text = f"理由有 {len(note)} 个字，超过 {LONGEST_NOTE} 个字。请缩短。"
        return make_response(_page(filing, {key: (note, text)}), 422)
    try:
        services.remark(filing.id, key, note)
    except Refused as refused:
        return make_response(_page(filing, {key: (note, str(refused))}), 422)
    flash("理由已保存。")
    return htmx.htmx_redirect(
        url_for("filing.checks_page", filing_id=filing.id, _anchor=f"w-{slug(key)}")
    )


def _page(filing: Filing, refused: Mapping[str, tuple[str, str]] | None = None) -> str:
    found = working(filing)
    findings = [it for it in findings_of(found) if it.place.field != COMMITMENT]
    lines = [(it, _line(found, it, refused or {})) for it in findings]
    return filing_page(
        "checks",
        filing,
        errors=parts_of([line for it, line in lines if it.severity is Severity.ERROR]),
        error_count=sum(1 for it in findings if it.severity is Severity.ERROR),
        warnings=[line for it, line in lines if it.severity is Severity.WARNING],
        faults=[(f"f-{line.id}", line.error) for _, line in lines if line.error],
        may_submit_next=bool(lines) and not stops_before_signing(findings),
        submit_url=url_for("filing.submit_page", filing_id=filing.id),
        remark_url=url_for("filing.remark", filing_id=filing.id),
    )


def _line(found: Working, it: CheckFinding, refused: Mapping[str, tuple[str, str]]) -> Line:
    note, error = refused.get(it.key, (it.note, ""))
    spot = spot_of(found, it.place)
    return Line(f"w-{slug(it.key)}", it.key, spot, it.text, it.clause, note, error)


def parts_of(lines: Sequence[Line]) -> dict[str, dict[Spot, list[Line]]]:
    """What is wrong by part and entry, in the order in which the findings stand."""
    found: dict[str, dict[Spot, list[Line]]] = {}
    for line in lines:
        found.setdefault(line.spot.part, {}).setdefault(line.spot, []).append(line)
    return found


def spot_of(found: Working, place: Place) -> Spot:
    """Where a finding is mended."""
    filing = found.filing
    if place.row_key == TRANSPORT:
        anchor = f"f-{place.field}" if place.field else None
        url = url_for("filing.transport_page", filing_id=filing.id, _anchor=anchor)
        return Spot(TRANSPORT_TITLE, "", url)
    known = found.row(place.table, place.row_key)
    if known is not None:
        table, row = known
        many = f"{table.label}，" if len(found.tables) > 1 else ""
        return Spot(f"{many}{row.dimension}", row.title, row_address(found, place.table, row.key))
    if place.field in ("target", "tables"):
        return Spot("等级和指标表", "", url_for("filing.tables_page", filing_id=filing.id))
    if place.field == "capacity":
        url = url_for("portal.plant", plant_id=filing.plant.plant_id)
        return Spot("台账中的产能", "", url)
    if place.field.startswith(STRAY):
        evidence_id = int(place.field.removeprefix(STRAY))
        url = url_for("filing.one_evidence", evidence_id=evidence_id)
        name = next((it.name for it in found.evidence if it.id == evidence_id), "")
        return Spot("材料", name, url)
    if place.field == FIELD:
        return Spot("承诺与提交", "", url_for("filing.submit_page", filing_id=filing.id))
    return Spot("本次申报", "", url_for("filing.overview", filing_id=filing.id))
