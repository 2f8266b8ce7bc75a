"""What is typed wrongly, carelessly or in bad faith into the forms of facts (经办登记)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.approvals.models import ProposalRow
from app.desk.queries.facts import MODELS
from app.kernel import audit, clock
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.services import PlantEntry, register_plants
from tests.desk import HEAD, OFFICER, VIOLATION, confirmed, graded_plant
from tests.people import KEQIAO, ClientAs

TODAY = str(clock.today())
FORMS: dict[str, dict[str, str]] = {
    "violations": {**VIOLATION, "decided_on": TODAY},
    "findings": {"reach": "plant", "found_on": TODAY, "document": "认1", "note": ""},
    "grades": {
        "rulebook": "shaoxing-2023", "grade": "A", "effective_on": TODAY, "expires_on": "",
        "source": "核定", "document": "浙环1号",
    },
}  # fmt: skip
DAY_OF = {"violations": "decided_on", "findings": "found_on", "grades": "effective_on"}
MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"day": "25-6-30"}, "不是有效日期"),
    ({"day": "二〇二五年六月三十日"}, "不是有效日期"),
    ({"day": "2025年2月30日"}, "不是有效日期"),
    ({"day": "9999-12-31"}, "不是有效日期"),
    ({"day": ""}, "没有填写"),
    ({"document": ""}, "文号"),
    ({"document": "\u3000\u200b "}, "文号"),
    ({"document": "文" * 101}, "最多 100 个字"),
    ({"document": "罚" * 1_000_000}, "最多 100 个字"),
]


def rows(app: Flask) -> int:
    """Facts and proposals together."""
    with app.app_context():
        found = sum(
            db.session.execute(select(func.count()).select_from(it)).scalar_one()
            for it in (*MODELS.values(), ProposalRow)
        )
        db.session.rollback()
    return found


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_every_mistake_is_named_at_its_field_and_writes_nothing(
    app: Flask, client_as: ClientAs
) -> None:
    plant, head = graded_plant(app), client_as(HEAD)
    before = rows(app)
    for listed, form in FORMS.items():
        for mistake, sentence in MISTAKES:
            typed = {DAY_OF[listed] if name == "day" else name: it for name, it in mistake.items()}
            answer = head.post(f"/desk/plants/{plant}/{listed}/new", data={**form, **typed})
            assert answer.status_code == 422, (listed, mistake)
            assert sentence in answer.text, (listed, mistake)
            assert f'href="#f-{next(iter(typed))}"' in answer.text, (listed, mistake)
    assert rows(app) == before


@pytest.mark.parametrize(
    "day", ["{0.year}年{0.month}月{0.day}日", "{0.year}.{0.month}.{0.day}", "{0:%Y%m%d}",
            "{0.year}。{0.month}。{0.day}", "{0.year}年{0.month}月{0.day}号"],
)  # fmt: skip
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_day_is_read_as_people_type_it(app: Flask, client_as: ClientAs, day: str) -> None:
    plant, head = graded_plant(app), client_as(HEAD)
    for listed, form in FORMS.items():
        typed = {**form, DAY_OF[listed]: day.format(clock.today())}
        seen = head.post(f"/desk/plants/{plant}/{listed}/new", data=typed)
        assert seen.status_code == 200, (listed, seen.text)
        assert TODAY in seen.text


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_tampered_fields_choices_and_fingerprints_are_refused(
    app: Flask, client_as: ClientAs
) -> None:
    plant, head = graded_plant(app), client_as(HEAD)
    before = rows(app)
    tampered: list[tuple[str, dict[str, str], int]] = [
        ("violations", {"kind": "<script>"}, 422),
        ("violations", {"reach": "everything"}, 422),
        ("violations", {"step": "confirm", "seen": "0" * 32}, 409),
        ("violations", {"step": "confirm"}, 409),
        ("findings", {"step": "confirm", "seen": "' OR 1=1"}, 409),
        ("grades", {"grade": "S"}, 422),
        ("grades", {"rulebook": "../../etc"}, 422),
        ("grades", {"source": "系统"}, 422),
    ]
    for listed, change, status in tampered:
        form: dict[str, Any] = {**FORMS[listed], **change}
        answer = head.post(f"/desk/plants/{plant}/{listed}/new", data=form)
        assert answer.status_code == status, (listed, change)
    assert rows(app) == before
    smuggled = {**FORMS["violations"], "barring_reason": "夹带", "withdrawn_on": TODAY}
    done = confirmed(head, f"/desk/plants/{plant}/violations/new", smuggled)
    assert done.status_code == 303
    assert "夹带" not in head.get(done.location).text


def test_a_county_does_not_record_for_the_whole_of_an_enterprise_that_reaches_further(
    app: Flask, client_as: ClientAs
) -> None:
    plant, officer, city = graded_plant(app), client_as(OFFICER), client_as("city-officer")
    with app.app_context():
        found = MODELS["violation"].metadata.tables["plant_record"].c
        (owner,) = db.session.execute(select(found.enterprise_id)).scalars()
        with writing("测试"):
            register_plants([PlantEntry(owner, "002", "分厂", KEQIAO)])
            audit.record("test.act", "plant", plant)
    address = f"/desk/plants/{plant}/violations/new"
    wide = {**FORMS["violations"], "reach": "enterprise"}
    refused = officer.post(address, data=wide)
    assert refused.status_code == 422
    assert "由市局登记" in refused.text
    fact = confirmed(city, address, wide).location
    assert officer.get(fact).status_code == 200
    assert "由市局办理" in officer.get(fact).text
    for verb in ("withdraw", "correct", "annul"):
        assert officer.get(f"{fact}/{verb}").status_code == 403, verb
    narrowed = {**FORMS["violations"], "reason": "只涉及一个厂区"}
    assert officer.post(f"{fact}/correct", data=narrowed).status_code == 403


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_who_proposed_does_not_approve_and_a_reason_has_an_end(
    app: Flask, client_as: ClientAs
) -> None:
    """PLAN-FALSE: the second person is another one, though the first holds both permissions."""
    plant, head = graded_plant(app), client_as("city-head")
    waits = confirmed(head, f"/desk/plants/{plant}/findings/new", FORMS["findings"]).location
    before = rows(app)
    assert head.post(f"{waits}/approve", data={"note": ""}).status_code == 409
    assert head.post(f"{waits}/refuse", data={"reason": "自己退回"}).status_code == 409
    assert rows(app) == before
    fact = confirmed(head, f"/desk/plants/{plant}/violations/new", FORMS["violations"]).location
    long = head.post(f"{fact}/annul", data={"reason": "长" * 1_000_000})
    assert long.status_code == 422
    assert "最多 500 个字" in long.text
