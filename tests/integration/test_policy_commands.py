"""The command line of policies: exit codes, and one line on stderr for every fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app.kernel import audit
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.ledgers import load, made_up_ledger, read_ledger

RUN = ("policy", "run", "positive-list", "--format", "json")
ALLOCATE = ("policy", "allocate", "city", "--pollutant", "VOCs", "--year", "2025")
MISUSE = [
    ("policy", "run"),
    ("policy", "run", "positive-list", "--format", "json"),
    ("policy", "run", "positive-list", "--as-of", "2025-06-30"),
    (*RUN, "--as-of", "2025-02-29"),
    (*RUN, "--as-of", "25-06-30"),
    (*RUN, "--as-of", "0001-01-01"),
    (*RUN, "--as-of", "9999-12-31"),
    (*RUN, "--as-of", "2025-06-30", "--known-at", "yesterday"),
    (*RUN, "--as-of", "2025-06-30", "--known-at", "9999-12-31"),
    (*RUN, "--as-of", "2025-06-30", "--county", "999999"),
    (*RUN, "--as-of", "2025-06-30", "--colour", "blue"),
    ("policy", "run", "no-such-list", "--as-of", "2025-06-30", "--format", "json"),
    ("policy", "run", "positive-list", "--as-of", "2025-06-30", "--format", "pdf"),
    ("policy", "no-such-command"),
    ("policy", "check", "no-such-file.toml"),
    (*ALLOCATE, "--format", "json"),
    (*ALLOCATE[:2], "county", *ALLOCATE[3:], "--as-of", "2025-06-30", "--format", "json"),
    (*ALLOCATE[:3], "--pollutant", "CO2", "--year", "2025", "--as-of", "2025-06-30",
     "--format", "json"),
    (*ALLOCATE, "--as-of", "today", "--format", "json"),
]  # fmt: skip
GOOD = """
id = "green-credit"
title = "绿色信贷优先支持"
order = "better-first"

[admit]
grades = ["A", "B"]
clause = "NAT-DIFF"
text = "优先支持"
those = "优先支持的企业"
"""


def invoke(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


def assert_one_line(result: Result, code: int) -> None:
    assert result.exit_code == code, result.output
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", MISUSE, ids=" ".join)
def test_bad_use_is_told_in_one_line_and_ends_with_2(
    app: Flask, arguments: tuple[str, ...]
) -> None:
    with app.app_context():
        load(made_up_ledger(1, 2))
    assert_one_line(invoke(app, *arguments), 2)


def test_measures_are_listed_with_id_title_clauses_and_origin(app: Flask) -> None:
    told = json.loads(invoke(app, "policy", "list", "--json").stdout)
    assert len(told) == 8
    first = {"id": "positive-list", "title": "监督执法正面清单", "origin": "built-in"}
    assert {**first, "clauses": ["PLAN-POSITIVE", "PLAN-BLOCK"]} in told
    lines = invoke(app, "policy", "list").stdout.splitlines()
    assert "rights-province\t省级储备排污权保障\tPLAN-RIGHTS\tbuilt-in" in lines


def test_json_on_stdout_is_the_document_and_nothing_else(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        load(read_ledger())
    words = [*RUN, "--as-of", "2025-06-30", "--known-at", "2999-01-01"]
    target = tmp_path / "list.json"
    printed = invoke(app, *words).stdout_bytes
    assert invoke(app, *words, "--output", str(target)).stdout_bytes == b""
    assert target.read_bytes() == printed
    assert not printed.endswith(b"\n")
    assert printed.startswith('{"policy":"positive-list","title":"监督执法正面清单"'.encode())


def test_a_file_that_cannot_be_written_is_told(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "missing" / "list.json"
    assert_one_line(invoke(app, *RUN, "--as-of", "2025-06-30", "--output", str(target)), 1)


def test_a_county_is_also_read_by_its_name(app: Flask) -> None:
    with app.app_context():
        load(made_up_ledger(1, 10))
    words = [*RUN, "--as-of", "2025-06-30", "--known-at", "2999-01-01", "--county"]
    assert invoke(app, *words, "上虞区").stdout == invoke(app, *words, "330604").stdout


def test_a_measure_file_is_checked_line_by_line(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "green.toml"
    path.write_text(GOOD.replace('"A", "B"', '"A", "E"').replace("NAT-DIFF", "NAT-NONE"), "utf-8")
    result = invoke(app, "policy", "check", str(path))
    assert_one_line(result, 1)
    assert result.stderr.startswith("green.toml，第 7 行：")
    path.write_text(GOOD.replace("NAT-DIFF", "NAT-NONE"), "utf-8")
    assert (
        "green.toml，第 8 行：规则库中没有条款" in invoke(app, "policy", "check", str(path)).stderr
    )
    path.write_text(GOOD.replace("green-credit", "positive-list"), "utf-8")
    assert "green.toml，第 2 行：措施编号" in invoke(app, "policy", "check", str(path)).stderr
    path.write_text(GOOD, "utf-8")
    assert invoke(app, "policy", "check", str(path)).exit_code == 0


def test_a_plugin_is_checked_with_its_line(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "county.py"
    path.write_text(
        "from app.kernel.hooks import hookimpl\n\n\n"
        "@hookimpl\ndef policy_measure():\n    return []\n"
    )
    result = invoke(app, "policy", "check", str(path))
    assert_one_line(result, 1)
    assert result.stderr.startswith("county.py，第 ")


PLUGIN = """from app.kernel.hooks import hookimpl
from app.policy import conditions


@hookimpl
def policy_conditions(measure_id):
    return [conditions.not_banned(clause="NAT-NONE")]
"""


def test_a_plugin_that_cites_no_clause_is_told_with_its_line(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "county.py"
    path.write_text(PLUGIN, "utf-8")
    result = invoke(app, "policy", "check", str(path))
    assert_one_line(result, 1)
    assert "county.py，第 7 行：规则库中没有条款 NAT-NONE" in result.stderr
    path.write_text(PLUGIN.replace("NAT-NONE", "PLAN-FALSE"), "utf-8")
    assert invoke(app, "policy", "check", str(path)).exit_code == 0


def test_without_a_file_the_installed_ones_are_checked_with_file_and_line(app: Flask) -> None:
    config: Config = app.config["CONFIG"]
    for name in ("measures", "plugins"):
        (config.instance_dir / name).mkdir(exist_ok=True)
    measure, plugin = (config.instance_dir / "measures/green.toml",
                       config.instance_dir / "plugins/county.py")  # fmt: skip
    measure.write_text(GOOD, "utf-8")
    plugin.write_text(PLUGIN.replace("NAT-NONE", "PLAN-FALSE"), "utf-8")
    assert invoke(app, "policy", "check").exit_code == 0
    measure.write_text(GOOD.replace("NAT-DIFF", "NAT-NONE"), "utf-8")
    plugin.write_text(PLUGIN, "utf-8")
    result = invoke(app, "policy", "check")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "green.toml，第 8 行：规则库中没有条款 NAT-NONE。请改为规则库中的条款编号。",
        "county.py，第 7 行：规则库中没有条款 NAT-NONE。请改为规则库中的条款编号。",
    ]


def test_a_broken_measure_file_of_the_installation_stops_every_list(app: Flask) -> None:
    config: Config = app.config["CONFIG"]
    folder = config.instance_dir / "measures"
    folder.mkdir()
    (folder / "own.toml").write_text("id = 1\n", "utf-8")
    for words in (("policy", "list"), (*RUN, "--as-of", "2025-06-30")):
        result = invoke(app, *words)
        assert_one_line(result, 1)
        assert "own.toml，第 1 行" in result.stderr
    result = invoke(app, "policy", "check")
    assert result.exit_code == 1
    assert all(it.startswith("own.toml，第 1 行") for it in result.stderr.splitlines())


def test_a_measure_file_of_the_installation_makes_a_list(app: Flask) -> None:
    config: Config = app.config["CONFIG"]
    folder = config.instance_dir / "measures"
    folder.mkdir()
    (folder / "green.toml").write_text(GOOD, "utf-8")
    with app.app_context():
        load(made_up_ledger(1, 10))
    words = ("policy", "run", "green-credit", "--as-of", "2025-06-30", "--format", "json")
    document = json.loads(invoke(app, *words).stdout)
    admitted = {row["grade"] for row in document["rows"] if row["admitted"]}
    assert admitted
    assert admitted <= {"A", "B", "B-"}


def test_an_unready_database_is_told_without_a_traceback(app: Flask) -> None:
    with app.app_context():
        load(made_up_ledger(1, 2))
        with writing("测试"):
            for table in ("rights_evidence", "rights_application"):
                db.session.execute(text(f"DROP TABLE {table}"))
            audit.record("test.dropped", "table", "rights_application")
    assert_one_line(invoke(app, *ALLOCATE, "--as-of", "2025-06-30", "--format", "json"), 1)
