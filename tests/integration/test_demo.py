"""The demo county, loaded by its command into an empty installation (示例数据)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts import queries as accounts
from app.accounts import services
from app.accounts.domain import Role
from app.approvals.models import ProposalRow
from app.demo.services import CHAPTERS
from app.filing.queries import FilingFilter, list_filings
from app.grades.queries import standings_on
from app.issuing.queries import ListFilter, flags_of, list_lists, present
from app.kernel import audit, clock, jobs
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.registry.models import PlantChange
from app.registry.queries import PlantOnRecord, list_plants
from tests.installations import ENGINES, Postgresql, Sqlite, close, installed


@pytest.fixture(scope="module", params=ENGINES)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, str]]:
    """An installation with the demo county, and what the command printed."""
    engine: Sqlite | Postgresql = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("demo")
    with engine.database(folder) as url:
        app = installed(folder, url)
        result = app.test_cli_runner().invoke(args=["demo"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        yield app, result.stdout
        close(app)


def output_of(app: Flask, *arguments: str) -> bytes:
    result = app.test_cli_runner().invoke(args=list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def today() -> str:
    return clock.today().isoformat()


def find(app: Flask, title: str, moment: datetime | None = None) -> list[PlantOnRecord]:
    with app.app_context():
        plants = list_plants(EVERYTHING, moment)
    return [plant for plant in plants if plant.enterprise_name == f"示例·{title}有限公司"]


def grade_of(app: Flask, title: str, number: int = 1, moment: datetime | None = None) -> str | None:
    plant = find(app, title)[number - 1]
    with app.app_context():
        return standings_on([plant.plant_id], clock.today(), moment)[plant.plant_id].grade


def test_a_second_load_is_refused_and_changes_nothing(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    with app.app_context():
        before = audit.verify()
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "未作任何改动" in result.stderr
    with app.app_context():
        assert audit.verify() == before


def test_the_audit_chain_is_whole(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    with app.app_context():
        check = audit.verify()
    assert check.broken_at is None
    assert check.entries > len(CHAPTERS)


def test_every_role_has_an_account_that_signs_in_without_changing_its_password(
    demo: tuple[Flask, str],
) -> None:
    app, printed = demo
    with app.app_context():
        rows = [line.split() for line in printed.splitlines()]
        people = {row[0]: row for row in rows if len(row) > 3 and row[0].isascii()}
        actors = [accounts.actor_by_name(name) for name in people]
        known = [actor for actor in actors if actor is not None]
        assert len(known) == len(people) > 0
        assert {role for actor in known for role in actor.roles} == set(Role)
        assert not any(actor.must_change_password for actor in known)
    assert len({row[2] for row in people.values()}) == 1


def test_every_county_has_plants_and_the_zone_its_own_code(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    with app.app_context():
        counties = {bureau.code for bureau in accounts.list_bureaus("county")}
        assert {plant.county for plant in list_plants(EVERYTHING)} == counties
        assert [b.code for b in accounts.list_bureaus("county") if b.local_code] == ["330691"]


def test_every_measure_runs_in_every_format(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    for measure in json.loads(output_of(app, "policy", "list", "--json")):
        run = ("policy", "run", measure["id"], "--as-of", today(), "--format")
        rows = json.loads(output_of(app, *run, "json"))["rows"]
        admitted = [row for row in rows if row["admitted"]]
        assert 0 < len(admitted) < len(rows)
        assert output_of(app, *run, "csv")
        assert output_of(app, *run, "xlsx").startswith(b"PK")


@pytest.mark.parametrize("level", ["city", "province"])
@pytest.mark.parametrize("pollutant", ["SO2", "NOx", "VOCs", "PM"])
def test_the_edge_of_every_reserve_falls_inside(
    demo: tuple[Flask, str], level: str, pollutant: str
) -> None:
    app, _ = demo
    answer: dict[str, Any] = json.loads(
        output_of(
            app, "policy", "allocate", level, "--pollutant", pollutant,
            "--year", today()[:4], "--as-of", today(), "--format", "json",
        )
    )  # fmt: skip
    priority = [row for row in answer["rows"] if row["section"] == "priority"]
    assert any(row["allocated"] == row["asked"] for row in priority)
    assert any(row["allocated"] == "0.000" for row in priority)
    assert answer["allocated_total"] == answer["reserve"]


@pytest.mark.parametrize(
    ("title", "grade"),
    [
        ("禁止申报期内", "D"),
        ("禁止申报期满仍为最低", "D"),
        ("期满重新核定", "C"),
        ("闰日认定", "C"),
        ("认定已撤销", "B"),
        ("方案未核实的最低等级", "D"),
        ("粉磨站虚假材料", "非引领性"),
        ("到期不复旧级", None),
        ("同日两条等级", "C"),
        ("暂定等级", "B"),
        ("逐年更新", "A"),
        ("卓越标杆", "A+"),
        ("评为B减", "B-"),
        ("引领性粉磨站", "引领性"),
        ("从未定级", None),
        ("交叉行业", "C"),
        ("抽查不符", "B"),
    ],
)
def test_a_story_plant_shows_its_rule(
    demo: tuple[Flask, str], title: str, grade: str | None
) -> None:
    assert grade_of(demo[0], title) == grade


def test_each_plant_of_an_enterprise_has_a_grade_of_its_own(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    assert [grade_of(app, "一厂一册", number) for number in (1, 2)] == ["A", "C"]
    assert [grade_of(app, "全企业虚假材料", number) for number in (1, 2)] == ["D", "D"]


@pytest.mark.parametrize(
    ("title", "blocked", "counted"),
    [
        ("当年受罚", True, 1),
        ("全企业受罚", True, 1),
        ("上年受罚", False, 1),
        ("处罚已撤销", False, 0),
        ("其他违法", False, 0),
        ("三十六个月边界", False, 1),
    ],
)
def test_a_violation_counts_as_the_story_says(
    demo: tuple[Flask, str], title: str, blocked: bool, counted: int
) -> None:
    app, _ = demo
    for plant in find(app, title):
        with app.app_context():
            standing = standings_on([plant.plant_id], clock.today())[plant.plant_id]
        assert (standing.blocked, standing.violations_36m) == (blocked, counted)


def test_what_was_known_earlier_can_still_be_seen(demo: tuple[Flask, str]) -> None:
    app, _ = demo
    earlier = clock.now() - timedelta(days=80)
    assert grade_of(app, "登记更正", moment=earlier) == "B"
    assert grade_of(app, "登记更正") == "B-"
    assert find(app, "企业更名", earlier) == []
    assert find(app, "企业更名")[0].former_name == "示例·旧名机械有限公司"


def test_signing_in_works_with_the_printed_password(demo: tuple[Flask, str]) -> None:
    app, printed = demo
    line = next(line for line in printed.splitlines() if line.strip().startswith("city-head"))
    with app.app_context():
        token = services.sign_in("city-head", line.split()[2], "127.0.0.1", "test")
        actor = accounts.actor_of_session(token)
    assert actor is not None
    assert actor.name == "city-head"


def test_a_failed_sign_in_before_does_not_keep_the_demo_out(app: Flask) -> None:
    with app.app_context():
        audit.record_aside("sign_in.failed", "account", "nobody", succeeded=False)
    result = app.test_cli_runner().invoke(args=["demo"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with app.app_context():
        assert audit.verify().broken_at is None
    assert grade_of(app, "登记更正") == "B-"


def test_the_bureau_is_at_work(demo: tuple[Flask, str]) -> None:
    """A list signed and flagged, its successor with the head, an entry of tonnes to check."""
    app, _ = demo
    assert "核验一致" in output_of(app, "policy", "verify", "1").decode()
    with app.app_context():
        lists = [it.state for it in list_lists(EVERYTHING, ListFilter()).rows]
        waiting = db.session.query(ProposalRow.kind).filter_by(state="open").all()
        planned = db.session.query(PlantChange.kind).filter_by(stage="planned").all()
        while jobs.run_next():
            pass
        flags = flags_of(1, EVERYTHING)
        drafts = [it for it in list_lists(EVERYTHING, ListFilter()).rows if it.is_open]
        assert all(present(it).differences == () for it in drafts)
    assert sorted(lists) == ["checked", "draft", "in_force"]
    assert "left" in {flag.kind for flag in flags}
    assert any("登记了违法行为" in sentence for flag in flags for sentence in flag.why)
    assert [kind for (kind,) in waiting] == ["reserve.entry"]
    assert [kind for (kind,) in planned] == ["close"]


def test_an_enterprise_fills_in_one_filing_and_has_submitted_another(
    demo: tuple[Flask, str],
) -> None:
    app, _ = demo
    with app.app_context():
        page = list_filings(EVERYTHING, FilingFilter())
        (sent,) = page.lines
        assert (sent.filing.state.words, sent.grade, sent.filing.target) == ("已提交", "C", "C")
        own = Scope(frozenset(), frozenset({sent.filing.enterprise_id}))
        states = [it.filing.state.words for it in list_filings(own, FilingFilter()).lines]
        assert sorted(states) == ["填报中", "已提交"]
