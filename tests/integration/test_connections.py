"""Connections to PostgreSQL (连接): one that has gone is replaced."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from app.kernel.config import Config
from app.kernel.database import db

pytestmark = pytest.mark.parametrize("app", ["postgresql"], indirect=True)


def test_a_connection_that_the_server_ended_is_replaced(app: Flask) -> None:
    config: Config = app.config["CONFIG"]
    with app.app_context():
        first = _server_process()
        ending = "SELECT pg_terminate_backend(%s, 5000)"
        with psycopg.connect(config.database_url.replace("+psycopg", "")) as other:
            ended = other.execute(ending, (first,)).fetchone()
        assert ended == (True,)
        assert _server_process() != first


def _server_process() -> int:
    """Which process of the server answers; the connection is given back afterwards."""
    found: int = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    db.session.rollback()
    return found
