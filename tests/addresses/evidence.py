"""Examples for the addresses of materials (佐证材料) and of files sent in parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from sqlalchemy import func, insert, select

from app.filing import services
from app.filing.models import FilingEvidence, FilingSubmission, FilingSubmissionFile
from app.filing.queries.packages import packages_of
from app.kernel import audit, clock, files, uploads
from app.kernel.canonical import canonical
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query, numbers
from tests.addresses.filing import _content as _submitted
from tests.addresses.filing import _filing, way_of
from tests.evidence_files import pdf, picture
from tests.world import Principal, World, mark_of


def _content(key: str, media: str) -> bytes:
    """A file with its owner's mark, unlike every other."""
    if media == "heic":
        return picture("HEIF") + f"{mark_of(key)}{next(numbers)}".encode()
    return pdf(1, catalog=f"/Lang({mark_of(key)}{next(numbers)})".encode())


def _material(world: World, key: str, media: str, way: str) -> int:
    """A new material of the plant's draft that was submitted once, as officers see it too."""
    filing_id = _filing(world, key, "draft", way)
    with world.app.app_context():
        stored = files.keep(BytesIO(_content(key, media)))
        with writing("测试") as current:
            files.enter(stored)
            made: int = db.session.execute(
                insert(FilingEvidence)
                .values(
                    filing_id=filing_id, place=0, row_key="", kind="", sha256=stored.sha256,
                    name=f"{mark_of(key)}.{media}", size=stored.size, media=media, pages=1, note="",
                    confirmed=False, added_at=current.moment, added_by=None,
                    added_by_name=mark_of(key),
                )
                .returning(FilingEvidence.id)
            ).scalar_one()  # fmt: skip
            _submit(filing_id, made, stored, json.dumps(_submitted(key)))
            audit.record("test.recorded", "filing", filing_id)
    return made


def _submit(filing_id: int, evidence_id: int, stored: files.Stored, content: str) -> None:
    last = select(func.coalesce(func.max(FilingSubmission.number), 0)).where(
        FilingSubmission.filing_id == filing_id
    )
    number = db.session.execute(last).scalar_one() + 1
    submission = db.session.execute(
        insert(FilingSubmission)
        .values(
            filing_id=filing_id, number=number, receipt=f"HZ-E{next(numbers)}", content=content,
            sha256="0" * 64, grade="B", submitted_at=clock.now(), submitted_by=None,
            submitted_by_name="示例", form_key=f"evidence-{next(numbers)}",
        )
        .returning(FilingSubmission.id)
    ).scalar_one()  # fmt: skip
    db.session.execute(
        insert(FilingSubmissionFile).values(
            submission_id=submission, place=1, role="evidence", sha256=stored.sha256, name="示例",
            size=stored.size, evidence_id=evidence_id,
        )
    )  # fmt: skip


def _evidence(world: World, who: Principal, endpoint: str) -> Examples:
    media = "heic" if endpoint == "filing.evidence_as_jpg" else "pdf"
    for key in world.plants:
        kind = Kind.OWN if key in who.plants else Kind.FOREIGN
        yield kind, {"evidence_id": _material(world, key, media, way_of(who, endpoint))}
    yield Kind.UNKNOWN, {"evidence_id": NOWHERE}


def _pages(world: World, who: Principal, endpoint: str) -> Examples:
    for kind, values in _evidence(world, who, endpoint):
        yield kind, {**values, "number": 1, "size": "small"}


_OF_PACKAGES = {"filing.package_part", "filing.package_whole", "filing.drop_package"}


def _uploads(world: World, who: Principal, endpoint: str) -> Examples:
    """Files that this person began, or somebody else for another enterprise."""
    content = pdf(2, catalog=f"/Lang({next(numbers)})".encode())
    for key in world.plants:
        filing_id = _filing(world, key, "draft", way_of(who, endpoint))
        is_own = key in who.plants
        owner = world.users.get(who.name, NOWHERE) if is_own else NOWHERE
        told = {"place": 0, "row": "", "kind": "", "span": [], "note": "", "replaces": None}
        with world.app.app_context(), writing("测试"):
            what = "package" if endpoint in _OF_PACKAGES else "filing"
            matter = f"{what}:{filing_id}"
            for left in uploads.unfinished(owner, matter):  # a person may begin so many only
                uploads.forget(left.token)
            token = uploads.begin(owner, matter, told, name=f"{mark_of(key)}.pdf",
                                  size=len(content), mark=f"{next(numbers)}")  # fmt: skip
            found = uploads.find(token, owner, matter)
            if endpoint in ("filing.upload_whole", "filing.package_whole") and found is not None:
                uploads.append(found, 0, BytesIO(content))
        kind = Kind.OWN if is_own else Kind.FOREIGN
        yield kind, {"filing_id": filing_id, "token": token}
    yield Kind.UNKNOWN, {"filing_id": NOWHERE, "token": "x" * 43}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("evidence_id",): _evidence,
    ("evidence_id", "number", "size"): _pages,
    ("filing_id", "token"): _uploads,
}


def _carried_in(world: World, who: Principal) -> dict[str, Any]:
    """The manifest of the last package of a filing of one's own, or of a foreign one.

    A package is issued only where there is none, so that asking again changes nothing.
    """
    key = next(iter(who.plants), "A1")
    filing_id = _filing(world, key, "draft", "package", current=True)
    with world.app.app_context():
        if not packages_of(filing_id):
            with writing("测试"):
                services.issue_package(filing_id)
        (issued, *_) = packages_of(filing_id)
        return {"package": (BytesIO(canonical(issued.manifest).encode()), "填报包清单.json")}


def _announced(_world: World, _who: Principal) -> dict[str, Any]:
    return {"name": f"{next(numbers)}.pdf", "size": "9", "mark": "1", "place": "0", "row": ""}


FORMS: Mapping[str, Form] = {
    "filing.add_evidence": lambda _world, _who: {
        "place": "0", "row": "", "files": (BytesIO(pdf(3)), "示例.pdf"),
    },
    "filing.export_former": lambda _world, _who: {"format": "xlsx"},
    "filing.export_materials": lambda _world, _who: {"format": "xlsx"},
    "filing.carry_in": _carried_in,
    "filing.begin_package": _announced,
    "filing.package_part": lambda _world, _who: {},
    "filing.package_whole": lambda _world, _who: {},
    "filing.drop_package": lambda _world, _who: {},
    "filing.begin_upload": _announced,
    "filing.upload_part": lambda _world, _who: {},
    "filing.upload_whole": lambda _world, _who: {},
    "filing.drop_upload": lambda _world, _who: {},
    "filing.describe_evidence": lambda _world, _who: {"from": "2025-01-01", "note": "说明"},
    "filing.confirm_evidence": lambda _world, _who: {},
    "filing.remove_evidence": lambda _world, _who: {},
}  # fmt: skip
QUERIES: Mapping[str, Query] = {
    "filing.package_part": lambda _world, _who: {"at": "0"},
    "filing.upload_part": lambda _world, _who: {"at": "0"},
}
