"""Every part that htmx may ask for renders alone, on every page (页面片段)."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from jinja2_fragments.flask import render_block
from sqlalchemy import update

from app.filing.models import FilingArrival
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from app.operations.services.by_hand import ask_for_backup
from tests.addresses import QUERIES, addresses, methods_of, rules, somebody_for
from tests.pagecheck import problems_of
from tests.world import World, upload

ROOT = Path(__file__).resolve().parents[2]
IDENTIFIER = re.compile(r'\bid="([^"]+)"')
TARGET = re.compile(r'hx-target="#([^"]+)"')


def declared(app: Flask) -> dict[str, set[str]]:
    """Stage → the blocks that its views name as parts to be asked for, read off the source."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "app").rglob("*.py")):
        stage = path.relative_to(ROOT / "app").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "blocks":
                found[stage] |= _texts(node.value)
            is_assigned = isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "blocks" for target in node.targets
            )
            if is_assigned:
                found[stage] |= _texts(node.value)  # type: ignore[attr-defined]
    assert app.view_functions
    return {stage: names for stage, names in found.items() if names}


def _texts(node: ast.expr) -> set[str]:
    tuples = (it for it in ast.walk(node) if isinstance(it, ast.Tuple))
    return {str(it.value) for row in tuples for it in row.elts if isinstance(it, ast.Constant)}


def pages(world: World) -> Iterator[tuple[FlaskClient, str, dict[str, object]]]:
    """Every page with every example of its arguments, opened by someone who may."""
    for rule in rules(world.app):
        if "GET" in methods_of(rule) and rule.endpoint != "assets.serve":
            who = somebody_for(world.app, rule.endpoint)
            client = world.browser(who)
            query = dict(QUERIES[rule.endpoint](world, who)) if rule.endpoint in QUERIES else {}
            paths = []
            for address in addresses(world, rule, who):
                paths.append(address.path)
                yield client, address.path, query
            if rule.endpoint == "ledger.import_page":  # one that is still being checked
                waiting = str(rule.rule).replace("<int:import_id>", str(upload(world, who)))
                yield world.browser(who), waiting, query
            if rule.endpoint == "filing.arrival_page":  # a package that is still being read
                with world.app.app_context(), writing("测试"):
                    db.session.execute(update(FilingArrival).values(state="reading", findings=""))
                    audit.record("test.reading", "filing", "world")
                yield from ((client, path, query) for path in paths)
            if rule.endpoint == "operations.backups":  # while one is being made
                with world.app.app_context(), writing("测试"):
                    ask_for_backup()
                yield client, str(rule.rule), query


def test_every_declared_block_renders_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: dict[str, set[str]] = defaultdict(set)

    def noting(template: str, block: str, **context: Any) -> str:
        text = render_block(template, block, **context)
        rendered[template.partition("/")[0]].add(block)
        return text

    monkeypatch.setattr("app.kernel.web.render_block", noting)
    tried, faults = 0, []
    for client, path, query in pages(world):
        for block in _blocks_of(world.app, client, path, query):
            target = block.replace("_", "-")
            headers = {"HX-Request": "true", "HX-Target": target}
            answer = FlaskClient.open(client, path, query_string=query, headers=headers)
            text = answer.get_data(as_text=True)
            answer.close()
            tried += 1
            if answer.status_code >= 500:
                faults.append(f"{path}, {block}: {answer.status}")
            if "<html" not in text and answer.mimetype == "text/html" and text:
                faults += [f"{path}, {block}: {it}" for it in problems_of(text)]
    missing = {
        (stage, name)
        for stage, names in declared(world.app).items()
        for name in names - rendered[stage]
    }
    print(f"\nfragments asked for {tried}, rendered {dict(rendered)}")  # noqa: T201
    assert not faults, "\n".join(faults)
    assert missing == set(), "declared, and never rendered alone"
    assert rendered


def _blocks_of(app: Flask, client: FlaskClient, path: str, query: dict[str, object]) -> list[str]:
    """The blocks of the template that the page is made of, those it inherits included."""
    found: set[str] = set()

    def note(_sender: Flask, template: Template, **_extra: object) -> None:
        found.update(template.blocks)

    with template_rendered.connected_to(note, app):
        client.get(path, query_string=query).close()
    return sorted(found)


def test_what_htmx_exchanges_is_on_the_page(world: World) -> None:
    """An exchange whose target is not there does nothing, and nobody is told."""
    targets, missing = 0, []
    for client, path, query in pages(world):
        with client.get(path, query_string=query) as answer:
            html = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        for target in TARGET.findall(html):
            targets += 1
            if target not in IDENTIFIER.findall(html):
                missing.append(f"{path}: {target}")
    assert missing == []
    assert targets


def test_a_part_is_the_same_as_in_the_whole_page(world: World) -> None:
    """What is exchanged into the page is what stands there when it is loaded as a whole."""
    compared, different = 0, []
    for client, path, query in pages(world):
        with client.get(path, query_string=query) as answer:
            html = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        for target in set(TARGET.findall(html)):
            headers = {"HX-Request": "true", "HX-Target": target}
            with FlaskClient.open(client, path, query_string=query, headers=headers) as part:
                text = part.get_data(as_text=True)
            if "<html" in text or part.status_code != 200 or not text.strip():
                continue
            compared += 1
            if _plain(text) not in _plain(html):
                different.append(f"{path}: {target}")
    assert different == []
    assert compared


def _plain(html: str) -> str:
    """The text without what differs from request to request."""
    return re.sub(r'\s+|(name="csrf_token" value=)"[^"]*"', r"\1", html)
