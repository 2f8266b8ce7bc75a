"""Standings are derived anew when the settings they rest on have changed, and only then."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

import pytest
from flask import Flask

from app.kernel import audit
from app.kernel.transaction import writing
from app.rulebook.queries import use_settings
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant

PROGRESS: Any = import_module("scripts.telling").PROGRESS


def _refresh(app: Flask) -> str:
    result = app.test_cli_runner().invoke(args=["grades", "refresh"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_an_empty_register_has_nothing_to_derive(app: Flask) -> None:
    assert "一致" in _refresh(app)


def test_changed_settings_are_followed_once(app: Flask) -> None:
    with app.app_context():
        enterprise, plant = a_plant()
        a_plant(2)  # has no violation, so that what violations do does not concern it
        with writing("测试"):
            record_violations(
                [ViolationEntry(enterprise, plant, "其他", None, date(2025, 2, 1), "罚1")]
            )
            audit.record("test", "plant", plant)
    assert "2 个厂区" in _refresh(app)
    assert "一致" in _refresh(app)
    settings = app.config["CONFIG"].instance_dir / "settings.toml"
    settings.write_text(
        '[[setting]]\nid = "block.other_kinds"\nvalue = true\nfrom_on = 2025-07-01\n'
        'reason = "试验"\n',
        encoding="utf-8",
    )
    use_settings(app, settings)
    assert "1 个厂区" in _refresh(app)
    assert "一致" in _refresh(app)


def test_long_work_tells_how_far_it_is_in_lines_that_the_start_passes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.grades.commands._EVERY_SECONDS", -1.0)
    monkeypatch.setattr("app.grades.services.rebuilding.PART", 1)
    with app.app_context():
        a_plant()
        a_plant(2)
    passed_on = [it for it in _refresh(app).splitlines() if it.startswith(PROGRESS)]
    assert passed_on == [
        "已推算 1 / 2 个厂区的状态（50%）",
        "已推算 2 / 2 个厂区的状态（100%）",
    ]
