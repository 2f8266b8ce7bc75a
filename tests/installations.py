"""Fresh installations of the app for tests: migrated once per engine, then copied (测试装置)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import psycopg
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from app import create_app
from app.accounts import services
from app.kernel import clock
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.pages import CheckedClient
from tests.postgres import Cluster

ENGINES = ("sqlite", "postgresql")
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
_numbers = count(1)


class _CompiledTemplates(BytecodeCache):
    """What compiling a template gave, kept for every later app of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled_templates = _CompiledTemplates()
Build = Callable[..., tuple[str, str]]


class _KnownRule(Rule):
    """An address whose way from values to text is compiled once for all apps of this process.

    It is most of what making an app takes, and the same each time.
    """

    _known: ClassVar[dict[tuple[object, ...], Build]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        defaults = tuple(sorted((self.defaults or {}).items()))
        asked = (self.rule, self.subdomain, self.host, self.merge_slashes, defaults, append_unknown)
        if asked not in self._known:
            self._known[asked] = super()._compile_builder(append_unknown)
        return self._known[asked]


Flask.url_rule_class = _KnownRule
_compiled_statements: dict[str, LRUCache[Any, Any]] = {}
"""What compiling a statement gave, by engine, kept for every later app of this process."""


class Sqlite:
    """Copies of one migrated database file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "app.db"
        migrate(installed(folder, f"sqlite:///{self._template}"))
        self._with_bureau = folder / "with_bureau.db"
        shutil.copyfile(self._template, self._with_bureau)
        set_up_bureau(installed(folder, f"sqlite:///{self._with_bureau}"))

    @contextmanager
    def database(self, folder: Path, *, with_bureau: bool = False) -> Iterator[str]:
        """The address of a fresh copy inside ``folder``."""
        with self.copied(f"{self._with_bureau if with_bureau else self._template}", folder) as url:
            yield url

    @contextmanager
    def copied(self, filled: str, folder: Path) -> Iterator[str]:
        """The address of a copy, inside ``folder``, of a database that nobody has open."""
        path = folder / "app.db"
        shutil.copyfile(filled.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"

    def lasting(self, folder: Path) -> str:
        """The address of a copy with the bureau inside ``folder``."""
        path = folder / "app.db"
        shutil.copyfile(self._with_bureau, path)
        return f"sqlite:///{path}"


class Postgresql:
    """Copies of one migrated database on the tests' own server."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._template = self._create("template0")
        migrate(installed(folder, cluster.url(self._template)))
        self._with_bureau = self._create(self._template)
        set_up_bureau(installed(folder, cluster.url(self._with_bureau)))

    @contextmanager
    def database(self, folder: Path, *, with_bureau: bool = False) -> Iterator[str]:
        """The address of a fresh copy, dropped afterwards."""
        with self.copied(self._with_bureau if with_bureau else self._template, folder) as url:
            yield url

    @contextmanager
    def copied(self, filled: str, _folder: Path) -> Iterator[str]:
        """The address of a copy of a database that nobody has open, dropped afterwards."""
        name = self._create(urlsplit(filled).path.removeprefix("/"))
        try:
            yield self._cluster.url(name)
        finally:
            self._do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def lasting(self, _folder: Path) -> str:
        """The address of a copy with the bureau, which stays as long as the server."""
        return self._cluster.url(self._create(self._with_bureau))

    def _create(self, template: str) -> str:
        name = f"jixiao_{next(_numbers)}"
        self._do(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            connection.execute(statement)


def installed(folder: Path, database_url: str, **chosen: Any) -> Flask:
    """The app on this database, with ``folder`` for everything else it keeps."""
    address = database_url.replace("postgresql://", "postgresql+psycopg://")
    app = create_app(
        Config(
            instance_dir=folder,
            database_url=address,
            secret_key="tests only",
            testing=True,
            **chosen,
        )
    )
    app.test_client_class = CheckedClient
    app.jinja_env.bytecode_cache = _compiled_templates
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _without_durability)
        statements = _compiled_statements.setdefault(db.engine.dialect.name, LRUCache(2000))
        db.engine.update_execution_options(compiled_cache=statements)
    return app


def _without_durability(raw: Any, _record: Any) -> None:
    """Kept in memory by the system until it has time: no test of this process cuts the power."""
    raw.execute("PRAGMA synchronous=OFF").fetchall()


def migrate(app: Flask) -> None:
    """Bring the app's database to the newest structure, as ``flask db upgrade`` does."""
    result = app.test_cli_runner().invoke(args=["db", "upgrade"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    close(app)


def set_up_bureau(app: Flask) -> None:
    """Make the app's database that of Shaoxing with its six districts and the work days.

    Long ago: what is written later, under whatever clock a test holds, is recorded later.
    """
    with clock.frozen(LONG_AGO), app.app_context(), writing("测试"):
        services.set_up_bureau()
    close(app)


def close(app: Flask) -> None:
    """Let go of the app's database connections."""
    with app.app_context():
        db.engine.dispose()


def beside(main: Flask) -> Flask:
    """Another process of the same installation: its listener for enterprises."""
    config: Config = main.config["CONFIG"]
    return installed(config.instance_dir, config.database_url, for_filers=True)
