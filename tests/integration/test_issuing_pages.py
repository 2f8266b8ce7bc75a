"""The pages of lists: from the form to the signed paper, its files, who may see and do what."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.issuing.domain import State
from app.issuing.queries import frozen_bytes, lines_of
from tests.issuing import all_of, issued, people, view
from tests.ledgers import load, read_ledger
from tests.people import KEQIAO, YUECHENG, ClientAs

NEW = {"list": "measure/positive-list", "as_of": "2025-06-30", "county": ""}
PARTS = ("lines", "changes", "flags", "basis", "history")


@pytest.fixture
def register(app: Flask, bureau: None) -> None:
    with app.app_context():
        load(read_ledger())


@pytest.fixture
def list_id(app: Flask, register: None) -> int:
    who = people(app)
    with app.app_context():
        return issued(who)


def number_of(location: str) -> int:
    found = re.search(r"/lists/(\d+)", location)
    assert found, location
    return int(found[1])


def test_three_people_walk_a_list_through_the_browser(client_as: ClientAs, register: None) -> None:
    maker, checker, signer = (client_as(it) for it in ("city-officer", "city-officer", "city-head"))
    preview = maker.post("/lists/new", data={**NEW, "act": "preview"})
    assert preview.status_code == 200
    assert "此前没有签发过同一清单" in preview.text
    made = maker.post("/lists/new", data={**NEW, "act": "draft"})
    assert made.status_code == 303, made.text
    number = number_of(made.location)
    all_of(maker, f"/lists/{number}", *(f"/lists/{number}?part={part}" for part in PARTS))
    own = maker.post(f"/lists/{number}/check", data={"note": ""})
    assert own.status_code == 422
    assert "起草人不能复核" in own.text
    assert checker.post(f"/lists/{number}/check", data={"note": "核对无误"}).status_code == 303
    assert "征求意见稿" in all_of(signer, f"/lists/{number}/sign")
    form = {"number": "绍环发〔2026〕1号", "signed_on": "", "effective_on": "", "reason": ""}
    unconfirmed = signer.post(f"/lists/{number}/sign", data=form)
    assert unconfirmed.status_code == 422
    assert "绍环发〔2026〕1号" in unconfirmed.text
    signed = signer.post(f"/lists/{number}/sign", data={**form, "confirm": "1"})
    assert signed.status_code == 303, signed.text
    assert signer.post(f"/lists/{number}/sign", data={**form, "confirm": "1"}).status_code == 409
    pages = all_of(
        checker, "/lists/", f"/lists/{number}", *(f"/lists/{number}?part={it}" for it in PARTS)
    )
    assert "绍环发〔2026〕1号" in pages
    assert "核对无误" in pages
    assert checker.post(f"/lists/{number}/verify").status_code == 303
    assert "核验：一致" in all_of(checker, f"/lists/{number}?part=history")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({**NEW, "list": ""}, "没有选择清单"),
        ({**NEW, "list": "measure/nothing"}, "没有这种清单"),
        ({**NEW, "list": "nothing/nothing"}, "没有这种清单"),
        ({**NEW, "as_of": "2025-02-30"}, "不是有效日期"),
        ({**NEW, "as_of": ""}, "没有填写截至日期"),
        ({**NEW, "county": KEQIAO}, "不在您的权限内"),
        (NEW, "不在您的权限内"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "draft"])
def test_what_cannot_be_drafted_is_told_and_kept(
    client_as: ClientAs, register: None, form: dict[str, str], sentence: str, act: str
) -> None:
    role = "county-officer" if "权限" in sentence else "city-officer"
    answer = client_as(role).post("/lists/new", data={**form, "act": act})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_draft_is_not_made_for_a_day_to_come(client_as: ClientAs, register: None) -> None:
    form = {**NEW, "as_of": "2999-01-01", "act": "draft"}
    answer = client_as("city-officer").post("/lists/new", data=form)
    assert answer.status_code == 422
    assert "在今天以后" in answer.text


def test_a_return_needs_a_reason_and_keeps_the_page(client_as: ClientAs, register: None) -> None:
    maker, checker = client_as("city-officer"), client_as("city-officer")
    number = number_of(maker.post("/lists/new", data={**NEW, "act": "draft"}).location)
    answer = checker.post(f"/lists/{number}/return", data={"note": " "})
    assert answer.status_code == 422
    assert "必须写明理由" in answer.text
    assert checker.post(f"/lists/{number}/return", data={"note": "不对"}).status_code == 303
    assert maker.post(f"/lists/{number}/resubmit", data={"note": "是对的"}).status_code == 303
    assert maker.post(f"/lists/{number}/discard", data={"note": "不要"}).status_code == 303


def fetched(client: Any, list_id: int, form: str) -> bytes:
    answer = client.post(f"/lists/{list_id}/download", data={"format": form})
    assert answer.status_code == 303, answer.text
    with client.get(answer.location) as file:
        content: bytes = file.data
    return content


def test_the_original_is_checked_by_the_program_that_its_page_offers(
    client_as: ClientAs, list_id: int, tmp_path: Path
) -> None:
    officer = client_as("city-officer")
    page = all_of(officer, f"/lists/{list_id}?part=history")
    assert 'href="/lists/verifier"' in page
    program, original = tmp_path / "verify_list.py", tmp_path / "list.json"
    with officer.get("/lists/verifier") as offered:
        program.write_bytes(offered.data)
    original.write_bytes(fetched(officer, list_id, "json"))
    printed = json.loads(original.read_bytes())["sha256"]

    def ran(sha256: str) -> int:
        command = [sys.executable, "-I", str(program), str(original), "--sha256", sha256]
        return subprocess.run(command, capture_output=True, cwd=tmp_path).returncode

    assert ran(printed) == 0
    assert ran("0" * 64) == 1


def test_the_original_comes_down_to_the_byte_and_is_noted(
    app: Flask, client_as: ClientAs, list_id: int, tmp_path: Path
) -> None:
    officer = client_as("city-officer")
    content = fetched(officer, list_id, "json")
    with app.app_context():
        signed = view(list_id)
        assert content == frozen_bytes(signed.file_sha256 or "")
    for form in ("csv", "xlsx"):
        assert fetched(officer, list_id, form)
    csv = fetched(officer, list_id, "csv").decode("utf-8-sig")
    for expected in (
        "绍环发〔2026〕1号",
        "截至日期：2025-06-30",
        "征求意见稿",
        signed.sha256 or "",
    ):
        assert expected in csv
    history = all_of(officer, f"/lists/{list_id}?part=history")
    assert history.count("原件（JSON）") == 2
    assert json.loads(content)["sha256"] == signed.sha256


def test_paper_carries_what_defends_it(client_as: ClientAs, app: Flask, list_id: int) -> None:
    paper = all_of(client_as("city-head"), f"/lists/{list_id}/print")
    with app.app_context():
        signed = view(list_id)
        names = {line.name for line in lines_of(list_id)}
    for expected in (signed.sha256 or "", "绍环发〔2026〕1号", "征求意见稿", "（盖章）", *names):
        assert expected in paper
    assert paper.count(signed.sha256 or "") == 3  # in its head, and above both tables of each page
    for expected in ("符合：", "事实：", "方案四、监督管理要求", "等级排序"):
        assert expected in paper
    admitted = all_of(client_as("city-head"), f"/lists/{list_id}/print?rows=admitted")
    with app.app_context():
        for line in lines_of(list_id):
            assert (f">{line.uscc}<" in admitted) >= line.admitted
    assert admitted.count("<tr>") < paper.count("<tr>")


def test_a_county_sees_its_own_rows_of_a_list_of_the_city(
    app: Flask, client_as: ClientAs, list_id: int
) -> None:
    with app.app_context():
        lines = lines_of(list_id)
    county = client_as("county-officer", county=YUECHENG)
    pages = all_of(
        county,
        f"/lists/{list_id}",
        f"/lists/{list_id}/print",
        *(f"/lists/{list_id}?part={part}" for part in PARTS),
    )
    for line in lines:
        if line.county != YUECHENG and line.name not in {
            it.name for it in lines if it.county == YUECHENG
        }:
            assert line.name not in pages
            assert line.uscc not in pages
    for act in ("download", "verify"):
        answer = county.post(f"/lists/{list_id}/{act}", data={"format": "json"})
        assert answer.status_code == 404


def test_drafts_of_the_city_are_not_shown_to_counties(client_as: ClientAs, register: None) -> None:
    number = number_of(
        client_as("city-officer").post("/lists/new", data={**NEW, "act": "draft"}).location
    )
    assert client_as("county-officer").get(f"/lists/{number}").status_code == 404


def test_the_register_of_lists_is_searched_sorted_and_exported(
    client_as: ClientAs, list_id: int
) -> None:
    officer = client_as("city-officer")
    assert f"/lists/{list_id}" in all_of(officer, "/lists/?q=绍环发&state=in_force&county=whole")
    assert "没有符合条件" in all_of(officer, "/lists/?q=没有这样的清单")
    for sort in ("title", "number", "as_of", "signed_on", "state", "made"):
        all_of(officer, f"/lists/?sort={sort}&order=asc", f"/lists/?sort={sort}&page=99")
    answer = officer.post("/lists/export", data={"format": "csv", "q": "绍环发"})
    with officer.get(answer.location) as file:
        assert "绍环发〔2026〕1号" in file.data.decode("utf-8-sig")


def test_an_enterprise_sees_its_own_line_and_nothing_of_others(
    app: Flask, client_as: ClientAs, list_id: int
) -> None:
    with app.app_context():
        lines = lines_of(list_id)
        assert view(list_id).state is State.IN_FORCE
    refused = next(line for line in lines if not line.admitted)
    own = [line for line in lines if line.uscc == refused.uscc]
    page = all_of(client_as("filer", uscc=refused.uscc), "/lists/own")
    for line in own:
        assert f"{line.plant} {line.plant_name}" in page
    assert "需要有什么变化" in page
    for line in lines:
        if line.uscc != refused.uscc:
            assert line.uscc not in page
            assert line.name == refused.name or line.name not in page
    for address in (f"/lists/{list_id}", f"/lists/{list_id}/print", "/lists/"):
        assert client_as("filer", uscc=refused.uscc).get(address).status_code == 403


def test_a_replayed_act_is_told_who_was_faster_and_changes_nothing(
    app: Flask, client_as: ClientAs, register: None
) -> None:
    maker, checker = client_as("city-officer"), client_as("city-officer")
    head, county = client_as("city-head"), client_as("county-head", county=YUECHENG)
    number = number_of(maker.post("/lists/new", data={**NEW, "act": "draft"}).location)
    form = {"number": "1号", "confirm": "1", "signed_on": "", "effective_on": "", "reason": ""}
    assert head.post(f"/lists/{number}/sign", data=form).status_code == 409
    for act, note in (("check", ""), ("return", "不对")):
        assert maker.post(f"/lists/{number}/{act}", data={"note": note}).status_code == 422
        assert county.post(f"/lists/{number}/{act}", data={"note": note}).status_code in (403, 404)
    assert checker.post(f"/lists/{number}/check", data={"note": ""}).status_code == 303
    again = checker.post(f"/lists/{number}/check", data={"note": ""})
    assert again.status_code == 409
    assert "市级经办人已于" in again.text
    assert "办理“复核通过”，清单现为“已复核，待签发”" in again.text
    assert county.post(f"/lists/{number}/sign", data=form).status_code == 404
    assert checker.post(f"/lists/{number}/sign", data=form).status_code == 403
    smuggled = {**form, "as_of": "2020-01-01", "county": KEQIAO, "list_id": "99", "signed_by": "1"}
    assert head.post(f"/lists/{number}/sign", data=smuggled).status_code == 303
    with app.app_context():
        signed = view(number)
    assert (str(signed.as_of), signed.county, signed.number) == ("2025-06-30", "", "1号")
    late = head.post(f"/lists/{number}/send-back", data={"note": "晚了"})
    assert late.status_code == 409
    assert "办理“签发”" in late.text
