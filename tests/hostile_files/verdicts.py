"""What comes of a hostile file without a web server around it (判定); empty: it was taken."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app.kernel.config import Config
from app.policy.measure_files import check_measure_file
from app.policy.plugin_files import check_plugin
from app.rights import papers
from app.rights.letters import Letter
from tests.hostile_files import Hostile


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
    app = Flask("letters")
    app.config["CONFIG"] = Config(instance_dir=folder, database_url="sqlite://", secret_key="x")
    with app.app_context():
        try:
            papers.as_docx(LETTER)
        except papers.PaperFault as fault:
            return str(fault)
    return ""
