"""What keeps the server safe by itself, and what it tells the administrator (运行维护)."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import nullcontext
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import OperationalError

from app.inbox.models import Message
from app.kernel import audit, files, jobs, transaction
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import writing
from app.operations.domain import Health
from app.operations.queries import holdings, machine
from app.operations.queries.backups import Drill, backup_folder, list_backups, list_drills
from app.operations.queries.health import examine
from app.operations.queries.tasks import is_open
from app.operations.services import drill as drill_service
from app.operations.services import scheduled, write_backup
from app.operations.services.backing_up import free_path
from app.operations.services.by_hand import ask_for_backup, ask_for_check, ask_for_drill
from app.operations.settings import settings_on
from app.operations.structure import scratch_database
from tests import issuing
from tests.conftest import Freeze
from tests.people import ClientAs
from tests.world import populate


def do_jobs() -> None:
    while jobs.run_next():
        pass


def test_a_backup_a_day_and_old_ones_go(app: Flask, clock: Freeze) -> None:
    with app.app_context():
        for day in range(1, 13):
            clock(f"2026-03-{day:02} 03:00")
            for _ in range(2):
                scheduled.back_up_today(date(2026, 3, day))
        days = [it.day.day for it in list_backups()]
        assert days == [12, 11, 10, 9, 8, 7, 6, 1], "seven days, the end of the week before"
        assert all(it.found_whole for it in list_backups())
        assert not is_open(scheduled.BACKUP_TASK)


def test_other_backups_are_not_let_go(app: Flask, clock: Freeze) -> None:
    with app.app_context():
        clock("2025-01-02 03:00")
        write_backup(free_path(backup_folder(), "manual"))
        clock("2026-03-02 03:00")
        scheduled.back_up_today(date(2026, 3, 2))
        assert {it.kind for it in list_backups()} == {"manual", "scheduled"}


def test_a_full_disk_keeps_the_old_backup_and_tells_the_administrator(
    app: Flask, clock: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with app.app_context():
        clock("2026-03-01 03:00")
        scheduled.back_up_today(date(2026, 3, 1))
        clock("2026-03-20 03:00")
        with monkeypatch.context() as patch:
            patch.setattr("app.operations.archive.os.fsync", full)
            for _ in range(2):
                scheduled.back_up_today(date(2026, 3, 20))
        assert [it.day.day for it in list_backups()] == [1]
        tasks = db.session.execute(select(Message.body, Message.link)).all()
        assert len(tasks) == 1
        assert "磁盘已满" in tasks[0][0]
        db.session.rollback()
        scheduled.back_up_today(date(2026, 3, 20))
        assert not is_open(scheduled.BACKUP_TASK)
        assert len(list_backups()) == 2


def test_missing_evidence_is_told_and_the_rest_is_backed_up(app: Flask, clock: Freeze) -> None:
    with app.app_context():
        clock("2026-03-01 03:00")
        with writing("测试"):
            stored = files.keep(BytesIO(b"x"))
            files.enter(stored)
            audit.record("export.made", "download", stored.sha256)
        stored.path.unlink()
        scheduled.back_up_today(date(2026, 3, 1))
        assert [it.missing for it in list_backups()] == [1]
        assert is_open(scheduled.BACKUP_TASK)
        assert holdings.check_backups(settings_on(date(2026, 3, 1))).health is Health.NEEDED


def test_the_links_of_tasks_are_pages(app: Flask) -> None:
    with app.test_request_context():
        from flask import url_for

        assert url_for("operations.backups") == scheduled.BACKUPS_PAGE
        assert url_for("operations.status") == scheduled.STATUS_PAGE


def test_by_hand_a_backup_is_made_checked_and_spoilt_ones_are_named(app: Flask) -> None:
    with app.app_context():
        with writing("测试"):
            assert ask_for_backup() == ask_for_backup(), "one at a time"
        do_jobs()
        (made,) = list_backups()
        assert (made.kind, made.found_whole) == ("manual", True)
        path = backup_folder() / made.name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        db.session.rollback()
        with writing("测试"):
            job_id = ask_for_check(made.name)
        do_jobs()
        job = jobs.find_job(job_id)
        assert job is not None
        assert (job.state, "校验" in job.error) == ("failed", True)


@pytest.mark.usefixtures("bureau")
def test_a_drill_restores_beside_what_serves(app: Flask) -> None:
    populate(app)
    who = issuing.people(app)
    with app.app_context():
        signed = issuing.issued(who)
        write_backup(free_path(backup_folder(), "manual"))
        later = issuing.issued(who, number="绍环发〔2026〕2号", spec="rights-city")
        scheduled.remind_of_drill(date(2026, 3, 1))
        assert is_open(scheduled.DRILL_TASK)
        db.session.rollback()
        drill = drilled()
        assert drill.succeeded, drill.detail
        assert not is_open(scheduled.DRILL_TASK)
        assert drill.detail["审计链"].startswith("审计链完整")
        assert "逐字节一致" in drill.detail["清单和分配"]
        assert f"已签发清单 {signed}" in drill.detail
        assert f"已签发清单 {later}" not in drill.detail, "signed since the backup"
        assert ("临时的 PostgreSQL 库" in drill.detail["恢复"]) != app.config["CONFIG"].is_sqlite
        assert not list(app.config["CONFIG"].instance_dir.glob("drill-*"))
        assert scratch_databases() == []


def drilled() -> Drill:
    with writing("测试"):
        ask_for_drill(list_backups()[0].name)
    do_jobs()
    (drill,) = list_drills()
    return drill


def scratch_databases() -> list[str]:
    if db.engine.dialect.name == "sqlite":
        return []
    with mode(Mode.READ), db.engine.connect() as connection:
        found = connection.execute(text("SELECT datname FROM pg_database")).scalars()
        return [name for name in found if "_drill_" in name]


def test_where_no_database_may_be_made_the_drill_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if app.config["CONFIG"].is_sqlite:
        return
    done = subprocess.CompletedProcess([], 0, stdout="{}", stderr="")
    monkeypatch.setattr(drill_service, "_run", lambda *_: done)
    with app.app_context():
        with mode(Mode.WRITE), db.engine.begin() as connection:
            connection.execute(text("CREATE ROLE without_databases LOGIN"))
        plain = make_url(app.config["CONFIG"].database_url).set(username="without_databases")
        with scratch_database(plain.render_as_string(hide_password=False)) as address:
            assert address is None
        write_backup(free_path(backup_folder(), "manual"))
        monkeypatch.setattr(drill_service, "scratch_database", lambda _: nullcontext(None))
        assert "没有在 PostgreSQL 上演练" in drilled().detail["恢复"]


def test_a_drill_with_a_spoilt_backup_does_not_pass(app: Flask) -> None:
    with app.app_context():
        path = write_backup(free_path(backup_folder(), "manual")).path
        content = bytearray(path.read_bytes())
        content[100] ^= 1
        path.write_bytes(content)
        with writing("测试"):
            ask_for_drill(list_backups()[0].name)
        do_jobs()
        (drill,) = list_drills()
        assert not drill.succeeded


FAULTS = {
    "structure": "DROP TRIGGER audit_entry_is_kept",
    "chain": "UPDATE audit_entry SET hash = previous_hash WHERE sequence = 1",
}


def found(app: Flask, check_id: str, *, thorough: bool = True) -> Health:
    with app.app_context():
        return next(it.health for it in examine(thorough=thorough) if it.id == check_id)


def test_the_doctor_finds_what_is_wrong(app: Flask, bureau: None) -> None:
    config = app.config["CONFIG"]
    assert found(app, "structure") is Health.GOOD
    assert found(app, "chain") is Health.GOOD
    assert found(app, "configuration", thorough=False) is Health.GOOD
    config.instance_dir.chmod(0o755)
    assert found(app, "configuration", thorough=False) is Health.NEEDED
    config.instance_dir.chmod(0o700)
    with app.app_context(), writing("测试"):
        stored = files.keep(BytesIO(b"evidence"))
        files.enter(stored)
        audit.record("export.made", "download", stored.sha256)
    assert found(app, "files") is Health.GOOD
    stored.path.write_bytes(b"spoilt!!")
    assert found(app, "files", thorough=False) is Health.GOOD, "of the same size"
    assert found(app, "files") is Health.NEEDED
    stored.path.unlink()
    assert found(app, "files", thorough=False) is Health.NEEDED
    orphan = config.instance_dir / "files" / "ab" / "abc"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    stored.path.parent.mkdir(parents=True, exist_ok=True)
    stored.path.write_bytes(b"evidence")
    assert found(app, "files") is Health.NOTE
    with app.app_context(), mode(Mode.WRITE):
        on = " ON audit_entry" if not config.is_sqlite else ""
        db.session.execute(text(FAULTS["structure"] + on))
        db.session.execute(text(FAULTS["chain"]))
        db.session.commit()
    assert found(app, "structure") is Health.NEEDED
    assert found(app, "chain") is Health.NEEDED


GUARDS = ("issued_list_signed_is_kept", "message_is_kept", "rights_correction_is_not_removed")


@pytest.mark.parametrize("guard", GUARDS)
def test_the_doctor_misses_every_guard_of_the_migrations(app: Flask, guard: str) -> None:
    assert found(app, "structure") is Health.GOOD
    table = guard.removesuffix("_signed_is_kept").removesuffix("_is_kept")
    table = table.removesuffix("_is_not_removed")
    on = "" if app.config["CONFIG"].is_sqlite else f" ON {table}"
    with app.app_context(), mode(Mode.WRITE):
        db.session.execute(text(f"DROP TRIGGER {guard}{on}"))
        db.session.commit()
    assert found(app, "structure") is Health.NEEDED


def test_the_doctor_finds_a_guard_that_guards_nothing(app: Flask) -> None:
    if not app.config["CONFIG"].is_sqlite:
        switched = "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_is_kept"
        statements = [switched]
    else:
        statements = [
            "DROP TRIGGER audit_entry_is_kept",
            "CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE ON audit_entry BEGIN SELECT 1; END",
        ]
    with app.app_context(), mode(Mode.WRITE):
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()
    assert found(app, "structure") is Health.NEEDED


def test_the_clock_and_the_calendar(app: Flask, bureau: None, clock: Freeze) -> None:
    config = app.config["CONFIG"]
    with app.app_context():
        clock("2030-06-30 09:00")
        with writing("测试"):
            audit.record("test", "thing", 1)
        clock("2030-06-29 09:00")
        assert machine.check_clock(config).health is Health.NEEDED
        assert machine.check_calendar(date(2026, 11, 30)).health is Health.GOOD
        assert machine.check_calendar(date(2026, 12, 1)).health is Health.NEEDED
        assert machine.check_calendar(date(2031, 1, 1)).health is Health.NEEDED


def test_the_doctor_as_a_command(app: Flask, bureau: None) -> None:
    result = app.test_cli_runner().invoke(args=["doctor", "--json"])
    checks = json.loads(result.output)
    assert result.exit_code == 1, "nobody works on the jobs here, and there is no backup"
    assert {it["health"] for it in checks} <= set(Health)
    assert all(it["todo"] for it in checks if it["health"] == "needed")
    lines = app.test_cli_runner().invoke(args=["doctor"]).output.splitlines()
    assert len(lines) == len(checks)


def test_an_unmigrated_database_is_named(tmp_path: Path) -> None:
    from tests.installations import close, installed

    app = installed(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    result = app.test_cli_runner().invoke(args=["doctor"])
    close(app)
    assert result.exit_code == 1
    assert "flask db upgrade" in result.output


def test_the_daily_look_becomes_one_task(app: Flask, bureau: None) -> None:
    with app.app_context():
        for _ in range(2):
            scheduled.look_over(date(2026, 3, 1))
        titles = db.session.execute(select(Message.title)).scalars().all()
        assert len(titles) == 1
        assert "需要处理" in titles[0]


def test_the_administrator_sees_and_acts(client_as: ClientAs, app: Flask) -> None:
    browser = client_as("system-admin")
    page = browser.get("/operations/status").get_data(as_text=True)
    assert "需处理" in page
    assert "全面检查" in page
    assert "还没有备份" in browser.get("/operations/backups").get_data(as_text=True)
    assert browser.post("/operations/backups/drill").status_code == 303
    assert browser.post("/operations/backups/make").status_code == 303
    assert "进行中" in browser.get("/operations/backups").get_data(as_text=True)
    with app.app_context():
        do_jobs()
    page = browser.get("/operations/backups").get_data(as_text=True)
    assert "完好" in page
    assert "manual-" in page
    assert "立即备份" in browser.get("/operations/jobs").get_data(as_text=True)


def test_the_list_of_backups_is_sorted_and_put_on_file(
    client_as: ClientAs, app: Flask, clock: Freeze
) -> None:
    with app.app_context():
        for day in (1, 2):
            clock(f"2026-03-0{day} 03:00")
            write_backup(free_path(backup_folder(), "manual"))
        (backup_folder() / "manual-spoilt.zip").write_bytes(b"no zip")
    browser = client_as("system-admin")
    names = ["manual-20260301-030000.zip", "manual-20260302-030000.zip"]
    for order, wanted in (("asc", names), ("desc", names[::-1])):
        page = browser.get(f"/operations/backups?sort=made&order={order}").get_data(as_text=True)
        assert sorted(wanted, key=page.index) == wanted
    sent = browser.post("/operations/backups/export?kind=manual&sort=made&order=asc")
    with browser.get(sent.location) as answer:
        book = openpyxl.load_workbook(BytesIO(answer.data))
    cells = [str(it.value) for row in book.worksheets[0] for it in row if it.value]
    assert [it for it in cells if it in names] == names
    assert any(it.startswith("无法读出") for it in cells)
    assert sum(len(it) == 64 for it in cells) == 2, "the checksums"


def test_the_auditor_prints_the_end_of_the_chain(client_as: ClientAs, app: Flask) -> None:
    auditor = client_as("auditor")
    page = auditor.get("/operations/chain-end").get_data(as_text=True)
    with app.app_context():
        head = audit.verify().head
    assert head[:8] in page
    assert client_as("system-admin").get("/operations/chain-end").status_code == 403


def test_a_full_disk_is_told_and_passes_by_itself(
    client_as: ClientAs, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_as("system-admin")
    app.config["PROPAGATE_EXCEPTIONS"] = False  # answered as in service

    def full() -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(transaction, "commit", full)
        refused = browser.post("/operations/backups/make")
    assert refused.status_code == 503
    assert "磁盘已满" in refused.get_data(as_text=True)
    with app.app_context():
        assert not jobs.run_next(), "nothing was kept"
    assert browser.post("/operations/backups/make").status_code == 303


def test_a_failed_job_is_done_again(client_as: ClientAs, app: Flask) -> None:
    browser = client_as("system-admin")
    with app.app_context():
        with writing("测试"):
            job_id = ask_for_check("gone.zip")
        do_jobs()
    assert "已不在备份目录中" in browser.get("/operations/jobs?state=failed").get_data(as_text=True)
    assert browser.post(f"/operations/jobs/{job_id}/again").status_code == 303
    assert browser.post(f"/operations/jobs/{job_id}/again").status_code == 409
    with app.app_context():
        job = jobs.find_job(job_id)
        assert job is not None
        assert (job.state, job.attempts, job.error) == ("queued", 0, "")
