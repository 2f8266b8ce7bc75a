"""Examples for the addresses of offline packages (离线填报包) and of the window (窗口代录)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from sqlalchemy import insert, select

from app.filing import services
from app.filing.models import FilingArrival, FilingRow
from app.filing.offline_findings import Findings, findings_document
from app.filing.queries import filing_by_id
from app.filing.queries.arrivals import changes_in
from app.filing.queries.packages import find_arrival
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query, numbers
from tests.addresses.filing import _filing, _filings, _new, way_of
from tests.evidence_files import pdf
from tests.people import PASSWORD
from tests.world import Principal, World


def _arrivals(world: World, who: Principal, endpoint: str) -> Examples:
    for kind, known in _filings(world, who, endpoint):
        filing_id = known["filing_id"]
        yield kind, {**known, "arrival_id": NOWHERE if kind is Kind.UNKNOWN
                     else _arrived(world, int(str(filing_id)))}  # fmt: skip
    own = next(iter(who.plants), None)
    if own is not None:
        filing_id = _filing(world, own, "draft", way_of(who, endpoint), current=True)
        yield Kind.UNKNOWN, {"filing_id": filing_id, "arrival_id": NOWHERE}


def _arrived(world: World, filing_id: int) -> int:
    """A package that came back with nothing filled in, read and not imported yet."""
    with world.app.app_context(), writing("测试") as current:
        number, _ = services.issue_package(filing_id)
        found = findings_document(Findings(number))
        made: int = db.session.execute(
            insert(FilingArrival)
            .values(
                filing_id=filing_id, sha256="ef" * 32, name="交回.zip", size=9, state="read",
                findings=json.dumps(found), arrived_at=current.moment, arrived_by=None,
                arrived_by_name="测试",
            )
            .returning(FilingArrival.id)
        ).scalar_one()  # fmt: skip
    return made


def _import(world: World, who: Principal) -> dict[str, Any]:
    """The mark of the last package that came back for one's own plants."""
    with world.app.app_context():
        own = FilingRow.plant_id.in_([world.plants[key] for key in who.plants])
        query = select(FilingArrival.id, FilingArrival.filing_id).join(
            FilingRow, FilingRow.id == FilingArrival.filing_id
        )
        query = query.where(own, FilingArrival.state == "read")
        last = db.session.execute(query.order_by(FilingArrival.id.desc())).first()
        filing = filing_by_id(last.filing_id) if last else None
        arrival = find_arrival(last.filing_id, last.id) if last else None
        return {"seen": changes_in(filing, arrival).mark if filing and arrival else ""}


def _from_paper(world: World, who: Principal) -> dict[str, Any]:
    paper = {"title": "申报表", "signed_on": "2025-01-06", "pages": "12"}
    return {**_new(world, who), **paper}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("arrival_id", "filing_id"): _arrivals}
FORMS: Mapping[str, Form] = {
    "filing.window_start": _from_paper,
    "filing.package_start": _new,
    "filing.upload_package": lambda _world, _who: {"package": (BytesIO(b"PK"), "交回.zip")},
    "filing.import_package": _import,
    "filing.export_package": lambda _world, _who: {},
    "filing.window_scan": lambda _world, _who: {"files": (BytesIO(pdf(1)), "扫描件.pdf")},
    "filing.window_submit": lambda _world, _who: {
        "password": PASSWORD,
        "signer": "王签署",
        "form_key": f"example-{next(numbers)}",
    },
}
QUERIES: Mapping[str, Query] = {
    "filing.window_new": lambda world, who: {
        "plant_id": str(world.plants[min(who.plants, default="A1")])
    },
    "filing.package_new": lambda world, who: {
        "plant_id": str(world.plants[min(who.plants, default="A1")])
    },
}
