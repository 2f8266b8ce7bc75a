"""A process that is killed between two statements (kill -9), for tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from app.kernel.database import Base, db

STARTED, DONE = 7, 0


def everything(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table."""
    with app.app_context():
        found = {
            table.name: sorted(map(str, db.session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }
        db.session.rollback()
    return found


def killed_at(app: Flask, number: int, act: Callable[[], object]) -> bool:
    """Do the act in a process that dies before its so-manieth statement; whether it died."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == DONE, status
        return os.WIFSIGNALED(status)
    try:  # pragma: no cover - another process
        with app.app_context():
            db.engine.dispose(close=False)
            left = iter(range(number))

            def die(*_about: object) -> None:
                if next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(db.engine, "before_cursor_execute", die)
            event.listen(db.engine, "commit", die)
            act()
        os._exit(DONE)
    finally:
        os._exit(STARTED)
