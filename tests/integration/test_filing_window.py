"""窗口代录: an officer enters a filing from stamped paper, and the scan of it is the signature."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.filing import record, services
from app.filing.commitment import SCAN
from app.filing.commitment_paper import of_content
from app.filing.domain import Severity, State, Way
from app.filing.models import FilingEvidence
from app.filing.queries import (
    Filing,
    entered_by,
    findings_of,
    plants_found,
    steps_of,
    submissions_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.grades.services import GradeEntry, record_grades
from app.inbox.models import Message
from app.kernel import audit
from app.kernel.authority import Scope
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.services import IndustryEntry, record_industries
from app.rulebook.queries import catalogue
from tests.evidence_files import office, pdf
from tests.facts import a_plant, code
from tests.filings import answers, attach, begun, filing, put_in_force, table
from tests.people import KEQIAO, PASSWORD, YUECHENG, ClientAs

START = {"year": "2026", "kind": "first", "target": "C", "title": "绩效分级申报表",
         "signed_on": "2026.1.5", "pages": "12", "form_key": "paper-1"}  # fmt: skip


@pytest.fixture
def plant(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()[1]


@pytest.fixture
def officer(client_as: ClientAs) -> FlaskClient:
    return client_as("county-officer", county=YUECHENG)


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


def _start(officer: FlaskClient, plant: int, **other: str) -> int:
    answer = officer.post("/filing/window/new", data={**START, "plant_id": str(plant), **other})
    assert answer.status_code == 303, answer.text
    return int(answer.location.split("/filing/")[1].split("/")[0])


def _fill(app: Flask, filing_id: int, actor: int) -> None:
    with app.app_context(), writing("测试", actor_id=actor, actor_name="李代录"):
        for key, answer in answers().items():
            services.save_answer(filing_id, 1, key, answer, 0)
        for key, kind in (("1", "监测报告"), ("2", ""), ("3", "")):
            attach(filing_id, key, kind)


def _scan(officer: FlaskClient, filing_id: int, number: int = 1) -> None:
    form = {"files": (BytesIO(pdf(number)), "盖章.pdf")}
    assert officer.post(f"/filing/{filing_id}/window/scan", data=form).status_code == 303


def _submit(app: Flask, officer: FlaskClient, filing_id: int, **other: object) -> int:
    with app.app_context():
        keys = [f"{it.id}:{it.sha256}" for it in statements_of(working(filing(filing_id)))]
    form = {"accept": keys, "signer": "王签署", "password": PASSWORD, "form_key": "sent-1"}
    return officer.post(f"/filing/{filing_id}/window/submit", data={**form, **other}).status_code


def _now(app: Flask, filing_id: int) -> Filing:
    with app.app_context():
        return filing(filing_id)


def _messages(app: Flask, filing_id: int) -> list[str]:
    with app.app_context():
        query = select(Message.title).where(Message.source == f"filing-window:{filing_id}")
        return list(db.session.execute(query.order_by(Message.id)).scalars())


def _officer_id(app: Flask, filing_id: int) -> int:
    opened = _now(app, filing_id).opened_by
    assert opened is not None
    return opened


def test_from_the_paper_to_the_submission(
    app: Flask, plant: int, officer: FlaskClient, filer: FlaskClient
) -> None:
    found = officer.get("/filing/window", query_string={"q": code(1)}).text
    assert f"/filing/window/new?plant_id={plant}" in found
    filing_id = _start(officer, plant)
    assert _start(officer, plant) == filing_id, "the same form is one filing"
    kept = _now(app, filing_id)
    assert kept.way is Way.WINDOW
    assert kept.paper == "2026-01-05 签章的《绩效分级申报表》，共 12 页"
    assert len(_messages(app, filing_id)) == 1
    assert kept.paper in officer.get(f"/filing/{filing_id}").text
    assert kept.paper in filer.get(f"/filing/{filing_id}/assess").text, "the enterprise sees it"
    assert officer.get(f"/filing/{filing_id}/submit").location.endswith("/window")

    _fill(app, filing_id, _officer_id(app, filing_id))
    assert _submit(app, officer, filing_id) == 422, "without the scan nothing is submitted"
    assert _now(app, filing_id).state is State.DRAFT
    _scan(officer, filing_id)
    assert _submit(app, officer, filing_id, signer="") == 422
    assert _submit(app, officer, filing_id, password="falsch") == 422
    assert _now(app, filing_id).state is State.DRAFT
    assert _submit(app, officer, filing_id) == 303
    assert _submit(app, officer, filing_id) == 303, "the same form sent twice is one submission"

    with app.app_context():
        (sent,) = submissions_of(filing_id)
    content = json.loads(sent.content)
    assert (content["way"], content["paper"]) == ("window", kept.paper)
    signed = content["commitment"]
    assert signed["signed_by"] == "王签署"
    assert "窗口代录" in signed["role"]
    assert {it["by"] for it in signed["statements"]} == {"王签署（书面）"}
    assert SCAN in {it["kind"] for it in content["evidence"]}
    assert len(_messages(app, filing_id)) == 2
    page = officer.get(f"/filing/submissions/{sent.id}").text
    assert "窗口代录" in page
    assert kept.opened_by_name in page
    assert "口令" not in "".join(of_content(content, sent.sha256, bureau="").signed)


def test_the_enterprise_reads_but_does_not_alter_what_is_entered_from_its_paper(
    app: Flask, plant: int, officer: FlaskClient, filer: FlaskClient
) -> None:
    filing_id = _start(officer, plant)
    assert filer.get(f"/filing/{filing_id}").status_code == 200
    assert "disabled" in filer.get(f"/filing/{filing_id}/assess").text
    for path, form in (("assess", {}), ("target", {"target": "D"}), ("discard", {"reason": "否"})):
        assert filer.post(f"/filing/{filing_id}/{path}", data=form).status_code == 409, path
    files = {"place": "0", "row": "", "files": (BytesIO(pdf(1)), "a.pdf")}
    assert filer.post(f"/filing/{filing_id}/evidence", data=files).status_code == 404
    assert filer.get(f"/filing/{filing_id}/window").status_code == 403
    assert _now(app, filing_id).state is State.DRAFT


def test_an_officer_works_on_no_filing_of_the_enterprises_own_nor_of_another_county(
    app: Flask, plant: int, officer: FlaskClient, client_as: ClientAs
) -> None:
    with app.app_context():
        own = begun(plant, "C")
    assert officer.get(f"/filing/{own}/assess").status_code == 404
    assert officer.get(f"/filing/{own}/window").status_code == 404
    with app.app_context(), writing("测试"):
        services.discard(own, "改由窗口办理")
    there = _start(officer, plant)
    stranger = client_as("county-head", county=KEQIAO)
    assert stranger.get(f"/filing/{there}").status_code == 404
    assert stranger.get(f"/filing/{there}/assess").status_code == 404
    assert stranger.get(f"/filing/{there}/window").status_code == 404
    assert stranger.get("/filing/window/new", query_string={"plant_id": plant}).status_code == 404
    with app.app_context():
        assert plants_found(Scope(frozenset({KEQIAO})), code(1)) == ([], 0)
        assert plants_found(Scope(frozenset({YUECHENG})), code(1))[1] == 1
        assert plants_found(Scope(frozenset({YUECHENG})), "%") == ([], 0)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("title", "", "纸质材料名称"),
        ("title", "表" * 101, "超过 100"),
        ("signed_on", "", "签章日期"),
        ("signed_on", "2999-01-01", "晚于今天"),
        ("signed_on", "去年", "不是有效日期"),
        ("pages", "0", "页数"),
        ("pages", "十二", "页数"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_at_its_field(
    plant: int, officer: FlaskClient, field: str, typed: str, told: str
) -> None:
    form = {**START, "plant_id": str(plant), field: typed}
    answer = officer.post("/filing/window/new", data=form)
    assert answer.status_code == 422
    assert told in answer.text


def test_who_entered_it_does_not_review_it(app: Flask, plant: int, officer: FlaskClient) -> None:
    filing_id = _start(officer, plant)
    first, second = _officer_id(app, filing_id), 777_001
    _fill(app, filing_id, second)
    _scan(officer, filing_id)
    assert _submit(app, officer, filing_id) == 303
    with app.app_context():
        assert entered_by(filing_id) == {first, second}
        assert [it.action for it in steps_of(filing_id)].count("enter") == 1, "told once a person"
    for actor in (first, second):
        with (
            app.app_context(),
            writing("测试", actor_id=actor, actor_name="代录人"),
            pytest.raises(Refused, match="代为录入"),
        ):
            services.take_up(filing_id)
    with app.app_context(), writing("测试", actor_id=777_002, actor_name="他人"):
        services.take_up(filing_id)
        services.send_back(filing_id, "缺页")
    with app.app_context():
        assert entered_by(filing_id) == {first, second}, "who reviews has entered nothing"


def test_a_scan_of_another_paper_is_none(app: Flask, plant: int, officer: FlaskClient) -> None:
    """One carried over from another year, or from before the filing was returned."""
    filing_id = _start(officer, plant)

    def lacks_scan() -> bool:
        with app.app_context():
            found = findings_of(working(filing(filing_id)))
            return any(it.key == "window:scan" and it.severity is Severity.ERROR for it in found)

    assert lacks_scan()
    with app.app_context(), writing("测试") as current:
        db.session.execute(
            insert(FilingEvidence).values(
                filing_id=filing_id, place=0, row_key="", kind=SCAN, sha256="ab" * 32,
                name="去年.pdf", size=10, media="pdf", pages=1, note="", confirmed=True,
                carried_from=1, added_at=current.moment, added_by=2, added_by_name="张三",
            )
        )  # fmt: skip
        audit.record("test.carried", "filing", filing_id)
    assert lacks_scan()
    _scan(officer, filing_id)
    assert not lacks_scan()
    _fill(app, filing_id, 1)
    assert _submit(app, officer, filing_id) == 303
    with app.app_context(), writing("测试", actor_id=777_002, actor_name="他人"):
        services.send_back(filing_id, "缺页")
    assert lacks_scan()


def test_what_anybody_can_alter_is_no_scan(app: Flask, plant: int, officer: FlaskClient) -> None:
    filing_id = _start(officer, plant)
    form = {"files": (BytesIO(office("[Content_Types].xml", "word/document.xml")), "承诺书.docx")}
    officer.post(f"/filing/{filing_id}/window/scan", data=form)
    assert "不是扫描件" in officer.get(f"/filing/{filing_id}/window").text
    with app.app_context():
        assert working(filing(filing_id)).evidence == ()


def test_a_filing_of_the_enterprises_own_is_signed_by_no_paper(
    app: Flask, plant: int, officer: FlaskClient
) -> None:
    with app.app_context():
        own = begun(plant, "C")
    assert _submit(app, officer, own) == 404
    assert _now(app, own).state is State.DRAFT


def test_the_search_for_a_plant_goes_on_beyond_its_first_page(
    app: Flask, plant: int, officer: FlaskClient, client_as: ClientAs
) -> None:
    elsewhere = client_as("county-officer", county=KEQIAO)
    assert "示例1号" not in elsewhere.get("/filing/window", query_string={"q": "示例 本部"}).text
    with app.app_context():
        for number in range(2, 24):
            a_plant(number)
    first = officer.get("/filing/window", query_string={"q": "示例 本部"}).text
    assert "共 23 个厂区" in first
    assert "第 1 页，共 2 页" in first
    last = officer.get("/filing/window", query_string={"q": "示例 本部", "page": "9"}).text
    assert last.count('<th scope="row"') == 3
    assert "示例7号有限公司" in officer.get("/filing/window", query_string={"q": "sl7h"}).text


def test_the_renewal_list_and_the_plants_page_lead_to_the_window(
    app: Flask, plant: int, officer: FlaskClient, client_as: ClientAs
) -> None:
    with app.app_context(), writing("测试"):
        grade = GradeEntry(plant, "shaoxing-2023", "B", date(2025, 1, 1), None, "核定", "文")
        record_grades([grade])
        audit.record("test.graded", "plant", plant)
    year = today().year
    there = f"/filing/window/new?plant_id={plant}&amp;year={year}&amp;kind=renewal"
    assert there in officer.get(f"/filing/renewals?year={year}").text
    assert f"/filing/window/new?plant_id={plant}" in officer.get(f"/plants/{plant}").text
    city = client_as("city-officer")
    assert "/filing/window" not in city.get(f"/filing/renewals?year={year}").text
    assert "/filing/window" not in city.get(f"/plants/{plant}").text
    _start(officer, plant, kind="renewal", target="B")
    assert there not in officer.get(f"/filing/renewals?year={year}").text, "one is under way"


def test_what_came_back_is_corrected_on_another_paper(
    app: Flask, plant: int, officer: FlaskClient
) -> None:
    filing_id = _start(officer, plant)
    _fill(app, filing_id, _officer_id(app, filing_id))
    _scan(officer, filing_id)
    assert "请填写更正后的纸质材料" not in officer.get(f"/filing/{filing_id}/window").text
    assert _submit(app, officer, filing_id) == 303
    with app.app_context(), writing("测试", actor_id=777_002, actor_name="他人"):
        services.send_back(filing_id, "缺页")
    assert "请填写更正后的纸质材料" in officer.get(f"/filing/{filing_id}/window").text
    _scan(officer, filing_id, 2)
    again: dict[str, object] = {"form_key": "sent-2"}
    paper = {"title": "更正说明", "signed_on": today().isoformat(), "pages": "3",
             "asks_paper": "1"}  # fmt: skip
    assert _submit(app, officer, filing_id, **again) == 422, "on which paper is not said"
    assert _submit(app, officer, filing_id, **again, **{**paper, "pages": "0"}) == 422
    old = {**paper, "signed_on": "2026-01-05"}
    assert _submit(app, officer, filing_id, **again, **old) == 422, "the first paper is no other"
    assert _now(app, filing_id).paper == "2026-01-05 签章的《绩效分级申报表》，共 12 页"
    assert _submit(app, officer, filing_id, **again, **paper) == 303
    with app.app_context():
        first, second = (json.loads(it.content) for it in submissions_of(filing_id))
    assert "绩效分级申报表" in first["paper"]
    assert second["paper"] == f"{today()} 签章的《更正说明》，共 3 页"


def test_the_record_says_who_entered_it_on_which_paper_and_that_the_scan_signs(
    app: Flask, plant: int, officer: FlaskClient
) -> None:
    filing_id = _start(officer, plant)
    _fill(app, filing_id, _officer_id(app, filing_id))
    _scan(officer, filing_id)
    assert _submit(app, officer, filing_id) == 303
    kept = _now(app, filing_id)
    with app.app_context():
        (sent,) = submissions_of(filing_id)
    head = dict(record.values(json.loads(sent.content), sent.sha256)["head"])
    assert head["填报方式"] == f"窗口代录（依据：{kept.paper}）"
    assert head["代录人"].startswith(f"{kept.opened_by_name}、李代录，")
    assert "开始录入" in head["代录人"]
    assert head["签署"] == "王签署在纸质材料上签名盖章，以扫描件为准（材料第 1 份）"
    assert head["提交"].endswith(f"由{kept.opened_by_name}在窗口代为提交")


def test_an_industry_without_a_known_scheme_says_so_and_whom_to_ask(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    with app.app_context():
        unknown = a_plant(2, industry="印染")[1]
    ask = "没有登记本厂区行业“印染”的等级方案（未核实）"
    officer = client_as("county-officer", county=YUECHENG)
    assert ask in officer.get(f"/filing/window/new?plant_id={unknown}").text
    assert ask not in officer.get(f"/filing/window/new?plant_id={plant}").text
    whom = "请联系所在区县生态环境分局，由其报市局登记"
    own = client_as("filer", uscc=code(2)).get("/filing/new").text
    assert ask in own
    assert whom in own
    assert whom not in officer.get(f"/filing/window/new?plant_id={unknown}").text

    with app.app_context(), writing("测试"):
        other = catalogue().match("铸造").industry
        assert other is not None
        record_industries([IndustryEntry(unknown, other.id, "", "参照")])
        audit.record("test.recorded", "plant", unknown)
    asked = f"/filing/window/new?plant_id={unknown}&year=2026&kind=first&target=B"
    told = officer.get(asked).text
    assert "没有登记本厂区行业“印染”的等级方案（未核实）" in told
    assert "开始代录" not in told
