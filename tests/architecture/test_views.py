"""Every address that is really registered says who may open it (权限标记)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.kernel import daily
from app.kernel.authority import Permission
from app.kernel.permissions import access_of
from tests.installations import close, installed

MARKS = {"public", "signed-in", *Permission}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app with all its routes; its database stays empty."""
    folder: Path = tmp_path_factory.mktemp("routes")
    fresh = installed(folder, f"sqlite:///{folder / 'app.db'}")
    close(fresh)
    return fresh


def test_every_registered_view_names_its_permission_or_is_public(app: Flask) -> None:
    unmarked = {
        f"{rule.endpoint} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint]) not in MARKS
    }
    assert unmarked == set()


def test_only_the_way_in_is_public(app: Flask) -> None:
    """A new public page is a decision: it is named here, or it is not public."""
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint]) == "public"
    }
    assert public <= {
        "accounts.setup",
        "accounts.sign_in",
        "assets.serve",
        "kernel.healthz",
    }


def test_every_address_works_without_script(app: Flask) -> None:
    """A form can send GET and POST and nothing else."""
    unreachable = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"PUT", "PATCH", "DELETE"}
    }
    assert unreachable == set()


def test_no_address_is_answered_twice(app: Flask) -> None:
    seen: dict[tuple[str, str], str] = {}
    doubles = []
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            first = seen.setdefault((method, rule.rule), rule.endpoint)
            if first != rule.endpoint:
                doubles.append((method, rule.rule, first, rule.endpoint))
    assert doubles == []


@pytest.mark.usefixtures("app")
def test_every_daily_duty_is_on_the_list() -> None:
    """A file that nothing imports would leave its duty undone, and nobody would notice."""
    written = {
        name
        for file in Path("app").rglob("*.py")
        for name in re.findall(r'each_day\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))
    }
    assert written == set(daily.names())
