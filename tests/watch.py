"""What requests do to the database and what their answers hold, seen from outside (旁观)."""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from flask import Flask, has_request_context, request
from sqlalchemy import event, select
from sqlalchemy.engine import Connection
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.test import TestResponse

from app.kernel.database import Base, db

BOOKKEEPING = frozenset({"audit_entry", "sign_in_session", "sign_in_attempt", "message_receipt"})
"""Tables that a request may write whatever it asked for: the trail, who is signed in, what is read.
"""


class Watch:
    """The business tables that committed transactions have written to."""

    def __init__(self) -> None:
        self.statements = 0
        self._tables: set[str] = set()

    def taken(self) -> set[str]:
        """The tables written to since this was last asked."""
        taken, self._tables = self._tables, set()
        return taken - BOOKKEEPING

    def note(self, connection: Connection, statement: str) -> None:
        """A statement was run; it counts when its transaction commits."""
        words = statement.split(None, 3)
        verb = words[0].upper() if words else ""
        if verb in {"INSERT", "UPDATE", "DELETE", "COPY"}:
            self.statements += 1
            table = words[1] if verb in {"UPDATE", "COPY"} else words[2]
            connection.info.setdefault("written", set()).add(table.strip('"').split("(")[0])

    def settle(self, connection: Connection, *, kept: bool) -> None:
        """The transaction has ended."""
        written = connection.info.pop("written", set())
        if kept:
            self._tables |= written


@contextmanager
def watching(app: Flask) -> Iterator[Watch]:
    """Watch what the app writes while the block runs."""
    watch = Watch()

    def note(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        watch.note(connection, statement)

    def committed(connection: Connection) -> None:
        watch.settle(connection, kept=True)

    def rolled_back(connection: Connection) -> None:
        watch.settle(connection, kept=False)

    with app.app_context():
        engine = db.engine
    listeners = (
        ("before_cursor_execute", note),
        ("commit", committed),
        ("rollback", rolled_back),
    )
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield watch
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


@contextmanager
def noting_parameters(app: Flask) -> Iterator[dict[str, set[str]]]:
    """Per endpoint the names of query parameters, form fields and files that views ask for."""
    noted: dict[str, set[str]] = defaultdict(set)

    class Noting(ImmutableMultiDict[str, Any]):
        def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
            _note(key)
            return super().get(key, *args, **kwargs)

        def getlist(self, key: Any, *args: Any, **kwargs: Any) -> Any:
            _note(key)
            return super().getlist(key, *args, **kwargs)

        def __getitem__(self, key: Any) -> Any:
            _note(key)
            return super().__getitem__(key)

        def __contains__(self, key: Any) -> bool:
            _note(key)
            return super().__contains__(key)

    def _note(key: Any) -> None:
        if has_request_context() and request.endpoint and "csrf" not in str(key):
            noted[request.endpoint].add(str(key))

    before = app.request_class
    app.request_class = type("NotingRequest", (before,), {"parameter_storage_class": Noting})
    try:
        yield noted
    finally:
        app.request_class = before


def fingerprint(app: Flask) -> dict[str, str]:
    """Per business table the hash of all its rows."""
    found = {}
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            if table.name not in BOOKKEEPING:
                rows = db.session.execute(select(table).order_by(*table.primary_key)).all()
                found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def everything_in(response: TestResponse) -> str:
    """Headers, file names and body of an answer as one text; packages (xlsx, zip) unpacked."""
    headers = [f"{name}: {unquote(value)}" for name, value in response.headers]
    body = response.get_data()
    response.close()
    return "\n".join([*headers, *_texts_in(body)])


def _texts_in(body: bytes) -> Iterator[str]:
    if not body.startswith(b"PK"):
        yield body.decode(errors="replace")
        return
    with zipfile.ZipFile(BytesIO(body)) as package:
        for name in package.namelist():
            yield name
            yield from _texts_in(package.read(name))
