"""What comes of a hostile file without a web server around it (判定); empty: it was taken."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from werkzeug.datastructures import FileStorage

from app.kernel import attachments
from app.kernel.papers import PaperFault
from app.kernel.spreadsheets import UnreadableWorkbook, inspect_workbook, read_workbook
from app.operations import archive
from app.operations.services import write_backup
from app.policy.measure_files import check_measure_file
from app.policy.plugin_files import check_plugin
from app.rights import papers
from app.rights.letters import Letter
from tests.hostile_files import Hostile
from tests.installations import Sqlite, close, installed
from tests.papers import office
from tests.world import populate


def of_workbook(file: Hostile, folder: Path) -> str:
    path = folder / "upload"
    path.write_bytes(file.make())
    try:
        inspect_workbook(path, file.name)
        read_workbook(path, file.name)
    except UnreadableWorkbook as refusal:
        return str(refusal)
    return ""


def of_evidence(file: Hostile, folder: Path) -> str:
    with office(folder).app_context():
        try:
            attachments.receive(FileStorage(BytesIO(file.make()), file.name))
        except attachments.Unacceptable as refusal:
            return str(refusal)
    return ""


def of_backup(file: Hostile, folder: Path) -> str:
    path = folder / file.name
    path.write_bytes(file.make())
    try:
        with archive.opened(path):
            return ""
    except archive.DamagedArchive as refusal:
        return str(refusal)


def a_backup() -> bytes:
    """A whole backup of a small register."""
    with TemporaryDirectory() as folder:
        prepared, own = Path(folder, "prepared"), Path(folder, "own")
        prepared.mkdir()
        own.mkdir()
        with Sqlite(prepared).database(own, with_bureau=True) as url:
            app = installed(own, url)
            populate(app)
            with app.app_context():
                write_backup(own / "whole.zip")
            close(app)
        return (own / "whole.zip").read_bytes()


def of_measure(file: Hostile, folder: Path) -> str:
    path = folder / file.name
    path.write_bytes(file.make())
    return "".join(map(str, check_measure_file(path)))


def of_plugin(file: Hostile, folder: Path) -> str:
    path = folder / file.name
    path.write_bytes(file.make())
    return "".join(map(str, check_plugin(path)))


LETTER = Letter(
    1, "330602", "示例有限公司", "91330602", "001 本部", "示例〔1〕号", "示例局", "2026年1月1日",
    "根据……", (), "0", (), "0" * 64,
)  # fmt: skip


def of_letter(file: Hostile, folder: Path) -> str:
    own = folder / "letters" / file.name
    own.parent.mkdir(exist_ok=True)
    own.write_bytes(file.make())
    with office(folder).app_context():
        try:
            papers.as_docx(LETTER)
        except PaperFault as fault:
            return str(fault)
    return ""
