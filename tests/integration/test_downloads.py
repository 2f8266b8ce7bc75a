"""A file made for one person is fetched by that person alone, and for a day."""

from __future__ import annotations

from io import BytesIO

from flask import Flask
from sqlalchemy import select

from app.accounts.models import UserAccount
from app.kernel import files
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.people import ClientAs


def _token(app: Flask, owner_id: int) -> str:
    with app.test_request_context(), writing("测试", actor_id=owner_id):
        address = files.offer_download(BytesIO(b"x"), "清单.csv", "text/csv", "测试", owner_id)
    return address.rsplit("/", 1)[1]


def test_a_made_file_is_its_owners_for_a_day(app: Flask, clock: Freeze) -> None:
    clock("2025-06-30 09:00")
    token = _token(app, 7)
    with app.app_context():
        clock("2025-07-01 08:59")
        assert files.find_download(token, 7) is not None
        assert files.find_download(token, 8) is None
        clock("2025-07-01 09:00")
        assert files.find_download(token, 7) is None


def test_a_spoilt_file_is_told_and_never_sent(app: Flask, client_as: ClientAs) -> None:
    browser = client_as("auditor")
    with app.app_context():
        owner = db.session.execute(select(UserAccount.id)).scalars().one()
        db.session.rollback()
    address = f"/downloads/{_token(app, owner)}"
    with browser.get(address) as answer:
        assert answer.data == b"x"
    (kept,) = (app.config["CONFIG"].instance_dir / "files").glob("??/*")
    kept.write_bytes(b"y")
    with browser.get(address) as answer:
        assert answer.status_code == 404
        assert "已损坏" in answer.get_data(as_text=True)
