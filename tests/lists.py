"""What the tests of the pages of lists share: a ledger, its rows, addresses (清单页面测试)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.policy.queries import run_measure

DAY = "2025-06-30"
LIST = f"/policy/positive-list?as_of={DAY}"
ALLOCATION = "/rights/?level=city&pollutant=VOCs&year=2025&as_of=2025-12-31"


def rows_of(app: Flask, measure: str = "positive-list", **filters: Any) -> list[dict[str, Any]]:
    with app.app_context():
        document = run_measure(measure, date.fromisoformat(DAY), **filters).document
    rows: list[dict[str, Any]] = document["rows"]
    return rows


def ids_of(app: Flask, measure: str = "positive-list") -> dict[tuple[str, str], int]:
    with app.app_context():
        ranked = run_measure(measure, date.fromisoformat(DAY)).ranked
    return {(r.candidate.uscc, r.candidate.plant): r.candidate.plant_id for r in ranked.rows}


def text(response: TestResponse) -> str:
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)
