"""The conversion to reference oxygen (折算) in what is submitted: frozen, on the page, on paper."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.filing import record
from app.filing.queries import Submission
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, fill_in, put_in_force, submitted, table
from tests.people import ClientAs
from tests.registers import fetched

WORDS = "实测 15 mg/m³，实测氧含量 8%，折算到基准氧含量 8% 为 15 mg/m³"


@pytest.fixture
def sent(app: Flask, bureau: None, clock: Freeze) -> Submission:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        made = begun(a_plant()[1])
        fill_in(made)
        return submitted(made)


def rows(content: Any) -> list[Any]:
    found: list[Any] = record.values(content, "ab" * 32)["tables"][0]["rows"]
    return found


def test_it_is_frozen_and_reads_the_same_on_the_page_and_on_paper(
    sent: Submission, client_as: ClientAs
) -> None:
    content = record.read(sent.content)
    first, second, _ = content["tables"][0]["rows"]
    assert [WORDS in it for it in first["converted"]] == [True]
    assert second["converted"] == []
    page = fetched(client_as("filer", uscc=code(1)), f"/filing/submissions/{sent.id}")
    assert page.count("折算：") == 1
    assert WORDS in page
    answer = ["".join(it.split("\u200b")) for it in rows(content)[0]["answer"]]
    assert len(answer) == 2
    assert len(rows(content)[1]["answer"]) == 1


def test_what_was_frozen_without_it_still_reads(sent: Submission) -> None:
    content = json.loads(sent.content)
    for table_of_it in content["tables"]:
        for row in table_of_it["rows"]:
            del row["converted"]
    old = record.read(json.dumps(content))
    assert [len(it["answer"]) for it in rows(old)] == [1, 1, 1]
