"""Facts by hand: form, preview, done; by two people where it takes two (经办登记)."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select

from app.approvals import services as approvals
from app.approvals.models import ProposalRow
from app.grades.models import GradeRow
from app.grades.queries import standings_on
from app.kernel import clock
from app.kernel.database import db
from app.supervision.models import FindingRecord, ViolationRecord
from tests.desk import HEAD, OFFICER, VIOLATION, confirmed, fingerprint, graded_plant
from tests.people import KEQIAO, ClientAs


def violations(app: Flask) -> list[ViolationRecord]:
    with app.app_context():
        query = select(ViolationRecord).order_by(ViolationRecord.id)
        found = list(db.session.execute(query).scalars())
        db.session.expunge_all()
        return found


def form(**changes: str) -> dict[str, str]:
    return {**VIOLATION, "decided_on": str(clock.today()), **changes}


def test_a_violation_is_recorded_after_its_preview(app: Flask, client_as: ClientAs) -> None:
    """PLAN-BLOCK, USER-SUPERVISE: nothing is written before it is confirmed."""
    plant = graded_plant(app)
    officer = client_as(OFFICER)
    address = f"/desk/plants/{plant}/violations/new"
    assert address in officer.get(f"/plants/{plant}").text
    assert officer.get(address).status_code == 200
    seen = officer.post(address, data=form())
    year = clock.today().year
    assert f"{year} 年当年不得申报 B 级（含引领性）及以上，至 {year}-12-31（含）" in seen.text
    assert "退出“监督执法正面清单”（原位次 1）" in seen.text
    assert violations(app) == []
    done = officer.post(address, data=form(step="confirm", seen=fingerprint(seen)))
    assert done.status_code == 303
    assert "绍环罚〔2026〕1号" in officer.get(done.location).text
    with app.app_context():
        assert standings_on([plant], clock.today())[plant].blocked
    assert "绍环罚〔2026〕1号" in officer.get("/desk/violations").text


def test_the_same_violation_is_not_recorded_twice(app: Flask, client_as: ClientAs) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    address = f"/desk/plants/{plant}/violations/new"
    seen = fingerprint(officer.post(address, data=form()))
    sent = form(step="confirm", seen=seen)
    assert officer.post(address, data=sent).status_code == 303
    again = officer.post(address, data=sent)
    assert again.status_code == 409
    assert "已登记" in again.text
    assert len(violations(app)) == 1
    other = officer.post(address, data=form(document="绍环罚[2026]1号"))
    assert other.status_code == 409


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    app: Flask, client_as: ClientAs
) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    address = f"/desk/plants/{plant}/violations/new"
    wrong = officer.post(address, data=form(acted_on="2099-1-1", document="留住的文号"))
    assert wrong.status_code == 422
    assert "晚于决定日期" in wrong.text
    assert "留住的文号" in wrong.text
    empty = officer.post(address, data={})
    assert empty.status_code == 422
    assert "没有填写决定文号" in empty.text


def test_a_register_that_moved_shows_the_new_preview(app: Flask, client_as: ClientAs) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    address = f"/desk/plants/{plant}/violations/new"
    seen = fingerprint(officer.post(address, data=form()))
    graded_plant(app, 2, "A")
    moved = officer.post(address, data=form(step="confirm", seen=seen))
    assert moved.status_code == 409
    assert "登记簿已有变动" in moved.text
    assert violations(app) == []
    assert confirmed(officer, address, form()).status_code == 303


def test_withdrawn_and_corrected_by_a_record_that_names_the_old_one(
    app: Flask, client_as: ClientAs
) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    fact = confirmed(officer, f"/desk/plants/{plant}/violations/new", form()).location
    today = str(clock.today())
    withdrawal = {
        "withdrawn_on": today, "withdrawal_document": "复议〔2026〕2号",
        "withdrawal_reason": "事实不清",
    }  # fmt: skip
    done = confirmed(officer, f"{fact}/withdraw", withdrawal)
    assert done.status_code == 303
    with app.app_context():
        assert not standings_on([plant], clock.today())[plant].blocked
        day_before = clock.today() - timedelta(1)
        assert not standings_on([plant], day_before)[plant].blocked
    page = officer.get(f"/plants/{plant}").text
    assert "复议〔2026〕2号" in page
    assert "事实不清" in page
    corrected = confirmed(
        officer, f"{done.location}/correct",
        {**form(kind="其他"), **withdrawal, "reason": "类型登错"},
    )  # fmt: skip
    assert corrected.status_code == 303
    first, second, third = violations(app)
    assert (second.replaces_id, third.replaces_id) == (first.id, second.id)
    assert (second.annulled_reason, third.kind) == ("类型登错", "其他")
    shown = officer.get(corrected.location).text
    assert shown.count("原记录") == 2
    assert "类型登错" in shown


def test_two_people_on_one_record(app: Flask, client_as: ClientAs) -> None:
    """The second one is told who did what, keeps what was typed, and writes nothing."""
    plant, one, other = graded_plant(app), client_as(OFFICER), client_as(OFFICER)
    fact = confirmed(one, f"/desk/plants/{plant}/violations/new", form()).location
    assert other.get(f"{fact}/annul").status_code == 200
    correction = {**form(document="绍环罚〔2026〕8号"), "reason": "文号登错"}
    now = confirmed(one, f"{fact}/correct", correction).location
    late = other.post(f"{fact}/annul", data={"reason": "重复登记的一条"})
    assert late.status_code == 409
    assert "更正，理由：文号登错" in late.text
    assert "重复登记的一条" in late.text
    assert len(violations(app)) == 2
    again = other.post(f"{now}/annul", data={"reason": "重复登记的一条", "step": "again"})
    assert "重复登记的一条" in again.text
    assert confirmed(other, f"{now}/annul", {"reason": "重复登记的一条"}).status_code == 303
    assert all(it.annulled_at is not None for it in violations(app))


def test_a_finding_takes_effect_when_a_second_person_approves(
    app: Flask, client_as: ClientAs
) -> None:
    """PLAN-FALSE."""
    plant, head, city = graded_plant(app), client_as(HEAD), client_as("city-head")
    address, today = f"/desk/plants/{plant}/findings/new", clock.today()
    finding = {"reach": "plant", "found_on": str(today), "document": "认1", "note": "伪造台账"}
    seen = head.post(address, data=finding)
    assert "停在 D 级" in seen.text
    assert confirmed(head, address, finding).status_code == 303
    assert head.post(address, data=finding).status_code == 409
    with app.app_context():
        assert db.session.execute(select(FindingRecord)).first() is None
        (proposal,) = db.session.execute(select(ProposalRow.id)).scalars()
        db.session.rollback()
    assert head.post(f"/approvals/{proposal}/approve", data={"note": ""}).status_code >= 400
    preview = city.post(f"/approvals/{proposal}/preview")
    assert "停在 D 级" in preview.text
    assert city.post(f"/approvals/{proposal}/approve", data={"note": ""}).status_code == 303
    with app.app_context():
        standing = standings_on([plant], today)[plant]
        assert (standing.grade, standing.basis) == ("D", "finding")


def test_a_grade_is_held_against_scheme_and_ban_and_carried_out_once(
    app: Flask, client_as: ClientAs
) -> None:
    """PLAN-GRADES, PLAN-FALSE: carrying out validates again."""
    plant, head, city = graded_plant(app), client_as(HEAD), client_as("city-head")
    address, today = f"/desk/plants/{plant}/grades/new", clock.today()
    grade = {
        "rulebook": "shaoxing-2023", "grade": "A", "effective_on": str(today), "expires_on": "",
        "source": "核定", "document": "浙环〔2026〕1号",
    }  # fmt: skip
    outside = head.post(address, data={**grade, "grade": "引领性"})
    assert outside.status_code == 422
    assert "等级方案" in outside.text
    assert confirmed(head, address, grade).status_code == 303
    finding = {"reach": "plant", "found_on": str(today), "document": "认1", "note": ""}
    assert confirmed(head, f"/desk/plants/{plant}/findings/new", finding).status_code == 303
    with app.app_context():
        first, second = db.session.execute(
            select(ProposalRow.id).order_by(ProposalRow.id)
        ).scalars()
        db.session.rollback()
    assert city.post(f"/approvals/{second}/approve", data={"note": ""}).status_code == 303
    refused = city.post(f"/approvals/{first}/approve", data={"note": ""})
    assert refused.status_code >= 400
    assert "禁止期内" in refused.text
    with app.app_context():
        assert len(list(db.session.execute(select(GradeRow)).scalars())) == 1


def test_the_head_marks_an_other_violation_as_barring(app: Flask, client_as: ClientAs) -> None:
    """PLAN-BLOCK, 等: with a reason, by two people, lifted the same way."""
    plant, head, city = graded_plant(app), client_as(HEAD), client_as("city-officer")
    fact = confirmed(head, f"/desk/plants/{plant}/violations/new", form(kind="其他")).location
    assert client_as(OFFICER).get(f"{fact}/mark").status_code == 403
    assert confirmed(head, f"{fact}/mark", {"barring_reason": "情节严重"}).status_code == 303
    with app.app_context():
        (proposal,) = db.session.execute(select(ProposalRow.id)).scalars()
        db.session.rollback()
    assert city.post(f"/approvals/{proposal}/approve", data={"note": ""}).status_code == 303
    with app.app_context():
        standing = standings_on([plant], clock.today())[plant]
        assert (standing.blocked, standing.violations_36m) == (True, 0)
    now = violations(app)[-1]
    assert now.barring_reason == "情节严重"
    page = head.get(f"/desk/violations/{now.id}").text
    assert "取消限制认定" in page
    refused = head.post(f"/desk/violations/{now.id}/annul", data={"reason": "误登"})
    assert refused.status_code == 422
    assert "情节严重" in head.get(f"/plants/{plant}").text


def test_other_counties_find_nothing(app: Flask, client_as: ClientAs) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    fact = confirmed(officer, f"/desk/plants/{plant}/violations/new", form()).location
    stranger = client_as(HEAD, county=KEQIAO)
    for address in (fact, f"{fact}/annul", f"/desk/plants/{plant}/violations/new",
                    f"/desk/plants/{plant}/grades/new"):  # fmt: skip
        assert stranger.get(address).status_code == 404, address
    assert stranger.post(f"{fact}/annul", data={"reason": "x"}).status_code == 404
    assert "绍环罚" not in stranger.get("/desk/violations").text


def test_the_lists_search_filter_sort_and_export(app: Flask, client_as: ClientAs) -> None:
    plant, officer = graded_plant(app), client_as(OFFICER)
    address = f"/desk/plants/{plant}/violations/new"
    confirmed(officer, address, form())
    confirmed(officer, address, form(document="罚另", kind="其他", decided_on="2024-05-06"))
    every = officer.get("/desk/violations").text
    assert every.index("绍环罚〔2026〕1号") < every.index("罚另")
    rising = officer.get("/desk/violations?sort=day&order=asc").text
    assert rising.index("罚另") < rising.index("绍环罚〔2026〕1号")
    for query, found in (("q=罚另", True), ("q=没有", False), ("what=其他", True),
                         ("year=2024", True), ("year=2023", True), ("state=annulled", False),
                         ("state=standing", True), ("county=330602", True)):  # fmt: skip
        assert ("罚另" in officer.get(f"/desk/violations?{query}").text.split("chips")[-1]
                .replace("q=罚另", "")) is found, query  # fmt: skip
    for listed in ("violations", "findings", "grades"):
        assert officer.get(f"/desk/{listed}").status_code == 200
        sent = officer.post(f"/desk/{listed}/export")
        assert sent.status_code == 303
        with officer.get(sent.location) as file:
            assert file.data[:2] == b"PK"


def test_refused_carries_the_sentence(app: Flask, client_as: ClientAs) -> None:
    """A correction proposed for a grade that was corrected meanwhile is not carried out."""
    plant, head, city = graded_plant(app), client_as(HEAD), client_as("city-head")
    with app.app_context():
        (grade,) = db.session.execute(select(GradeRow.id)).scalars()
        db.session.rollback()
    ending = {"expires_on": str(date(2026, 1, 1)), "ending_document": "止1", "ending_reason": "x"}
    assert confirmed(head, f"/desk/grades/{grade}/withdraw", ending).status_code == 303
    second = head.post(f"/desk/grades/{grade}/annul", data={"reason": "误登"})
    assert second.status_code == 409
    assert "尚未办结" in second.text
    with app.app_context():
        (proposal,) = db.session.execute(select(ProposalRow.id)).scalars()
        db.session.rollback()
    assert "止1" in city.get(f"/approvals/{proposal}").text
    assert city.post(f"/approvals/{proposal}/approve", data={"note": ""}).status_code == 303
    assert head.get(f"/desk/grades/{grade}/annul").status_code == 409
    assert "止1" in head.get(f"/plants/{plant}").text
    assert approvals.kinds()
