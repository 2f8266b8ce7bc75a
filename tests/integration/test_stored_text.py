"""What was entered is text wherever it is shown: never an element, never an attribute (XSS)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import html5lib
import pytest
from flask.testing import FlaskClient

from tests.addresses import (
    QUERIES,
    SAFE,
    addresses,
    form_of,
    may_open,
    methods_of,
    own_address,
    rules,
)
from tests.infested import infest, viewers
from tests.installations import ENGINES, Postgresql, Sqlite, close, installed
from tests.watch import everything_in
from tests.world import World

PAYLOADS = (
    "<qz-x>", '"><qz-x>', "'><qz-x>", '" qz="1', "' qz='1", "</title><qz-x>", "</textarea><qz-x>",
    "</select><qz-x>", "--><qz-x>", "<svg qz=1>", "<img qz=1 src=x>", "javascript:qz", "`qz=1`",
    '" onfocus="qz" x="', "&lt;qz-x&gt;", "&#60;qz-x&#62;", '" hx-get="/qz', "{{7777*7777}}qz",
    "%3Cqz-x%3E", "\\u003cqz-x\\u003e", "<qz-x", "<!--qz", "]]><qz-x>", "</script><qz-x>",
    '" data-hx-on:click="qz', "<a href=javascript:qz>", "<style>qz", "=1+1|qz", "\u202eqz<qz-x>",
)  # fmt: skip
"""Each holds qz; none may come back as anything but the same letters."""
OUR_PICTURE = re.compile(r"/filing/evidence/[0-9]+/pages/[0-9]+/[a-z]+")
"""What templates of ours show as a picture: a page of a material (佐证材料)."""


@pytest.fixture(scope="module", params=ENGINES)
def infested(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A register, people, bureaus and files whose names are all payloads."""
    engine: Sqlite | Postgresql = request.getfixturevalue(request.param)
    folder: Path = tmp_path_factory.mktemp("infested")
    with engine.database(folder) as url:
        app = installed(folder, url)
        yield infest(app, PAYLOADS)
        close(app)


def injected(html: str) -> list[str]:
    """Elements and attributes that no template of ours writes."""
    document = html.lstrip().lower().startswith("<!doctype")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html) if document else parser.parseFragment(html)
    found = []
    found += [f"comment {it.text!r}" for it in root.iter() if callable(it.tag)]
    for element in (it for it in root.iter() if not callable(it.tag)):
        is_ours = element.tag == "img" and OUR_PICTURE.fullmatch(element.get("src", ""))
        if element.tag.startswith("qz") or (element.tag in {"style", "img"} and not is_ours):
            found.append(f"<{element.tag}>")
        for name, value in element.attrib.items():
            if name.startswith(("qz", "on", "data-hx-on")) or (
                name[:3] == "hx-" and "/qz" in value
            ):
                found.append(f"{name}={value!r}")
            if name in {"href", "src", "action"} and value.lower().startswith("javascript"):
                found.append(f"{name}={value!r}")
    return found


def test_every_page_shows_what_was_entered_as_text(infested: World) -> None:
    shown, pages, faults = 0, 0, []
    for who in viewers(infested):
        client = infested.browser(who)
        for rule in rules(infested.app):
            if "GET" not in methods_of(rule) or not may_open(rule.endpoint, who):
                continue
            query = dict(QUERIES[rule.endpoint](infested, who)) if rule.endpoint in QUERIES else {}
            for address in addresses(infested, rule, who):
                for headers in ({}, {"HX-Request": "true", "HX-Target": "rows"}):
                    with FlaskClient.open(
                        client, address.path, query_string=query, headers=headers
                    ) as answer:
                        if answer.mimetype != "text/html":
                            continue
                        html = answer.get_data(as_text=True)
                    pages += 1
                    shown += html.count("qz")
                    faults += [f"{who.name}: {address.path}: {it}" for it in injected(html)]
                    if "60481729" in html:
                        faults.append(f"{who.name}: {address.path} worked out a template")
    print(f"\npages {pages}, payloads shown {shown}")  # noqa: T201
    assert not faults, "\n".join(faults[:40])
    assert pages > 100
    assert shown > 1000


NAMELESS = frozenset(
    {
        "filing.export_former",
        "indicators.export_tables",
        "indicators.export_versions",
        "issuing.export_lists",
        "operations.export_backups",
        "operations.export_chain_end",
        "rights.export_reserves",
        "rights.export_statement",
    }
)
"""Files of hashes, of tonnes by level, of titles of lists and tables: they name no enterprise.

Of former plants, because nobody here has given one away."""


def test_every_file_is_made_and_fetched_whatever_its_names(infested: World) -> None:
    """Exports hold the payloads as they were entered, and no formula."""
    made, faults = 0, []
    for who in viewers(infested):
        for rule in rules(infested.app):
            for method in set(methods_of(rule)) - SAFE:
                if not may_open(rule.endpoint, who) or "export" not in rule.rule:
                    continue
                client = infested.browser(who)
                form = form_of(infested, rule.endpoint, who)
                known = QUERIES.get(rule.endpoint)
                wanted = known(infested, who) if known else {}
                path = own_address(infested, rule, who)
                answer = client.open(path, method=method, data=form, query_string=dict(wanted))
                assert answer.status_code == 303, (rule, answer.status)
                made += 1
                told = everything_in(FlaskClient.open(client, answer.location))
                if "<f>" in told or "<f " in told:
                    faults.append(f"{who.name}: {rule} holds a formula")
                if "qz" not in told and rule.endpoint not in NAMELESS:
                    faults.append(f"{who.name}: {rule} lost the names")
    print(f"\nfiles {made}")  # noqa: T201
    assert not faults, "\n".join(faults)
    assert made >= 5


def test_the_look_finds_what_it_looks_for() -> None:
    for html in (
        "<p><qz-x></p>", '<a qz="1">', '<p onclick="x">', '<a href="JavaScript:x">',
        "<p><!--qz--></p>", '<p hx-get="/qz">',
    ):  # fmt: skip
        assert injected(html), html
    assert injected('<p title="&lt;qz-x&gt;" hx-get="/register">&lt;qz-x&gt; " qz="1</p>') == []
