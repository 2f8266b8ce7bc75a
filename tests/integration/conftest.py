"""The app on both engines, for tests that go through the database or the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.installations import ENGINES, Postgresql, Sqlite, close, installed
from tests.people import ClientAs, signed_in
from tests.postgres import Cluster
from tests.world import World, populate


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run's own."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgresql(postgresql_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Postgresql:
    return Postgresql(postgresql_server, tmp_path_factory.mktemp("postgresql"))


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=ENGINES)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A fresh, migrated installation; each test runs on SQLite and on PostgreSQL.

    It is empty, unless the test asks for the :func:`bureau` or for people.
    No app context is open: a test that calls services directly opens one itself, so that
    requests never share what Flask keeps per context.
    """
    engine: Sqlite | Postgresql = request.getfixturevalue(request.param)
    with engine.database(tmp_path, with_bureau="bureau" in request.fixturenames) as url:
        fresh = installed(tmp_path, url)
        yield fresh
        close(fresh)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def client_as(app: Flask, bureau: None) -> ClientAs:
    """``client_as("county-officer", county="330603")``: the browser of a new person signed in."""
    return partial(signed_in, app)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """The register whose records carry marks: entered once per engine, then copied."""
    return Worlds(tmp_path_factory)


@pytest.fixture(scope="module", params=ENGINES)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worlds: Worlds
) -> Iterator[World]:
    """An installation whose records all carry their owner's mark; shared by a file of tests."""
    engine: Sqlite | Postgresql = request.getfixturevalue(request.param)
    with worlds.copy(engine, tmp_path_factory.mktemp("world") / "own") as its:
        yield its


class Worlds:
    """Copies of one entered register per engine (对照登记簿)."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._entered: dict[Sqlite | Postgresql, tuple[World, Path, str]] = {}
        self._lent: list[World] = []
        """Kept: the examples of addresses remember what they made by a world's identity."""

    @contextmanager
    def copy(self, engine: Sqlite | Postgresql, folder: Path) -> Iterator[World]:
        """A world of one's own; ``folder`` is made."""
        if engine not in self._entered:
            self._entered[engine] = self._enter(engine)
        like, files, url = self._entered[engine]
        shutil.copytree(files, folder)
        with engine.copied(url, folder) as own:
            app = installed(folder, own)
            self._lent.append(like.another(app))
            yield self._lent[-1]
            close(app)

    def _enter(self, engine: Sqlite | Postgresql) -> tuple[World, Path, str]:
        folder = self._folders.mktemp("entered")
        url = engine.lasting(folder)
        app = installed(folder, url)
        entered = populate(app)
        close(app)
        return entered, folder, url
