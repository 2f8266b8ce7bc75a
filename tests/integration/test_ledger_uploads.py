"""Uploaded workbooks: checked, previewed, confirmed, interrupted, overtaken (台账上传)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.kernel import facts, jobs
from app.kernel.database import db
from app.kernel.files import path_of
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.kernel.workflow import ActionNotAllowed
from app.ledger.queries import (
    ImportFilter,
    find_import,
    findings,
    list_imports,
    register_now,
)
from app.ledger.services import NotYours, confirm, drop, recheck
from tests.conftest import Freeze
from tests.ledger_imports import confirmed, register_of, someone, uploaded, view, work
from tests.workbooks import SAMPLES, lawful, saved


def test_an_upload_is_checked_previewed_and_written_when_confirmed(
    app: Flask, tmp_path: Path
) -> None:
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        assert view(number, city).state == "checking"
        work()
        ready = view(number, city)
        assert (ready.state, ready.report_path) == ("ready", None)
        preview = findings(ready)
        assert preview is not None
        assert preview.totals.new == sum(len(rows) for rows in lawful().values())
        assert {step.action for step in ready.steps} == {"confirm", "recheck", "drop"}
        assert register_now().is_empty
        db.session.rollback()
        confirmed(number, city)
        work()
        written = view(number, city)
        assert (written.state, written.steps) == ("written", ())
        entry = db.session.execute(
            select(AuditEntry).where(AuditEntry.action == "ledger.imported")
        ).scalar_one()
        assert entry.object_id == str(number)
        assert json.loads(entry.detail)["变更摘要"] == preview.changes_sha256
        assert entry.actor_id == city.user_id
    assert len(register_of(app)["企业"]) == 2


def test_a_workbook_with_faults_comes_back_with_a_column_of_errors(app: Flask) -> None:
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(SAMPLES / "ledger-messy.xlsx", city)
        work()
        refused = view(number, city)
        assert refused.state == "refused"
        assert refused.report_path is not None
        assert refused.report_path.read_bytes().startswith(b"PK")
        preview = findings(refused)
        assert preview is not None
        assert len(preview.refused) == 22
        with pytest.raises(ActionNotAllowed), writing("测试"):
            confirm(number, city)
        assert register_now().is_empty


def test_a_file_that_is_no_workbook_says_so(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(path, city, "../../etc/" + "台账😀" * 100 + ".xlsx")
        work()
        unreadable = view(number, city)
        assert unreadable.state == "unreadable"
        assert "图片" in unreadable.problem or "PNG" in unreadable.problem
        assert "/" not in unreadable.file_name
        assert len(unreadable.file_name) <= 60


def test_a_run_killed_in_the_middle_is_taken_up_again_and_says_so(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Freeze
) -> None:
    clock("2025-09-01 09:00")
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        clock("2025-09-01 09:01")
        work()
        confirmed(number, city)
        clock("2025-09-01 09:02")

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(facts, "annul", killed)
            patch.setattr("app.followup.services.facts.record_columns", killed)
            with pytest.raises(KeyboardInterrupt):
                work()
        assert register_now().is_empty
        db.session.rollback()
        assert view(number, city).state == "writing"
        work()
        assert view(number, city).state == "writing"
        clock("2025-09-01 09:03")
        work()
        written = view(number, city)
        assert written.state == "written"
        assert written.was_interrupted
        assert len(register_now().rows["企业"]) == 2


def test_a_job_that_finds_its_work_done_does_nothing(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        work()
        confirmed(number, city)
        work()
        payload = {"import_id": number, "by": city.name}
        with writing("测试"):
            jobs.enqueue("ledger.write", payload, key="again")
            jobs.enqueue("ledger.check", payload, key="again too")
        work()
        assert view(number, city).state == "written"
    assert len(register_of(app)["企业"]) == 2


def test_a_fault_of_ours_leaves_the_import_where_it_can_be_taken_up(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Freeze
) -> None:
    clock("2025-09-01 09:00")
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        clock("2025-09-01 09:01")
        work()
        confirmed(number, city)

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        with monkeypatch.context() as patch:
            patch.setattr("app.followup.services.facts.record_columns", broken)
            for minute in range(2, 6):
                clock(f"2025-09-01 09:0{minute}")
                work()
        again = view(number, city)
        assert again.state == "ready"
        assert "没有写入" in again.problem
        assert register_now().is_empty
        db.session.rollback()
        with writing("测试", actor_id=city.user_id):
            recheck(number, city)
        clock("2025-09-01 09:06")
        work()
        confirmed(number, city)
        clock("2025-09-01 09:07")
        work()
        assert view(number, city).state == "written"


def test_of_two_people_who_confirm_at_once_the_second_sees_what_has_changed(
    app: Flask, tmp_path: Path
) -> None:
    with app.app_context():
        first, second = someone("city-officer"), someone("city-head")
        tables = lawful()
        one = uploaded(saved(tables, tmp_path / "1.xlsx"), first)
        tables["企业"][0]["备注"] = "另一份"
        two = uploaded(saved(tables, tmp_path / "2.xlsx"), second)
        work()
        assert {view(one, first).state, view(two, second).state} == {"ready"}
        confirmed(one, first)
        confirmed(two, second)
        work()
        assert view(one, first).state == "written"
        overtaken = view(two, second)
        assert overtaken.state == "ready"
        assert "登记簿已被他人更改" in overtaken.problem
        assert register_now().rows["企业"][0].values["note"] is None
        preview = findings(overtaken)
        assert preview is not None
        (change,) = preview.changes
        assert [(it.column, it.new) for it in change.cells] == [("备注", "另一份")]
        confirmed(two, second)
        work()
        assert view(two, second).state == "written"
        assert register_now().rows["企业"][-1].values["note"] == "另一份"


def test_the_same_file_again_has_nothing_to_confirm(app: Flask, tmp_path: Path) -> None:
    path = saved(lawful(), tmp_path / "l.xlsx")
    with app.app_context():
        city = someone("city-officer")
        first = uploaded(path, city)
        work()
        confirmed(first, city)
        second = uploaded(path, city)
        work()
        same = view(second, city)
        assert same.is_unchanged
        assert "confirm" not in {step.action for step in same.steps}
        with pytest.raises(ActionNotAllowed), writing("测试"):
            confirm(second, city)


def test_an_import_given_up_is_never_written(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        with writing("测试", actor_id=city.user_id):
            drop(number, city)
        work()
        assert view(number, city).state == "dropped"
        with pytest.raises(ActionNotAllowed), writing("测试"):
            confirm(number, city)
        assert register_now().is_empty


def test_a_running_import_can_be_neither_given_up_nor_checked_again(
    app: Flask, tmp_path: Path
) -> None:
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), city)
        work()
        confirmed(number, city)
        assert view(number, city).steps == ()
        for verb in (drop, recheck, confirm):
            with pytest.raises(ActionNotAllowed), writing("测试"):
                verb(number, city)


def test_an_import_is_seen_by_its_uploader_the_head_of_the_county_and_the_city(
    app: Flask, tmp_path: Path
) -> None:
    with app.app_context():
        officer = someone("county-officer", "330602")
        number = uploaded(saved(lawful(), tmp_path / "l.xlsx"), officer)
        for role, county, is_seen in (
            ("county-head", "330602", True),
            ("county-head", "330603", False),
            ("county-officer", "330602", False),
            ("city-officer", None, True),
            ("auditor", None, False),
        ):
            person = someone(role, county)
            assert (find_import(number, person) is not None) is is_seen, (role, county)
            assert bool(list_imports(person, ImportFilter()).rows) is is_seen
            db.session.rollback()
            with pytest.raises(NotYours), writing("测试"):
                confirm(number, person)
        assert [it.id for it in list_imports(officer, ImportFilter()).rows] == [number]


def test_the_uploaded_file_is_kept_as_it_came(app: Flask, tmp_path: Path) -> None:
    path = saved(lawful(), tmp_path / "l.xlsx")
    with app.app_context():
        city = someone("city-officer")
        number = uploaded(path, city)
        assert path_of(view(number, city).file_sha256).read_bytes() == path.read_bytes()
