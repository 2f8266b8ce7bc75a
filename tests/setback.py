"""The whole state of an SQLite installation, kept in memory and set back (复原)."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.kernel.database import Mode, db, mode


class Kept:
    """What the database held when this was made."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context(), mode(Mode.WRITE):
            live = db.engine.raw_connection()
            driver: Any = live.driver_connection
            self._kept = type(driver)(":memory:")
            driver.backup(self._kept)
            live.close()

    def set_back(self) -> None:
        """Whatever was written since is gone."""
        with self._app.app_context(), mode(Mode.WRITE):
            db.session.remove()
            live = db.engine.raw_connection()
            self._kept.backup(live.driver_connection)
            live.close()

    def close(self) -> None:
        """Let go of the copy."""
        self._kept.close()
