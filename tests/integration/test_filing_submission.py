"""Submitting a filing (签署并提交): judged again inside the lock, frozen, numbered."""

from __future__ import annotations

import json
from datetime import date
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import text

from app.accounts.domain import Role
from app.accounts.services import AccountRefused, Confirmed, confirm_password
from app.approvals.domain import Refused
from app.filing import services
from app.filing.domain import Severity, State, Transport
from app.filing.queries import (
    assessment_of,
    find_filing,
    findings_of,
    steps_of,
    submissions_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.kernel import audit
from app.kernel.authority import Scope
from app.kernel.canonical import canonical, sha256_of
from app.kernel.database import db
from app.kernel.transaction import writing
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.filings import (
    ROWS,
    SIGNATORY,
    answers,
    attach,
    begun,
    filing,
    fill_in,
    put_in_force,
    row,
    submitted,
    table,
)
from tests.people import PASSWORD, opened


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> tuple[int, int]:
    """Enterprise and plant whose industry has a table since January."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()


@pytest.fixture
def ready(app: Flask, plant: tuple[int, int]) -> int:
    """A filing for B that can be submitted."""
    with app.app_context():
        made = begun(plant[1])
        fill_in(made)
        return made


def keys(filing_id: int, severity: Severity = Severity.ERROR) -> list[str]:
    found = findings_of(working(filing(filing_id)))
    return [it.key for it in found if it.severity is severity]


def stops(app: Flask, filing_id: int) -> list[str]:
    with pytest.raises(services.NotReady) as stopped:
        submitted(filing_id)
    return [it.key for it in stopped.value.findings]


# --- What is frozen -------------------------------------------------------------------------


def test_a_submission_freezes_everything_under_a_receipt(app: Flask, ready: int) -> None:
    with app.app_context():
        made = submitted(ready)
        (again,) = submissions_of(ready)
        assert again == made
        assert (made.number, made.receipt, made.grade) == (1, "330602-2026-00001", "B")
        document = json.loads(made.content)
        assert canonical(document) == made.content
        assert sha256_of(made.content) == made.sha256
        assert document["overall"] == "B"
        assert document["target"] == "B"
        assert document["judged_on"] == "2026-03-02"
        assert [it["grade"] for it in document["tables"][0]["rows"]] == ["B", "A", "B"]
        assert document["evidence"][0]["period_from"] == "2025-01-01"
        assert document["tables"][0]["rows"][0]["evidence"] == [1]
        assert len(document["commitment"]["statements"]) == 3
        assert document["commitment"]["signed_by"] == "王签署"
        assert {(it.role, it.name) for it in made.files} == {("evidence", "报告.pdf")}
        assert filing(ready).state is State.SUBMITTED
        assert [it.action for it in steps_of(ready)] == ["start", "submit"]


def test_officers_see_it_from_then_on_in_their_own_county(app: Flask, ready: int) -> None:
    with app.app_context():
        submitted(ready)
        assert find_filing(ready, Scope(frozenset({"330602"}))) is not None
        assert find_filing(ready, Scope(frozenset({"330602"})), for_work=True) is None
        assert find_filing(ready, Scope(frozenset({"330603"}))) is None


def test_receipts_are_numbered_per_county_without_gaps(app: Flask, ready: int) -> None:
    with app.app_context():
        submitted(ready)
        for number, county in ((2, "330602"), (3, "330603")):
            other = begun(a_plant(number, county=county)[1])
            with pytest.raises(Refused):
                submitted(other)
            fill_in(other)
            receipt = submitted(other).receipt
            assert receipt == {2: "330602-2026-00002", 3: "330603-2026-00001"}[number]


def test_the_same_form_sent_twice_is_one_submission(app: Flask, ready: int) -> None:
    with app.app_context():
        assert submitted(ready, "form").id == submitted(ready, "form").id
        assert len(submissions_of(ready)) == 1


def test_a_second_tab_is_told_the_receipt(app: Flask, ready: int) -> None:
    with app.app_context():
        submitted(ready, "one")
        with pytest.raises(services.AlreadySubmitted, match="330602-2026-00001"):
            submitted(ready, "two")
        assert len(submissions_of(ready)) == 1


def test_two_tabs_at_the_same_moment_make_one_submission(app: Flask, ready: int) -> None:
    outcomes: list[str] = []
    together = Barrier(2)

    def send(form_key: str) -> None:
        with app.app_context():
            together.wait()
            try:
                outcomes.append(submitted(ready, form_key).receipt)
            except services.AlreadySubmitted as late:
                outcomes.append(f"late {late.submission.receipt}")

    threads = [Thread(target=send, args=(key,)) for key in ("one", "two")]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    assert sorted(outcomes) == ["330602-2026-00001", "late 330602-2026-00001"]
    with app.app_context():
        assert len(submissions_of(ready)) == 1


# --- What stops it --------------------------------------------------------------------------


def test_an_empty_filing_names_every_row(app: Flask, plant: tuple[int, int]) -> None:
    with app.app_context():
        found = stops(app, begun(plant[1]))
    assert {"open:1:1", "open:1:2", "open:1:3", "evidence:1:1:0", "commitment"} <= set(found)


def test_what_is_wrong_stands_in_the_order_of_the_table(
    app: Flask, bureau: None, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(ROWS[::-1]), date(2026, 1, 1))
        made = begun(a_plant()[1])
        named = [it.place.row_key for it in findings_of(working(filing(made))) if it.place.row_key]
    assert list(dict.fromkeys(named)) == ["3", "2", "1", "transport"]


def test_plan_shortboard_a_target_above_the_answers(app: Flask, ready: int) -> None:
    with app.app_context(), writing("测试"):
        services.save_answer(ready, 1, "1", answers("25")["1"], 1)
    with app.app_context():
        assert stops(app, ready) == ["target"]


def test_plan_file_only_b_and_above_need_evidence_and_the_commitment(
    app: Flask, plant: tuple[int, int]
) -> None:
    with app.app_context():
        made = begun(plant[1], "C")
        with writing("测试"):
            for key, answer in answers().items():
                services.save_answer(made, 1, key, answer, 0)
        assert keys(made) == ["commitment"]
        with writing("测试"):
            for it in statements_of(working(filing(made))):
                services.accept(made, it.id, it.sha256)
        assert submitted(made).number == 1


def test_a_material_of_the_wrong_year_does_not_do(app: Flask, plant: tuple[int, int]) -> None:
    with app.app_context():
        made = begun(plant[1])
        fill_in(made)
        with writing("测试"):
            db.session.execute(
                text("UPDATE filing_evidence SET ended_at = added_at WHERE row_key = '1'")
            )
            attach(made, year=2024)
        assert stops(app, made) == ["period:1:1:0"]


def test_a_warning_needs_a_reason(app: Flask, ready: int) -> None:
    with app.app_context():
        with writing("测试"):
            services.save_transport(ready, Transport(trips=3), 1)
        (warning,) = stops(app, ready)
        with writing("测试"):
            services.remark(ready, warning, "门禁本月联网")
        document = json.loads(submitted(ready).content)
    assert [it["note"] for it in document["warnings"]] == ["门禁本月联网"]


def test_plan_block_a_violation_recorded_meanwhile_stops_it(
    app: Flask, plant: tuple[int, int], ready: int
) -> None:
    with app.app_context():
        with writing("测试"):
            day = date(2026, 3, 2)
            record_violations(
                [ViolationEntry(plant[0], plant[1], "未取得排污许可证", day, day, "环罚1号")]
            )
            audit.record("test.entered", "violation", "")
        with pytest.raises(services.NotAdmitted, match="环罚1号"):
            submitted(ready)
        with writing("测试"):
            services.set_target(ready, "C")
        assert stops(app, ready) == ["commitment"]
        with writing("测试"):
            for it in statements_of(working(filing(ready))):
                services.accept(ready, it.id, it.sha256)
        assert submitted(ready).number == 1


def test_plan_block_the_new_year_does_not_free_what_was_submitted_before(
    app: Flask, plant: tuple[int, int], ready: int, clock: Freeze
) -> None:
    day = date(2026, 12, 30)
    with app.app_context():
        submitted(ready, "first")
        clock("2027-01-04 09:00")
        with writing("测试"):
            services.send_back(ready, "补一份报告")
            record_violations(
                [ViolationEntry(plant[0], plant[1], "未取得排污许可证", day, day, "环罚9号")]
            )
        with pytest.raises(services.NotAdmitted, match="新的年度也不解除"):
            submitted(ready)
        assert filing(ready).state is State.CORRECTING


def test_a_form_that_submitted_one_filing_submits_no_other(
    app: Flask, plant: tuple[int, int], ready: int
) -> None:
    with app.app_context():
        submitted(ready, "form")
        other = begun(a_plant(2)[1])
        fill_in(other)
        with pytest.raises(Refused, match="另一件申报"):
            submitted(other, "form")


def test_plan_false_a_finding_made_meanwhile_stops_it(
    app: Flask, plant: tuple[int, int], ready: int, clock: Freeze
) -> None:
    with app.app_context():
        with writing("测试"):
            record_findings([FindingEntry(plant[0], None, date(2026, 3, 2), "虚认1号", None, "")])
            audit.record("test.entered", "finding", "")
        for moment in ("2026-03-02 10:00", "2027-03-02 23:59"):
            clock(moment)
            with pytest.raises(services.NotAdmitted, match="2027-03-02（含）"):
                submitted(ready)
        assert filing(ready).state is State.DRAFT


def test_only_the_person_who_gave_the_password_signs(app: Flask, ready: int) -> None:
    with app.app_context(), writing("测试", actor_id=9, actor_name="别人"):
        with pytest.raises(Refused, match="签署人本人"):
            services.submit(ready, Confirmed(SIGNATORY, "王签署"), form_key="x")
        audit.record("test.tried", "filing", ready)


def test_a_wrong_password_signs_nothing(app: Flask, bureau: None) -> None:
    person = opened(app, Role.CITY_OFFICER)
    with app.app_context():
        with pytest.raises(AccountRefused, match="口令不正确"):
            confirm_password(person, "wrong", address="127.0.0.1")
        assert confirm_password(person, PASSWORD, address="127.0.0.1").user_id == person
        for _ in range(5):
            with pytest.raises(AccountRefused):
                confirm_password(person, "wrong", address="127.0.0.1")
        with pytest.raises(AccountRefused, match="15 分钟"):
            confirm_password(person, PASSWORD, address="127.0.0.1")


# --- Newer tables ---------------------------------------------------------------------------

STRICTER = (
    row("1", "排放限值", "颗粒物", ("A B B-", "颗粒物（炉窑，小时均值）≤10mg/m³（基准氧含量8%）"),
        ("C D", "未达到B级要求"), evidence=ROWS[0].evidence),
    ROWS[1],
    ROWS[2],
)  # fmt: skip


def test_nat_system_a_newer_table_is_told_and_taken_over_by_choice(
    app: Flask, ready: int, clock: Freeze
) -> None:
    with app.app_context():
        put_in_force(table(STRICTER), date(2026, 4, 1))
        clock("2026-03-31 23:00")
        assert not working(filing(ready)).is_outdated
        clock("2026-04-01 00:10")
        assert [it.newer for it in working(filing(ready)).tables] == [True]
        assert stops(app, ready) == ["tables:1"]
        with writing("测试"):
            assert services.take_newer_tables(ready) == 1
        now = working(filing(ready))
        assert [key for key, it in now.answers.items() if not it.confirmed] == [(1, "1")]
        assert assessment_of(now).overall == "C"
        assert set(keys(ready)) == {"target", "unconfirmed:1:1"}


def test_nat_system_once_submitted_it_keeps_its_tables(
    app: Flask, ready: int, clock: Freeze
) -> None:
    with app.app_context():
        first = submitted(ready)
        put_in_force(table(STRICTER), date(2026, 4, 1))
        clock("2026-04-02 09:00")
        with writing("测试"):
            services.send_back(ready, "补一份报告")
        assert not working(filing(ready)).is_outdated
        second = submitted(ready)
    assert (second.number, second.grade) == (2, "B")
    assert json.loads(second.content)["judged_on"] == "2026-03-02"
    assert (
        json.loads(second.content)["tables"][0]["versions"]
        == (json.loads(first.content)["tables"][0]["versions"])
    )
