"""Reading offline packages (离线填报包): those issued for a filing, those that came back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.filing.models import FilingArrival, FilingPackage
from app.kernel.database import db


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it was issued."""

    id: int
    filing_id: int
    number: str
    manifest: Mapping[str, Any]
    issued_at: datetime
    issued_by_name: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A filled package that was carried in."""

    id: int
    filing_id: int
    sha256: str
    name: str
    size: int
    state: str
    findings: Mapping[str, Any]
    """Empty: not read yet."""
    arrived_at: datetime
    arrived_by: int | None
    arrived_by_name: str
    imported_at: datetime | None
    imported_by_name: str

    @property
    def words(self) -> tuple[str, str]:
        """Its state as a tag: kind and word."""
        return _STATES[self.state]


_STATES = {
    "reading": ("neutral", "正在核对"),
    "read": ("soon", "待确认导入"),
    "refused": ("late", "未导入"),
    "imported": ("done", "已导入"),
}
_PACKAGE = (
    FilingPackage.id, FilingPackage.filing_id, FilingPackage.number, FilingPackage.manifest,
    FilingPackage.issued_at, FilingPackage.issued_by_name,
)  # fmt: skip
_ARRIVAL = (
    FilingArrival.id, FilingArrival.filing_id, FilingArrival.sha256, FilingArrival.name,
    FilingArrival.size, FilingArrival.state, FilingArrival.findings, FilingArrival.arrived_at,
    FilingArrival.arrived_by, FilingArrival.arrived_by_name, FilingArrival.imported_at,
    FilingArrival.imported_by_name,
)  # fmt: skip


def packages_of(filing_id: int) -> list[Package]:
    """Those issued for a filing, the newest first."""
    rows = db.session.execute(
        select(*_PACKAGE).where(FilingPackage.filing_id == filing_id)
        .order_by(FilingPackage.id.desc())
    )  # fmt: skip
    return [_package(row) for row in rows]


def find_package(number: str) -> Package | None:
    """The package of that number, whosoever it is: the caller looks at its filing."""
    row = db.session.execute(select(*_PACKAGE).where(FilingPackage.number == number)).first()
    return None if row is None else _package(row)


def _package(row: Any) -> Package:
    package_id, filing_id, number, manifest, *rest = row
    return Package(package_id, filing_id, number, json.loads(manifest), *rest)


def arrivals_of(filing_id: int) -> list[Arrival]:
    """What was carried in for a filing, the newest first."""
    rows: Iterable[Any] = db.session.execute(
        select(*_ARRIVAL).where(FilingArrival.filing_id == filing_id)
        .order_by(FilingArrival.id.desc())
    )  # fmt: skip
    return [_arrival(row) for row in rows]


def find_arrival(filing_id: int, arrival_id: int) -> Arrival | None:
    """What was carried in under that id, if it is the filing's."""
    row = db.session.execute(
        select(*_ARRIVAL).where(FilingArrival.filing_id == filing_id,
                                FilingArrival.id == arrival_id)
    ).first()  # fmt: skip
    return None if row is None else _arrival(row)


def _arrival(row: Any) -> Arrival:
    arrival_id, filing_id, sha256, name, size, state, findings, *rest = row
    found = json.loads(findings) if findings else {}
    return Arrival(arrival_id, filing_id, sha256, name, size, state, found, *rest)
