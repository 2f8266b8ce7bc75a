"""Files made to do harm, each sent where it would be sent: its verdict, and nothing left behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kernel import jobs
from app.kernel.database import Mode, db, mode
from app.kernel.spreadsheets import UnreadableWorkbook, inspect_workbook
from app.operations.domain import OperationFailed, OperationRefused
from app.operations.services import restore_backup
from app.operations.tables import digests
from tests.hostile import multipart
from tests.hostile_files import Hostile, backups, evidence, settings, workbooks
from tests.hostile_files.verdicts import a_backup, of_letter, of_measure, of_plugin
from tests.pages import CheckedClient
from tests.people import ClientAs
from tests.rights import NEW, form_of, notes_in
from tests.tally import Tally
from tests.watch import BOOKKEEPING
from tests.world import World, populate

Verdict = Callable[[Hostile, Path], str]
Rows = dict[str, tuple[int, str]]


def rows_of(app: Flask) -> Rows:
    """Digest of every table, but for the trail and who is signed in."""
    with app.app_context(), mode(Mode.READ), db.engine.connect() as connection:
        return {name: it for name, it in digests(connection).items() if name not in BOOKKEEPING}


def files_of(app: Flask) -> set[str]:
    """Every file below the instance folder, but for logs, locks and what SQLite has open."""
    folder: Path = app.config["CONFIG"].instance_dir
    found = (it.relative_to(folder) for it in folder.rglob("*") if it.is_file())
    kept = (it for it in found if it.parts[0] != "logs" and it.suffix != ".lock")
    return {str(it) for it in kept if not it.name.startswith("app.db")}


def but_evidence(faults: list[str]) -> list[str]:
    """A restore brings files first, each under the hash of its bytes; no row speaks of them."""
    return [it for it in faults if not re.fullmatch("files/../[0-9a-f]{64} was left", it)]


@contextmanager
def nothing_changes(app: Flask, faults: list[str]) -> Iterator[None]:
    """No row and no file may be other than before."""
    rows, files = rows_of(app), files_of(app)
    yield
    faults += [f"{name} is not as it was" for name, it in rows_of(app).items() if it != rows[name]]
    faults += [f"{left} was left" for left in sorted(files_of(app) ^ files)]


def temporary(app: Flask) -> list[str]:
    return [it for it in files_of(app) if "incoming" in it or "restoring" in it]


def sent(
    client: CheckedClient, address: str, field: str, file: Hostile, **form: str
) -> tuple[int, str]:
    """The status and the page of an answer to a form with this file."""
    name = file.name.encode("utf-8", "surrogatepass").replace(b"\r\n", b"%0D%0A")
    with FlaskClient.open(
        client, address, method="POST", headers={"X-CSRFToken": client.token or ""},
        data=multipart(field, name, file.make(), **form),
        content_type="multipart/form-data; boundary=MARK",
    ) as answer:  # fmt: skip
        return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture
def filled(app: Flask, bureau: None) -> World:
    return populate(app)


# --- Evidence ------------------------------------------------------------------------------------


def test_evidence_is_what_it_says_or_is_not_taken(
    app: Flask, filled: World, client_as: ClientAs, tally: Tally
) -> None:
    client = client_as("county-officer")
    client.get(NEW)
    faults: list[str] = []
    form = form_of(filled.plants["A1"])
    with nothing_changes(app, faults):
        for file in (it for it in evidence.FILES if it.says):
            status, page = sent(client, NEW, "evidence", file, **form)
            if status != 422 or file.says not in page:
                faults.append(f"{file}: {status}, not told “{file.says}”")
    for file in (it for it in evidence.FILES if not it.says):
        status, page = sent(client, NEW, "evidence", file, **form, add="yes")
        if status != 200 or len(notes_in(page)) != 1 or SERVER_FILE in page:
            faults.append(f"{file}: {status}, taken {len(notes_in(page))}")
    faults += temporary(app)
    tally("hostile evidence", len(evidence.FILES), faults, at_least=70)


SERVER_FILE = "root:x:0:0"


# --- Workbooks -----------------------------------------------------------------------------------


def test_a_workbook_is_refused_at_once_or_read_and_never_breaks(
    app: Flask, client_as: ClientAs, tmp_path: Path, tally: Tally
) -> None:
    client = client_as("city-officer")
    client.get("/ledger/")
    faults: list[str] = []
    every = workbooks.every()
    readable = [it for it in every if is_readable(tmp_path / "upload", it)]
    (tmp_path / "upload").unlink()
    with nothing_changes(app, faults):
        for file in (it for it in every if it not in readable):
            status, page = sent(client, "/ledger/", "workbook", file)
            if status != 422 or "aria-invalid" not in page:
                faults.append(f"{file}: {status}")
    for file in readable:
        status, _ = sent(client, "/ledger/", "workbook", file)
        if status != 303:
            faults.append(f"{file}: {status}, not taken")
    with app.app_context():
        while jobs.run_next():
            pass
    for number in range(1, len(readable) + 1):
        with FlaskClient.open(client, f"/ledger/{number}") as answer:
            if answer.status_code != 200:
                faults.append(f"import {number}: {answer.status}")
    faults += temporary(app)
    tally("hostile workbooks", len(every), faults, at_least=100, taken=len(readable))


def is_readable(path: Path, file: Hostile) -> bool:
    """Whether the guard lets it through; ``test_spreadsheet_guard`` holds it to its sentences."""
    path.write_bytes(file.make())
    try:
        inspect_workbook(path, file.name)
    except UnreadableWorkbook:
        return False
    return True


# --- Backups -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_backup() -> bytes:
    return a_backup()


def test_a_backup_that_is_not_whole_and_true_is_not_brought_back(
    app: Flask, whole_backup: bytes, tmp_path: Path, tally: Tally
) -> None:
    faults: list[str] = []
    every = backups.backups(whole_backup)
    path = tmp_path.parent / f"{tmp_path.name}.zip"
    with nothing_changes(app, faults):
        for file in every:
            path.write_bytes(file.make())
            if said := restored(app, path, file):
                faults.append(f"{file}: {said}")
    tally("hostile backups", len(every), but_evidence(faults), at_least=40)


def restored(app: Flask, path: Path, file: Hostile) -> str:
    """What is wrong with how it was refused."""
    with app.app_context():
        try:
            restore_backup(path)
        except (OperationFailed, OperationRefused) as refusal:
            return "" if file.says in str(refusal) else f"told “{refusal}”, not “{file.says}”"
        except Exception as broke:
            return f"{type(broke).__name__} {broke}"
        finally:
            db.session.rollback()
    return "brought back"


def test_the_backup_they_are_made_of_is_brought_back(
    app: Flask, whole_backup: bytes, tmp_path: Path
) -> None:
    """Otherwise a restore that refuses everything would pass, or the forging would be at fault."""
    path = tmp_path.parent / f"{tmp_path.name}.zip"
    path.write_bytes(backups.forged(whole_backup, lambda _members, _manifest: None))
    with app.app_context():
        assert restore_backup(path).rows > 100


# --- Measures, plugins and letters ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "files", "verdict"),
    [
        ("measures", settings.MEASURES, of_measure),
        ("plugins", settings.PLUGINS, of_plugin),
        ("letters", settings.LETTERS, of_letter),
    ],
    ids=["measures", "plugins", "letters"],
)
def test_a_setting_that_cannot_be_used_is_told_and_does_nothing(
    kind: str, files: list[Hostile], verdict: Verdict, tmp_path: Path, tally: Tally
) -> None:
    faults = []
    for file in files:
        try:
            said = verdict(file, tmp_path)
        except Exception as broke:
            said = ""
            faults.append(f"{file}: {type(broke).__name__} {broke}"[:300])
        else:
            if not said or file.says not in said:
                faults.append(f"{file}: told “{said}”, not “{file.says}”")
    tally(f"hostile {kind}", len(files), faults, at_least=len(files))
