"""People, imports and registers for tests of the ledger on a real database (台账导入测试)."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from app.accounts.domain import Actor, Role
from app.accounts.queries import actor_by_name, list_bureaus
from app.accounts.services import grant_role, open_account, set_up_bureau
from app.kernel import jobs
from app.kernel.database import db
from app.kernel.files import keep
from app.kernel.transaction import writing
from app.ledger.queries import ImportView, find_import, register_now
from app.ledger.register import Register
from app.ledger.services import confirm, upload
from tests.workbooks import Tables, saved

_numbers = count(1)


def someone(role: str, county: str | None = None) -> Actor:
    """A new person with this role; needs an app context."""
    name = f"{role}-{next(_numbers)}"
    with writing("测试"):
        if not list_bureaus():
            set_up_bureau()
        person = open_account(name, name, password_hash="x")
        grant_role(person.user_id, Role(role), county=county)
    actor = actor_by_name(name)
    assert actor is not None
    db.session.rollback()
    return actor


def command(app: Flask, *words: object) -> Result:
    """``flask ledger …`` with these words."""
    return app.test_cli_runner().invoke(args=["ledger", *(str(word) for word in words)])


def imported(app: Flask, tables: Tables, folder: Path, *words: object) -> Result:
    """The tables imported by the command, which must succeed."""
    path = saved(tables, folder / f"ledger-{next(_numbers)}.xlsx")
    result = command(app, "import", path, *words)
    assert result.exit_code == 0, result.output
    return result


def contents(register: Register) -> dict[str, list[dict[str, Any]]]:
    """What the register says, by sheet in recorded order, without ids and blanks."""
    return {
        sheet: [{k: v for k, v in row.values.items() if v is not None} for row in rows]
        for sheet, rows in register.rows.items()
    }


def register_of(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """What the app's register says now."""
    with app.app_context():
        return contents(register_now())


def uploaded(path: Path, actor: Actor, name: str = "台账.xlsx") -> int:
    """Upload the file as the person; returns the import's id. Needs an app context."""
    with path.open("rb") as stream:
        stored = keep(stream)
    with writing("测试", actor_id=actor.user_id, actor_name=actor.display_name):
        return upload(stored, name, actor).id


def confirmed(import_id: int, actor: Actor) -> None:
    """Confirm the import as the person. Needs an app context."""
    with writing("测试", actor_id=actor.user_id, actor_name=actor.display_name):
        confirm(import_id, actor)


def work() -> None:
    """Do everything that waits in the background. Needs an app context."""
    while jobs.run_next():
        pass


def view(import_id: int, actor: Actor) -> ImportView:
    """The import as the person sees it. Needs an app context."""
    found = find_import(import_id, actor)
    assert found is not None
    db.session.rollback()
    return found
