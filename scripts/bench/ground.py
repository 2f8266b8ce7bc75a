"""Where a figure is measured: a made-up country on one engine, kept between runs (测量场地)."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from bench.country import Size, fill
from flask import Flask
from psycopg import sql

from app import create_app
from app.kernel.config import ROOT, Config
from app.kernel.database import db
from tests.postgres import Cluster

ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Ground:
    """An installation that holds the country; ``url`` None: its own SQLite file."""

    engine: str
    size: Size
    instance: Path
    url: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """What was said with ``--set``."""
    long: bool = False

    def setting(self, name: str, quick: float, full: float) -> float:
        """A number that a figure may be given: as said, else by whether it is taken in full."""
        said = self.settings.get(name)
        return (full if self.long else quick) if said is None else float(said)

    @property
    def environ(self) -> dict[str, str]:
        """What a command of this installation is started with."""
        left = {"DATABASE_URL", "INSTANCE_DIR", "SECRET_KEY", "WEB_PROCESSES"}
        kept = {name: value for name, value in os.environ.items() if name not in left}
        own = {
            "INSTANCE_DIR": str(self.instance),
            **({"DATABASE_URL": self.url} if self.url else {}),
        }
        return {**kept, **own}

    def app(self) -> Flask:
        """The application of this installation, as a command makes it."""
        return create_app(Config.from_environment(self.environ))

    def raw(self) -> Any:
        """A bare connection of the driver, for floors."""
        if self.url is not None:
            return psycopg.connect(self.url)
        return driver().connect(self.instance / "app.db", isolation_level=None)

    @contextmanager
    def copied(self, *, kept: str = "") -> Iterator[Ground]:
        """The same once more, for a figure that writes; gone afterwards.

        ``kept``: a name under which the copy stays for the next run, as long as the country does.
        """
        instance = self.instance.with_name(f"{self.instance.name}-{kept or 'copy'}")
        stamp = instance / "copied"
        made = (self.instance / "filled").stat().st_mtime_ns
        is_there = bool(kept) and stamp.exists() and stamp.read_text() == str(made)
        if not is_there:
            shutil.rmtree(instance, ignore_errors=True)
            shutil.copytree(self.instance, instance)
        try:
            if self.url is None:
                stamp.write_text(str(made))
                yield replace(self, instance=instance)
            else:
                name = kept.replace("-", "_") or "copy"
                with _copied_database(self.url, name, is_there=is_there, stays=bool(kept)) as url:
                    stamp.write_text(str(made))
                    yield replace(self, instance=instance, url=url)
        finally:
            if not kept:
                shutil.rmtree(instance, ignore_errors=True)

    @contextmanager
    def blank(self) -> Iterator[Ground]:
        """An installation beside this one that holds nothing yet; gone afterwards."""
        instance = self.instance.with_name(f"{self.instance.name}-blank")
        shutil.rmtree(instance, ignore_errors=True)
        instance.mkdir(parents=True)
        try:
            with _blank_database(self.engine, self.url) as url:
                place = replace(self, instance=instance, url=url)
                place.migrate()
                yield place
        finally:
            shutil.rmtree(instance, ignore_errors=True)

    def migrate(self) -> None:
        """Make the tables."""
        upgraded = self.app().test_cli_runner().invoke(args=["db", "upgrade"])
        if upgraded.exit_code:
            raise RuntimeError(upgraded.output)


@contextmanager
def _blank_database(engine: str, url: str | None) -> Iterator[str | None]:
    if engine == "sqlite":
        yield None
        return
    if url is None:  # a figure that needs no country has no server of its own yet
        with Cluster(durable=True) as cluster:
            with psycopg.connect(cluster.url(), autocommit=True) as server:
                server.execute("CREATE DATABASE blank")
            yield cluster.url("blank")
        return
    with psycopg.connect(url.replace("/country?", "/postgres?"), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS blank WITH (FORCE)")
        server.execute("CREATE DATABASE blank")
        try:
            yield url.replace("/country?", "/blank?")
        finally:
            server.execute("DROP DATABASE IF EXISTS blank WITH (FORCE)")


def driver() -> Any:
    """The SQLite that the program itself takes."""
    with suppress(ImportError):
        from pysqlite3 import dbapi2

        return dbapi2
    return sqlite3


@contextmanager
def _copied_database(url: str, name: str, *, is_there: bool, stays: bool) -> Iterator[str]:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE country").format(sql.Identifier(name))
    with psycopg.connect(url.replace("/country?", "/postgres?"), autocommit=True) as server:
        if not is_there:
            server.execute(drop)
            server.execute(copy)
        try:
            yield url.replace("/country?", f"/{name}?")
        finally:
            if not stays:
                server.execute(drop)


NO_COUNTRY = Size(0)


@contextmanager
def nowhere(engine: str, data: Path) -> Iterator[Ground]:
    """For a figure that makes what it needs itself (``NEEDS_COUNTRY = False``)."""
    yield Ground(engine, NO_COUNTRY, data / "nowhere")


@contextmanager
def ground(engine: str, size: Size, data: Path) -> Iterator[Ground]:
    """The country on an engine, made if it does not lie in ``data`` yet."""
    instance = data / f"{engine}-{size.plants}"
    if engine == "sqlite":
        yield _filled(Ground(engine, size, instance))
        return
    folder = data / f"cluster-{size.plants}"
    with Cluster(folder, durable=True) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as server:
            named = "SELECT 1 FROM pg_database WHERE datname = 'country'"
            if server.execute(named).fetchone() is None:
                server.execute("CREATE DATABASE country")
        place = _filled(Ground(engine, size, instance, cluster.url("country")))
        with place.raw() as raw:  # the country comes with its own numbers; what is new goes on
            raw.execute(
                "SELECT setval(pg_get_serial_sequence('enterprise', 'id'),"
                " (SELECT max(id) FROM enterprise)),"
                " setval(pg_get_serial_sequence('plant', 'id'), (SELECT max(id) FROM plant))"
            )
        yield place


def _filled(place: Ground) -> Ground:
    stamp = place.instance / "filled"
    head = max(path.stem for path in (ROOT / "migrations" / "versions").glob("*.py"))
    wanted = f"{place.size.stamp}/{head}"
    if stamp.exists() and stamp.read_text() == wanted:
        return place
    if stamp.exists() or (place.instance / "app.db").exists():
        shutil.rmtree(place.instance)
        if place.url is not None:
            with psycopg.connect(place.url, autocommit=True) as server:
                server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    place.instance.mkdir(parents=True, exist_ok=True)
    place.migrate()
    with place.app().app_context():
        fill(place.size)
        db.engine.dispose()  # no database is copied while somebody is connected to it
    stamp.write_text(wanted)
    return place
