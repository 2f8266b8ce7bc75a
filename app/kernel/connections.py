"""Connections to PostgreSQL (连接): what each is told first, and whether it still lives."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

_TOLD_FIRST = (
    "SET TIME ZONE 'UTC'",
    "SET idle_in_transaction_session_timeout = '10min'",
    # A plan for a county does not serve a country; and compiling takes longer than asking.
    "SET plan_cache_mode = 'force_custom_plan'",
    "SET jit = off",
)

_RESTED_LONG = 60.0
"""Seconds after which a firewall may have forgotten a connection."""


def prepare(engine: Engine, statements_kept: int) -> None:
    """Have the engine make its connections so."""

    @event.listens_for(engine, "connect")
    def configure(raw: psycopg.Connection[Any], _record: object) -> None:
        raw.prepared_max = statements_kept
        previous, raw.autocommit = raw.autocommit, True
        raw.execute("; ".join(_TOLD_FIRST))
        raw.autocommit = previous

    @event.listens_for(engine, "checkin")
    def rest(_raw: psycopg.Connection[Any] | None, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(raw: psycopg.Connection[Any], record: Any, _proxy: object) -> None:
        """A server that has gone has hung up; to ask it each time would be a way there and back."""
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        try:
            raw.pgconn.consume_input()  # its last words
            raw.pgconn.consume_input()  # that it has hung up
            if rested > _RESTED_LONG:
                engine.dialect.do_ping(raw)  # type: ignore[arg-type]
        except psycopg.Error as gone:
            raise InvalidatePoolError from gone
