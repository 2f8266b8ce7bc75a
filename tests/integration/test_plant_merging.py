"""An enterprise on record twice becomes one, decided by two people (重复企业归并)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from flask import Flask

from app.accounts.queries import holders_for
from app.desk.merging import carry_out
from app.grades.queries import standings_on
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.ledger.queries.register import register_now
from app.registry.queries import absorbed_enterprises, find_plant, list_plants
from app.registry.services import EnterpriseEntry, correct_enterprises
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant, code
from tests.integration.test_plant_pages import hidden, previewed
from tests.ledger_imports import imported, someone
from tests.people import ClientAs

DAY = date(2025, 6, 30)
WHY = {"reason": "同一企业两次登记", "document": "执照"}


def two_of_one_name(app: Flask) -> tuple[tuple[int, int], tuple[int, int]]:
    """Both with plant 001; the second has a violation of the whole enterprise."""
    with app.app_context():
        stays, gone = a_plant(1), a_plant(2)
        with writing("测试"):
            name = "华越铸造（绍兴）有限公司"
            correct_enterprises(
                {
                    stays[0]: EnterpriseEntry(code(1), name),
                    gone[0]: EnterpriseEntry(code(2), name.replace("（", "(").replace("）", ")")),
                }
            )
            wide = ViolationEntry(
                gone[0], None, "未依法环评", None, date(2025, 3, 1), "罚〔2025〕1"
            )
            record_violations([wide])
            audit.record("test", "enterprise", gone[0])
    return stays, gone


def test_two_people_merge_and_the_same_plants_stay_barred(app: Flask, client_as: ClientAs) -> None:
    """PLAN-BLOCK: what barred the plants of the vanishing record bars exactly those."""
    first, second = client_as("county-officer"), client_as("county-head")
    stays, gone = two_of_one_name(app)
    assert "企业名称相同" in first.get("/desk/enterprises/duplicates").text
    address = f"/desk/enterprises/{gone[0]}/merge-into/{stays[0]}"
    sends = previewed(first, address, **WHY)
    answer = first.post(address, data=sends)
    assert answer.status_code == 303
    assert first.post(address, data=sends).location == answer.location
    with app.app_context():
        assert len({it.enterprise_id for it in list_plants(EVERYTHING)}) == 2
    proposal = second.get(answer.location).text
    assert "罚" in proposal or "归并" in proposal
    approve = second.post(f"{answer.location}/approve", data={**hidden(proposal), "note": "同意"})
    assert approve.status_code == 303, approve.text
    with app.app_context():
        plants = {it.plant_id: it for it in list_plants(EVERYTHING)}
        assert {it.uscc for it in plants.values()} == {code(1)}
        assert plants[gone[1]].number == "002"
        standings = standings_on([stays[1], gone[1]], DAY)
        assert (standings[stays[1]].blocked, standings[gone[1]].blocked) == (False, True)
        assert absorbed_enterprises() == {gone[0]: stays[0]}
    assert "重复企业归并" in first.get(f"/plants/{gone[1]}").text


def test_an_old_workbook_names_the_plant_it_meant(
    app: Flask, client_as: ClientAs, tmp_path: Path
) -> None:
    """contracts/ledger.md, Identity: the former owner's code and number are matched."""
    client_as("county-officer")
    stays, gone = two_of_one_name(app)
    with app.app_context():
        with writing("测试"):
            carry_out({"gone": gone[0], "stays": stays[0], **WHY})
        register = register_now()
        assert register.absorbed_codes == {code(2): gone[0]}
        assert register.former_numbers[gone[0], "001"] == {gone[1]}
        db.session.rollback()
        who = someone("city-officer").display_name
    row = {
        "统一社会信用代码": code(2), "厂区编号": "001", "厂区名称": "老厂", "区县代码": "330602",
    }  # fmt: skip
    imported(app, {"厂区": [row]}, tmp_path, "--by", who)
    with app.app_context():
        renamed, other = find_plant(gone[1], EVERYTHING), find_plant(stays[1], EVERYTHING)
        assert renamed is not None
        assert other is not None
        assert (renamed.name, other.name) == ("老厂", "本部")
        assert len(list_plants(EVERYTHING)) == 2


def test_accounts_of_the_vanished_code_are_moved_by_the_security_administrator(
    app: Flask, client_as: ClientAs
) -> None:
    """Whoever keeps the register grants nothing; whoever grants is asked, the holder is told."""
    client_as("county-officer")
    stays, gone = two_of_one_name(app)
    filer, security = client_as("filer", uscc=code(2)), client_as("security-admin")
    assert filer.get(f"/plants/{gone[1]}").status_code == 200
    with app.app_context(), writing("测试", actor_id=someone("city-officer").user_id):
        carry_out({"gone": gone[0], "stays": stays[0], **WHY})
    assert filer.get(f"/plants/{gone[1]}").status_code == 404
    assert "账号等待改授" in filer.get("/inbox?part=notices").text
    waiting = security.get("/approvals").text
    (link,) = set(re.findall(r'href="(/approvals/[0-9]+)"', waiting))
    proposal = security.get(link).text
    assert code(1) in proposal
    approve = security.post(f"{link}/approve", data={**hidden(proposal), "note": ""})
    assert approve.status_code == 303, approve.text
    assert filer.get("/").status_code == 303  # every change of rights ends the session
    with app.app_context():
        assert [name for _, name, _ in holders_for(code(1))]
        assert holders_for(code(2)) == []
