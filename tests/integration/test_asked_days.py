"""A day that cannot be read is told beside its field, with and without scripts."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.people import ClientAs

PAGES = [
    ("city-officer", "/register", "as_of"),
    ("city-officer", "/rulebook/industries", "as_of"),
    ("city-officer", "/rulebook/grades", "as_of"),
    ("city-officer", "/rulebook/parameters", "as_of"),
    ("auditor", "/audit", "until_on"),
]


@pytest.mark.parametrize(("role", "path", "field"), PAGES)
def test_what_was_typed_stays_in_its_field_beside_the_fault(
    app: Flask, client_as: ClientAs, role: str, path: str, field: str
) -> None:
    page = client_as(role).get(f"{path}?{field}=昨天").get_data(as_text=True)
    (shown,) = re.findall(rf'<input [^>]*name="{field}"[^>]*>', page)
    assert 'value="昨天"' in shown
    assert 'aria-invalid="true"' in shown
    assert "“昨天”不是有效日期，请按 2025-06-30 的样式填写。" in page


@pytest.mark.parametrize(("role", "path", "field"), PAGES)
def test_scripts_show_the_fault_too_and_once(
    app: Flask, client_as: ClientAs, role: str, path: str, field: str
) -> None:
    client = client_as(role)

    def asked_from(address: str) -> str | None:
        headers = {"HX-Request": "true", "HX-Target": "rows", "HX-Current-URL": address}
        return client.get(f"{path}?{field}=昨天", headers=headers).headers.get("HX-Redirect")

    whole = asked_from(f"http://localhost{path}")
    assert whole == f"{path}?{field}=%E6%98%A8%E5%A4%A9"
    assert asked_from(f"http://localhost{whole}") is None
    assert asked_from("http://[") == whole


def test_another_day_loads_the_whole_page_of_the_rulebook(app: Flask, client_as: ClientAs) -> None:
    client, path = client_as("city-officer"), "/rulebook/parameters"
    headers = {"HX-Request": "true", "HX-Target": "rows", "HX-Current-URL": path}
    answer = client.get(f"{path}?as_of=2024年6月30日&q=期", headers=headers)
    page = client.get(answer.headers["HX-Redirect"]).get_data(as_text=True)
    assert "截至 2024-06-30" in page
    assert 'value="2024-06-30"' in page
    assert 'value="期"' in page
