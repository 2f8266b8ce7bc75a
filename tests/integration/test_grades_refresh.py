"""Standings are derived anew when the settings they rest on have changed, and only then."""

from __future__ import annotations

from datetime import date

from flask import Flask

from app.kernel import audit
from app.kernel.transaction import writing
from app.rulebook.queries import use_settings
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant


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
