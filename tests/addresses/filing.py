"""Examples for the addresses of filings (申报)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from app.accounts.domain import COUNTY_ROLES
from app.demo.filings import answer_reaching
from app.filing import services
from app.filing.answers import answer_document, transport_document
from app.filing.commitment import SCAN
from app.filing.domain import Severity, Transport
from app.filing.entry import row_id
from app.filing.models import FilingEvidence, FilingRow, FilingSubmission, FilingTable
from app.filing.queries import filing_by_id, findings_of, working
from app.filing.queries.papers import statements_of
from app.indicators.domain import Answer
from app.kernel import audit, clock
from app.kernel.authority import Permission
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.access import access
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.filings import industry_id
from tests.people import PASSWORD
from tests.world import COUNTY_OF, Principal, World, mark_of

_RUNNING = ("draft", "submitted", "correcting")


_OF_PACKAGES = {
    "filing.arrival_page", "filing.begin_package", "filing.drop_package", "filing.export_package",
    "filing.package_part", "filing.package_whole", "filing.import_package", "filing.package_page",
    "filing.upload_package",
}  # fmt: skip


def way_of(who: Principal, endpoint: str) -> str:
    """By which way a filing came in on whose entries this person works there."""
    enters = access(endpoint) in (Permission.FILING_ENTER, Permission.FILING_WINDOW)
    if enters and who.role in COUNTY_ROLES:
        return "package" if endpoint in _OF_PACKAGES else "window"
    return "browser"


def _filing(
    world: World, key: str, state: str, way: str = "browser", *, current: bool = False
) -> int:
    """A filing in that state, with today's tables (``current``) or none; others give way."""
    with world.app.app_context(), writing("测试"):
        own = (FilingRow.plant_id == world.plants[key], FilingRow.state == state,
               FilingRow.way == way, FilingRow.kind == "upgrade")  # fmt: skip
        bare = select(FilingTable.filing_id).where(FilingTable.versions == "[]")
        query = select(FilingRow.id).where(*own)
        found: int | None = db.session.execute(
            query if current else query.where(FilingRow.id.in_(bare))
        ).scalar()
        if found is None:
            _end_running(world.plants[key])
            found = _begun(world, key, way=way)
            for step in _WAY_TO[state]:
                _move(FilingRow.id == found, step)
            audit.record("test.recorded", "filing", found)
        filing = filing_by_id(found) if current else None
        if filing is not None and working(filing).is_outdated:
            services.take_newer_tables(found)
    return found


_WAY_TO: Mapping[str, tuple[str, ...]] = {
    "draft": (), "submitted": ("submitted",), "correcting": ("submitted", "correcting"),
    "withdrawn": ("submitted", "withdrawn"), "closed": ("submitted", "closed"),
    "discarded": ("discarded",),
}  # fmt: skip


def _move(which: ColumnElement[bool], state: str) -> int:
    """Only the database is asked whether the step is allowed."""
    done = db.session.execute(update(FilingRow).where(which).values(state=state))
    return int(getattr(done, "rowcount", 0))


def _end_running(plant_id: int) -> int:
    """Give up the plant's running filing; how many there were."""
    own = FilingRow.plant_id == plant_id
    return _move(own & (FilingRow.state == "draft"), "discarded") + _move(
        own & FilingRow.state.in_(_RUNNING[1:]), "withdrawn"
    )


def _begun(
    world: World, key: str, kind: str = "upgrade", target: str = "B", way: str = "browser"
) -> int:
    made: int = db.session.execute(
        insert(FilingRow)
        .values(
            plant_id=world.plants[key], enterprise_id=world.enterprises[key[0]],
            county=COUNTY_OF[key], year=today().year, kind=kind, target=target,
            rulebook="shaoxing-2023", way=way, paper="", state="draft", revision=1,
            opened_at=clock.now(), opened_by=None, opened_by_name=mark_of(key),
            judged_on=today(), form_key=f"example-{next(numbers)}",
            at_office=way in ("window", "package"),
        )
        .returning(FilingRow.id)
    ).scalar_one()  # fmt: skip
    db.session.execute(
        insert(FilingTable).values(
            filing_id=made, place=1, industry=industry_id(), subtype="", versions="[]"
        )
    )
    return made


def _submission(world: World, key: str) -> int:
    """What the plant once submitted; its filing is closed."""
    filing_id = _filing(world, key, "closed")
    with world.app.app_context(), writing("测试"):
        found: int | None = db.session.execute(
            select(FilingSubmission.id).where(FilingSubmission.filing_id == filing_id)
        ).scalar()
        if found is None:
            found = db.session.execute(
                insert(FilingSubmission)
                .values(
                    filing_id=filing_id, number=1, receipt=f"HZ-{mark_of(key)}",
                    content=json.dumps(_content(key)), sha256="0" * 64, grade="B",
                    submitted_at=clock.now(), submitted_by=None,
                    submitted_by_name=mark_of(key), form_key=f"example-{next(numbers)}",
                )
                .returning(FilingSubmission.id)
            ).scalar_one()  # fmt: skip
            audit.record("test.recorded", "filing", filing_id)
    return found


def _content(key: str) -> dict[str, Any]:
    day, moment = date(2026, 3, 2).isoformat(), "2026-03-02T01:00:00Z"
    row = {
        "key": "D1", "dimension": "能源类型", "title": "燃料", "asked": {"A": mark_of(key)},
        "answer": answer_document(Answer()), "answer_words": mark_of(key), "grade": "B",
        "state": "chosen", "lacking": {}, "evidence": [],
    }  # fmt: skip
    return {
        "format": "jixiao-filing-1", "receipt": f"HZ-{mark_of(key)}", "number": 1,
        "filing": {"opened_by": mark_of(key)},
        "plant": {
            "uscc": mark_of(key), "enterprise": mark_of(key), "number": "001",
            "name": mark_of(key), "county": COUNTY_OF[key], "permit": mark_of(key),
        },
        "rulebook": {"id": "shaoxing-2023", "title": "方案", "status": "征求意见稿"},
        "kind": "upgrade", "year": 2026, "target": "B", "judged_on": day,
        "tables": [
            {"place": 1, "industry": "casting", "subtype": "", "label": "铸造", "versions": [],
             "grades": ["A", "B"], "rows": [row], "grade": "B"}
        ],
        "overall": "B", "transport": transport_document(Transport()), "warnings": [],
        "evidence": [],
        "commitment": {
            "commits": False, "origin": "",
            "statements": [{"id": "truth", "text": mark_of(key), "by": mark_of(key),
                            "accepted_at": moment}],
            "signed_by": mark_of(key), "role": "签署人", "signed_at": moment},
        "submitted_at": moment, "way": "browser", "paper": "",
    }  # fmt: skip


_OF_OFFICERS = {"filing.last_submission", "filing.overview"}
_OF_SUBMITTED = {"filing.withdraw_filing"}


def _filings(world: World, who: Principal, endpoint: str) -> Examples:
    for key in world.plants:
        if endpoint in _OF_OFFICERS:
            _submission(world, key)
            filing_id = _filing(world, key, "closed")
        elif endpoint in ("filing.submit_filing", "filing.window_submit"):
            filing_id = _filled_in(world, key, way_of(who, endpoint))
            _scanned(world, filing_id)
        else:
            state = "submitted" if endpoint in _OF_SUBMITTED else "draft"
            way, current = way_of(who, endpoint), endpoint in _OF_PACKAGES
            filing_id = _filing(world, key, state, way, current=current)
        yield (Kind.OWN if key in who.plants else Kind.FOREIGN), {"filing_id": filing_id}
    yield Kind.UNKNOWN, {"filing_id": NOWHERE}


def _filled_in(world: World, key: str, way: str) -> int:
    """A filing for C with everything that it needs before it is signed."""
    with world.app.app_context(), writing("测试"):
        _end_running(world.plants[key])
        filing_id = _begun(world, key, "recheck", "C", way)
        services.take_newer_tables(filing_id)
        found = filing_by_id(filing_id)
        assert found is not None
        now = working(found)
        for table in now.tables:
            for row in table.table.rows:
                answer = answer_reaching("C", row, table.table.grades)
                services.save_answer(filing_id, table.place, row.key, answer, 0)
        for it in statements_of(now):
            services.accept(filing_id, it.id, it.sha256)
        audit.record("test.recorded", "filing", filing_id)
    return filing_id


def _scanned(world: World, filing_id: int) -> None:
    """The stamped scan without which nothing is submitted at the window."""
    with world.app.app_context(), writing("测试") as current:
        db.session.execute(
            insert(FilingEvidence).values(
                filing_id=filing_id, place=0, row_key="", kind=SCAN, sha256="cd" * 32,
                name="扫描件.pdf", size=9, media="pdf", pages=1, note="", confirmed=True,
                added_at=current.moment, added_by=None, added_by_name="测试",
            )
        )  # fmt: skip
        audit.record("test.recorded", "filing", filing_id)


def _rows(world: World, who: Principal, endpoint: str) -> Examples:
    for kind, known in _filings(world, who, endpoint):
        yield kind, {**known, "place": 1, "row": row_id(1, "D1")}
    own = next(iter(who.plants), None)
    if own is not None:
        filing_id = _filing(world, own, "draft", way_of(who, endpoint))
        yield Kind.UNKNOWN, {"filing_id": filing_id, "place": 1, "row": "r1-00000000"}
        yield Kind.UNKNOWN, {"filing_id": filing_id, "place": 9, "row": row_id(9, "D1")}


def _commitments(world: World, who: Principal, endpoint: str) -> Examples:
    for kind, known in _filings(world, who, endpoint):
        yield kind, {**known, "form": "docx"}
    yield Kind.UNKNOWN, {"filing_id": NOWHERE, "form": "pdf"}


def _papers(world: World, who: Principal, endpoint: str) -> Examples:
    for kind, known in _submissions(world, who, endpoint):
        yield kind, {**known, "kind": "original"}
        yield Kind.UNKNOWN, {**known, "kind": "another"}


def _submissions(world: World, who: Principal, _endpoint: str) -> Examples:
    for key in world.plants:
        kind = Kind.OWN if key in who.plants else Kind.FOREIGN
        yield kind, {"submission_id": _submission(world, key)}
    yield Kind.UNKNOWN, {"submission_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("filing_id",): _filings,
    ("filing_id", "place", "row"): _rows,
    ("filing_id", "form"): _commitments,
    ("submission_id",): _submissions,
    ("kind", "submission_id"): _papers,
}


def _new(world: World, who: Principal) -> dict[str, Any]:
    """For a plant of one's own whose running filing gives way to the new one."""
    key = min(who.plants, default="A1")
    with world.app.app_context(), writing("测试"):
        _end_running(world.plants[key])
        audit.record("test.recorded", "plant", world.plants[key])
    return {
        "plant_id": str(world.plants[key]), "year": str(today().year), "kind": "recheck",
        "target": "C", "form_key": f"example-{next(numbers)}",
    }  # fmt: skip


def _answer(_world: World, _who: Principal) -> dict[str, Any]:
    row = row_id(1, "D1")
    return {f"{row}.seen": "0", f"{row}.base": "", f"{row}.g": "B", f"{row}.why": "现场核对"}


def _remark(world: World, who: Principal) -> dict[str, Any]:
    """For the warning that every filing for B without a transport summary has."""
    way = way_of(who, "filing.remark")
    filing_id = _filing(world, min(who.plants, default="A1"), "draft", way)
    with world.app.app_context():
        found = filing_by_id(filing_id)
        assert found is not None
        warnings = [it for it in findings_of(working(found)) if it.severity is Severity.WARNING]
    return {"check": warnings[0].key if warnings else "", "note": "属实"}


def _accepted(world: World, who: Principal) -> list[str]:
    """The statements of whatever is being filed for one's own plants, all ticked."""
    with world.app.app_context():
        own = FilingRow.plant_id.in_([world.plants[key] for key in who.plants])
        ids = db.session.execute(select(FilingRow.id).where(own, FilingRow.state == "draft"))
        found = [filing_by_id(it) for it in ids.scalars()]
        said = [it for one in found if one for it in statements_of(working(one))]
        return [f"{it.id}:{it.sha256}" for it in said]


FORMS: Mapping[str, Form] = {
    "filing.start_filing": _new,
    "filing.save_row": _answer,
    "filing.save_sheet": lambda _world, _who: {},
    "filing.save_transport": lambda _world, _who: {"seen": "0", "trips": str(next(numbers))},
    "filing.set_target": lambda _world, _who: {"target": "B"},
    "filing.choose_tables": lambda _world, _who: {"main": industry_id()},
    "filing.take_newer": lambda _world, _who: {},
    "filing.remark": _remark,
    "filing.submit_filing": lambda world, who: {
        "password": PASSWORD,
        "accept": _accepted(world, who),
        "form_key": f"example-{next(numbers)}",
    },
    "filing.withdraw_filing": lambda _world, _who: {"reason": "数据有误"},
    "filing.discard_filing": lambda _world, _who: {"reason": "重新申报"},
    "filing.follow_county": lambda _world, _who: {},
    "filing.export_submissions": lambda _world, _who: {"format": "xlsx"},
}
