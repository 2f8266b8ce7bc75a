"""The whole state of an SQLite installation, kept in memory and set back (复原).

That is its database and the files that are just being sent; a file that was kept is named by its
content, and one more of them does no harm.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from app.kernel import files
from app.kernel.database import Mode, db, mode


class Kept:
    """What the installation held when this was made."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sent = {path: path.read_bytes() for path in _under_way(app)}
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
        for path in _under_way(self._app):
            if path not in self._sent:
                path.unlink()
        for path, content in self._sent.items():
            path.write_bytes(content)

    def close(self) -> None:
        """Let go of the copy."""
        self._kept.close()


def _under_way(app: Flask) -> list[Path]:
    with app.app_context():
        return list(files.incoming().glob("upload-*"))
