"""What a page costs beside its own contents: one snapshot, one look at who asks (每页的开销)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.accounts.queries import list_bureaus
from app.accounts.services import set_up_bureau
from app.kernel import presence
from app.kernel.database import db
from app.kernel.transaction import aside, writing
from tests.people import ClientAs


def test_a_page_is_read_in_one_snapshot_and_asks_once_who_asks(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("county-officer")
    client.get("/me")
    begun: list[object] = []
    said: list[str] = []
    with app.app_context():
        event.listen(db.engine, "begin", begun.append)
        event.listen(db.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
    assert client.get("/me").status_code == 200
    assert len(begun) == 1
    assert sum("sign_in_session" in it for it in said) == 2  # who asks; where they are signed in
    assert not any("FROM bureau" in it for it in said)


def _begin_to_set_up() -> None:
    with writing("测试"):
        set_up_bureau()
        assert len(list_bureaus("county")) == 6
        raise ZeroDivisionError


def test_bureaus_that_were_not_kept_are_not_remembered(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _begin_to_set_up()
        assert list_bureaus() == ()
        with writing("测试"):
            set_up_bureau()
        assert len(list_bureaus("county")) == 6


def test_a_restore_brings_its_own_bureaus(app: Flask, bureau: None) -> None:
    """It begins another generation, for every process."""
    with app.app_context():
        (before,) = list_bureaus("city")
        db.session.rollback()
        with aside() as session:
            renamed = "UPDATE bureau SET name = '另一生态环境局' WHERE level = 'city'"
            session.execute(text(renamed))
        assert list_bureaus("city") == (before,)
        presence.begin_generation(app.config["CONFIG"].instance_dir)
        assert list_bureaus("city")[0].name == "另一生态环境局"
        db.session.rollback()
