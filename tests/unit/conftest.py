"""Rules are tested as rules: no app, no database, no network (纯规则)."""

from __future__ import annotations

import sqlite3
from typing import Any, NoReturn

import flask
import pytest
import sqlalchemy.engine


@pytest.fixture(autouse=True)
def rules_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError(
            "a unit test reached for the app or a database; move it to integration"
        )

    monkeypatch.setattr(flask.Flask, "__init__", refuse)
    monkeypatch.setattr(sqlalchemy.engine.Engine, "connect", refuse)
    monkeypatch.setattr(sqlite3, "connect", refuse)
