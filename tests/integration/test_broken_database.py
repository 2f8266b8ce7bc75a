"""A page must come even where the database does not answer, and it must say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from app.kernel.config import Config

ADDRESSES = ["/", "/sign-in", "/register", "/plants/1", "/setup", "/no-such-page"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_database_without_tables_gives_a_page_that_says_so(tmp_path: Path, address: str) -> None:
    app = create_app(
        Config(
            instance_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'empty.db'}",
            secret_key="tests only",
        )
    )
    answer = app.test_client().get(address)
    assert answer.status_code in (500, 503)
    assert "Traceback" not in answer.text
    assert "请" in answer.text


def test_healthz_tells_the_keeper_when_the_database_is_gone(tmp_path: Path) -> None:
    missing = tmp_path / "gone"
    app = create_app(
        Config(
            instance_dir=tmp_path,
            database_url=f"sqlite:///{missing / 'app.db'}",
            secret_key="tests only",
        )
    )
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "database"})
