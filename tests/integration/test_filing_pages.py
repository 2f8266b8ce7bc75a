"""The enterprise's pages of a filing (申报): rows saved, refused, merged; what nobody may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.filing import services
from app.filing.domain import State
from app.filing.entry import entry_form, row_id
from app.filing.models import FilingSubmission
from app.filing.queries import Working, submissions_of, working
from app.filing.queries.earlier import earlier_submission
from app.filing.queries.papers import statements_of
from app.grades.services import GradeEntry, record_grades
from app.indicators.domain import Answer, Measured
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.facts import a_plant, code
from tests.filings import ROWS, begun, filing, put_in_force, table
from tests.people import KEQIAO, PASSWORD, YUECHENG, ClientAs

GRADES = ("A", "B", "B-", "C", "D")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(app: Flask, bureau: None) -> int:
    """A draft of a plant with a table of three rows."""
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
        return begun(plant_id)


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


def _row(number: int) -> str:
    return row_id(1, ROWS[number].key)


def _now(app: Flask, filing_id: int) -> Working:
    with app.app_context():
        return working(filing(filing_id))


def _dust(value: str, oxygen: str, seen: str = "0") -> dict[str, str]:
    (it,) = entry_form(ROWS[0], GRADES).measures
    row = _row(0)
    return {f"{row}.seen": seen, f"{row}.base": "", f"{row}.{it.name}": value,
            f"{row}.{it.oxygen_name}": oxygen}  # fmt: skip


def test_a_row_is_kept_and_the_answer_holds_what_follows(
    app: Flask, draft: int, filer: FlaskClient
) -> None:
    url = f"/filing/{draft}/rows/1/{_row(0)}"
    answer = filer.post(url, data=_dust("１８ mg/m³", "9"), headers=HTMX)
    assert answer.status_code == 200
    assert 'id="panel"' in answer.text
    assert "已保存" in answer.text
    saved = _now(app, draft).answer(1, "1")
    ((measured,),) = [tuple(saved.measured.values())]
    assert (str(measured.value), str(measured.oxygen)) == ("18", "9")


@pytest.mark.parametrize("typed", ["-3", "NaN", "1e999", "≤10", "10～20", "未检出"])
def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_kept(
    app: Flask, draft: int, filer: FlaskClient, typed: str
) -> None:
    url = f"/filing/{draft}/rows/1/{_row(0)}"
    answer = filer.post(url, data=_dust(typed, "9"), headers=HTMX)
    assert answer.status_code == 422
    assert "-error" in answer.text
    assert "处需要改正" in answer.text
    assert _now(app, draft).answers == {}


def test_oxygen_of_air_is_refused(app: Flask, draft: int, filer: FlaskClient) -> None:
    url = f"/filing/{draft}/rows/1/{_row(0)}"
    answer = filer.post(url, data=_dust("12", "21"), headers=HTMX)
    assert answer.status_code == 422
    assert "21%" in answer.text
    assert _now(app, draft).answers == {}


def test_a_page_without_script_keeps_everything_typed_when_one_row_is_wrong(
    app: Flask, draft: int, filer: FlaskClient
) -> None:
    clauses = entry_form(ROWS[1], GRADES).clauses
    form = {**_dust("十二", "9"), f"{_row(1)}.seen": "0", f"{_row(1)}.base": "",
            f"{_row(1)}.c": [clauses[0].id]}  # fmt: skip
    answer = filer.post(f"/filing/{draft}/assess?d=all", data=form)
    assert answer.status_code == 422
    assert 'value="十二"' in answer.text
    assert f'value="{clauses[0].id}" checked' in answer.text
    assert _now(app, draft).answers == {}
    form |= _dust("12", "9")
    assert filer.post(f"/filing/{draft}/assess?d=all", data=form).status_code == 303
    assert set(_now(app, draft).answers) == {(1, "1"), (1, "2")}


def test_rows_left_as_they_were_are_not_saved_over_another_persons(
    app: Flask, draft: int, filer: FlaskClient, client_as: ClientAs
) -> None:
    other = client_as("signatory", uscc=code(1))
    other.post(f"/filing/{draft}/rows/1/{_row(0)}", data=_dust("18", "9"))
    untouched = {f"{_row(0)}.seen": "0", f"{_row(0)}.base": ""}
    assert filer.post(f"/filing/{draft}/assess?d=all", data=untouched).status_code == 303
    assert len(_now(app, draft).answer(1, "1").measured) == 1


def test_two_people_in_one_row_see_both_entries_and_lose_neither(
    app: Flask, draft: int, filer: FlaskClient, client_as: ClientAs
) -> None:
    url, other = f"/filing/{draft}/rows/1/{_row(0)}", client_as("signatory", uscc=code(1))
    assert other.post(url, data=_dust("18", "9"), headers=HTMX).status_code == 200
    late = filer.post(url, data=_dust("12", "9"), headers=HTMX)
    assert late.status_code == 409
    assert late.headers["HX-Retarget"] == f"#{_row(0)}"
    assert "18 mg/m³" in late.text
    assert "12 mg/m³" in late.text
    assert 'value="12"' in late.text
    kept = filer.post(url, data=_dust("12", "9", seen="1"), headers=HTMX)
    assert kept.status_code == 200
    ((measured,),) = [tuple(_now(app, draft).answer(1, "1").measured.values())]
    assert str(measured.value) == "12"


def test_a_closed_filing_takes_no_more_entries(app: Flask, draft: int, filer: FlaskClient) -> None:
    with app.app_context(), writing("测试"):
        services.discard(draft, "重新申报")
    answer = filer.post(f"/filing/{draft}/rows/1/{_row(0)}", data=_dust("18", "9"), headers=HTMX)
    assert answer.status_code == 409
    assert filing_state(app, draft) is State.DISCARDED


def filing_state(app: Flask, filing_id: int) -> State:
    with app.app_context():
        return filing(filing_id).state


def test_nobody_else_reaches_a_draft(app: Flask, draft: int, client_as: ClientAs) -> None:
    for client in (
        client_as("filer", uscc=code(2)),
        client_as("county-officer", county="330602"),
        client_as("city-head"),
    ):
        for page in ("", "/assess", "/checks", "/transport", "/submitted"):
            assert client.get(f"/filing/{draft}{page}").status_code in (403, 404)
    listed = client_as("county-officer", county="330602").get("/filing/submissions")
    assert "还没有企业提交申报" in listed.text


# --- Beginning ---------------------------------------------------------------------------------


def _asked(plant_id: int, target: str, kind: str = "first") -> str:
    return f"/filing/new?plant_id={plant_id}&year=2026&kind={kind}&target={target}"


def test_the_verdict_is_told_before_anything_begins(
    app: Flask, bureau: None, filer: FlaskClient
) -> None:
    with app.app_context():
        _, plant_id = a_plant()
        with writing("测试"):
            record_grades(
                [GradeEntry(plant_id, "shaoxing-2023", "C", date(2025, 1, 6), None, "历史")]
            )
            audit.record("test.recorded", "plant", plant_id)
    told = filer.get(_asked(plant_id, "B"))
    assert "不能申报" in told.text
    assert "不是首次申报" in told.text
    told = filer.get(_asked(plant_id, "B", "upgrade"))
    assert "可以申报" in told.text
    assert "开始申报</button>" in told.text


def test_the_same_form_sent_twice_begins_one_filing(
    app: Flask, bureau: None, filer: FlaskClient
) -> None:
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
    form = {"plant_id": plant_id, "year": "2026", "kind": "first", "target": "B",
            "form_key": "one"}  # fmt: skip
    first, second = (filer.post("/filing/new", data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location


def test_another_enterprises_plant_is_not_found(
    app: Flask, bureau: None, filer: FlaskClient
) -> None:
    with app.app_context():
        a_plant(1)
        _, foreign = a_plant(2)
    assert filer.get(_asked(foreign, "B")).status_code == 404


@pytest.mark.parametrize("year", ["", "26", "２０２６", "20261", "年"])
def test_a_year_that_is_none_is_told(
    app: Flask, bureau: None, filer: FlaskClient, year: str
) -> None:
    with app.app_context():
        _, plant_id = a_plant()
    answer = filer.get(f"/filing/new?plant_id={plant_id}&year={year}&kind=first&target=B")
    assert answer.status_code == 200
    assert "四位数字" in answer.text
    with_script = filer.get(answer.request.url, headers={"HX-Request": "true"})
    assert "四位数字" in with_script.text


def test_the_home_says_what_comes_next(app: Flask, draft: int, filer: FlaskClient) -> None:
    home = filer.get("/filing/")
    assert "正在填报" in home.text
    assert "继续填报" in home.text


def test_without_a_plant_the_home_says_whom_to_ask(bureau: None, client_as: ClientAs) -> None:
    assert "请联系所在区县" in client_as("filer", uscc=code(9)).get("/filing/").text


# --- The transport summary ---------------------------------------------------------------------


def test_the_transport_summary_is_kept_or_told_what_is_wrong(
    app: Flask, draft: int, filer: FlaskClient
) -> None:
    url = f"/filing/{draft}/transport"
    wrong = filer.post(url, data={"seen": "0", "trips": "1.5", "gv_share": "120"})
    assert wrong.status_code == 422
    assert 'value="1.5"' in wrong.text
    assert "超过 100%" in wrong.text
    right = {"seen": "0", "trips": "1,200", "gv_share": "85％", "gate_connected": "yes"}
    assert filer.post(url, data=right).status_code == 303
    kept = _now(app, draft).transport.transport
    assert (kept.trips, str(kept.gv_share), kept.gate_connected) == (1200, "85", True)
    late = filer.post(url, data={**right, "trips": "7"})
    assert late.status_code == 409
    assert "1200" in late.text
    assert 'value="7"' in late.text


# --- Signing -----------------------------------------------------------------------------------


def _filled_in(app: Flask, filing_id: int) -> None:
    """Every row of the draft answered, for C."""
    with app.app_context(), writing("测试"):
        services.set_target(filing_id, "C")
        for row in ROWS:
            form = entry_form(row, GRADES)
            services.save_answer(
                filing_id, 1, row.key,
                Answer(
                    frozenset(it.id for it in form.clauses),
                    {it.quantity.id: Measured(Decimal(18), Decimal(9)) for it in form.measures},
                    {it.subject: Decimal(60) for it in form.shares},
                    {it.subject: True for it in form.questions},
                ),
                0,
            )  # fmt: skip


def _statements(app: Flask, filing_id: int) -> list[str]:
    with app.app_context():
        return [f"{it.id}:{it.sha256}" for it in statements_of(working(filing(filing_id)))]


def test_only_the_signatory_signs_with_the_own_password_and_every_statement_accepted(
    app: Flask, draft: int, filer: FlaskClient, client_as: ClientAs
) -> None:
    _filled_in(app, draft)
    signatory, url = client_as("signatory", uscc=code(1)), f"/filing/{draft}/submit"
    accepted = _statements(app, draft)
    form = {"password": PASSWORD, "form_key": "one", "accept": accepted}
    assert filer.post(url, data=form).status_code == 403
    overviews = [it.get(f"/filing/{draft}").text for it in (filer, signatory)]
    assert ["请通知本企业签署人" in it for it in overviews] == [True, False]
    wrong = signatory.post(url, data={**form, "password": "x"})
    assert (wrong.status_code, "口令不正确" in wrong.text) == (422, True)
    short = signatory.post(url, data={**form, "accept": accepted[:1]})
    assert (short.status_code, "没有勾选" in short.text) == (422, True)
    assert filing_state(app, draft) is State.DRAFT
    done = signatory.post(url, data=form)
    assert done.status_code == 303
    assert "申报已提交" in signatory.get(done.location).text


def test_twice_the_button_and_a_second_tab_are_one_submission(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    _filled_in(app, draft)
    signatory, url = client_as("signatory", uscc=code(1)), f"/filing/{draft}/submit"
    accepted = _statements(app, draft)
    form = {"password": PASSWORD, "form_key": "one", "accept": accepted}
    answers = [signatory.post(url, data=form) for _ in range(2)]
    answers.append(signatory.post(url, data={**form, "form_key": "another tab"}))
    assert {it.status_code for it in answers} == {303}
    assert len({it.location for it in answers}) == 1
    with app.app_context():
        assert len(submissions_of(draft)) == 1
    again = signatory.get(url)
    assert again.status_code == 303
    assert again.location == f"/filing/{draft}"


def test_a_submission_is_taken_back_with_a_reason(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    _filled_in(app, draft)
    signatory = client_as("signatory", uscc=code(1))
    accepted = _statements(app, draft)
    form = {"password": PASSWORD, "form_key": "one", "accept": accepted}
    signatory.post(f"/filing/{draft}/submit", data=form)
    assert "撤回申报" not in client_as("filer", uscc=code(1)).get(f"/filing/{draft}").text
    refused = signatory.post(f"/filing/{draft}/withdraw", data={"reason": " "})
    assert (refused.status_code, "写明理由" in refused.text) == (422, True)
    assert (
        signatory.post(f"/filing/{draft}/withdraw", data={"reason": "数据有误"}).status_code == 303
    )
    assert filing_state(app, draft) is State.WITHDRAWN


def test_the_county_reads_what_was_submitted_and_another_county_does_not(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    _filled_in(app, draft)
    signatory = client_as("signatory", uscc=code(1))
    accepted = _statements(app, draft)
    form = {"password": PASSWORD, "form_key": "one", "accept": accepted}
    signatory.post(f"/filing/{draft}/submit", data=form)
    own, other = (client_as("county-officer", county=it) for it in (YUECHENG, KEQIAO))
    read = own.get(f"/filing/{draft}", follow_redirects=True)
    assert "18 mg/m³（实测氧含量 9%）" in read.text
    assert "国五及以上车辆比例≥80%" in read.text
    assert other.get(f"/filing/{draft}").status_code == 404
    assert own.get(f"/filing/{draft}/assess").status_code == 404, "the enterprise's own to work on"
    with app.app_context():
        (sent,) = submissions_of(draft)
    assert other.get(f"/filing/submissions/{sent.id}").status_code == 404
    listed = own.get("/filing/submissions?kind=first&target=C&q=示例1号")
    assert sent.receipt in listed.text
    assert "没有符合条件的申报" in own.get("/filing/submissions?target=A").text
    for kind in ("xlsx", "csv"):
        made = own.post("/filing/submissions/export", data={"format": kind})
        with own.get(made.location) as fetched:
            assert fetched.status_code == 200


def test_a_content_that_cannot_be_read_is_said_on_every_page_of_it(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    officer = client_as("county-officer", county=YUECHENG)
    strange = ("{}", "no json", "[]", '{"format":"jixiao-filing-2"}')
    with app.app_context(), writing("测试") as current:
        ids = [
            db.session.execute(
                insert(FilingSubmission).values(
                    filing_id=draft, number=number, receipt=f"HZ-{number}", content=content,
                    sha256="0" * 64, grade=None, submitted_at=current.moment,
                    submitted_by_name="示例", form_key=f"strange-{number}",
                ).returning(FilingSubmission.id)
            ).scalar_one()
            for number, content in enumerate(strange, start=1)
        ]  # fmt: skip
        audit.record("test.recorded", "filing", draft)
    for submission_id in ids:
        for part in ("", "/receipt", "/papers/record"):
            answer = officer.get(f"/filing/submissions/{submission_id}{part}")
            assert answer.status_code in {303, 409}, f"{strange[submission_id - ids[0]]} {part}"
        said = officer.get(f"/filing/submissions/{submission_id}").text
        assert "联系系统管理员" in said
        assert '<a href="/filing/submissions">返回申报列表' in said
    with app.app_context():  # and nobody is kept from filing anew
        found = filing(draft)
        assert earlier_submission(replace(found, id=found.id + 1)) is None
