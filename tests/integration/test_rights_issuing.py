"""Allocations as signed lists: frozen, verified, booked out; province before city."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask

from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.queries import flags_of, frozen_bytes, frozen_content
from app.issuing.services import Signature
from app.issuing.subjects import UnknownSpec
from app.issuing.verifying import verify
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import close
from app.policy.documents import as_json
from app.registry.queries import find_plant
from app.rights.domain import Level, total_of
from app.rights.issued import SUBJECT
from app.rights.queries import (
    ApplicationFilter,
    list_applications,
    list_applications_on_record,
    reserve_of,
    run_allocation,
)
from app.rights.queries.issued import (
    KIND,
    AllocationSpec,
    allocations_in_force,
    given_by,
    lists_with,
    read_spec,
)
from app.rights.queries.reserves import find_statement
from app.rights.services import applications
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.issuing import People, acting, people, view, work
from tests.ledgers import load, made_up_ledger
from tests.people import browser_of

DAY = date(2025, 12, 31)
CITY = AllocationSpec(Level.CITY, "VOCs", 2025)
PROVINCE = replace(CITY, level=Level.PROVINCE)


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(made_up_ledger(5))
    found = people(app)
    with app.app_context():
        yield found


def signature(number: str) -> Signature:
    return Signature(number, confirms_draft_rulebook=True)


def checked(who: People, spec: AllocationSpec) -> int:
    with acting(who.maker):
        list_id = services.draft(KIND, str(spec), DAY)
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    return list_id


def signed(who: People, spec: AllocationSpec, number: str) -> int:
    list_id = checked(who, spec)
    with acting(who.signer):
        services.sign(list_id, EVERYTHING, signature(number))
    return list_id


def balance(spec: AllocationSpec) -> tuple[Decimal, Decimal]:
    found = find_statement(Account(spec.level, spec.pollutant, spec.year))
    assert found is not None
    return found.supply, found.balance


def test_a_signed_allocation_is_that_of_the_contract_and_is_booked_out(who: People) -> None:
    before, _ = balance(CITY)
    list_id = signed(who, CITY, "绍环发〔2026〕1号")
    its = view(list_id)
    assert verify(its).agrees, verify(its).differences
    document = run_allocation(Level.CITY, "VOCs", 2025, DAY, known=its.known_at).document
    file = json.loads(frozen_bytes(its.file_sha256 or ""))
    assert file["content"]["list"] == json.loads(as_json(document))
    given = total_of(given_by(its).values())
    assert str(given) == document["allocated_total"]
    assert balance(CITY) == (before, before - given)
    after = run_allocation(Level.CITY, "VOCs", 2025, DAY).document
    assert after["sha256"] == document["sha256"]


def test_withdrawing_the_list_books_it_back(who: People) -> None:
    before = balance(CITY)
    list_id = signed(who, CITY, "一号")
    assert balance(CITY) != before
    with acting(who.signer):
        services.withdraw(list_id, EVERYTHING, "数据有误")
    assert balance(CITY) == before
    assert verify(view(list_id)).agrees


def test_a_new_issue_takes_the_place_of_the_former_in_the_ledger(who: People) -> None:
    signed(who, CITY, "一号")
    once = balance(CITY)
    with acting(who.maker):
        book(
            EntryDraft(Account(Level.CITY, "VOCs", 2025), EntryKind.IN, Decimal(1), DAY, "示例文件")
        )
    second = signed(who, CITY, "二号")
    supply, left = balance(CITY)
    given = total_of(given_by(view(second)).values())
    assert (supply, left) == (once[0] + 1, once[0] + 1 - given)


def test_both_levels_together_never_give_more_than_was_asked(who: People) -> None:
    first = signed(who, PROVINCE, "浙环函〔2026〕1号")
    assert any(amount > 0 for amount in given_by(view(first)).values())
    draft = checked(who, CITY)
    with pytest.raises(Refused, match=r"两级合计分配 .* 吨，超过申请的"), acting(who.signer):
        services.sign(draft, EVERYTHING, signature("一号"))
    assert allocations_in_force(Level.CITY, "VOCs", 2025) == []
    rest = signed(who, replace(CITY, after=first), "二号")
    assert verify(view(rest)).agrees, verify(view(rest)).differences
    asked = {it.matter: it.asked for it in list_applications("VOCs", 2025)}
    theirs, ours = given_by(view(first)), given_by(view(rest))
    for matter in {*theirs, *ours}:
        assert theirs.get(matter, Decimal(0)) + ours.get(matter, Decimal(0)) <= asked[matter]
    notes = frozen_content(view(rest).content_sha256)["notes"]
    assert any("浙环函〔2026〕1号" in note for note in notes)
    (plant_id, project), _ = next(iter(ours.items()))
    assert rest in {it.list_id for it in lists_with(plant_id, project, "VOCs", 2025)}


def test_a_second_allocation_of_a_reserve_waits_for_the_first_to_be_withdrawn(who: People) -> None:
    first = signed(who, PROVINCE, "甲")
    rest = signed(who, replace(CITY, after=first), "乙")
    draft = checked(who, CITY)
    with pytest.raises(Refused, match="请先撤回该清单"), acting(who.signer):
        services.sign(draft, EVERYTHING, signature("丙"))
    with acting(who.signer):
        services.withdraw(rest, EVERYTHING, "改按全额分配")


@pytest.mark.parametrize(
    "spec",
    ["", "city", "town/VOCs/2025", "city/CO2/2025", "city/VOCs/x", "city/VOCs/2025/after/x",
     "city/VOCs/2025/before/1", "city/VOCs/2025/after/1/2"],
)  # fmt: skip
def test_what_is_no_allocation_is_not_drafted(spec: str) -> None:
    with pytest.raises(UnknownSpec):
        read_spec(spec)


def test_an_allocation_is_of_the_whole_city(who: People) -> None:
    with pytest.raises(SUBJECT.faults, match="按全市计算"), acting(who.maker):
        services.draft(KIND, str(CITY), DAY, "330602")


def test_a_withdrawn_application_flags_the_list_that_used_it(who: People) -> None:
    list_id = signed(who, CITY, "一号")
    work()
    assert flags_of(list_id, EVERYTHING) == []
    used = list_applications_on_record(EVERYTHING, ApplicationFilter(2025, "VOCs"))
    plant_ids = {plant_id for (plant_id, _), tonnes in given_by(view(list_id)).items() if tonnes}
    row = next(it for it in used if it.plant_id in plant_ids)
    plant = find_plant(row.plant_id, EVERYTHING)
    assert plant is not None
    with acting(who.maker):
        applications.withdraw(row.id, plant, "项目取消")
    work()
    assert flags_of(list_id, EVERYTHING)
    assert verify(view(list_id)).agrees


def test_the_commands_issue_and_verify_an_allocation(app: Flask, who: People) -> None:
    list_id = checked(who, CITY)
    close()
    runner = app.test_cli_runner()
    words = ["policy", "issue", str(list_id), "--by", who.signer.name, "--number", "一号"]
    issued = runner.invoke(args=words)
    assert issued.exit_code == 0, issued.output
    assert issued.stdout.startswith(f"{list_id} ")
    again = runner.invoke(args=["policy", "verify", str(list_id)])
    assert again.exit_code == 0, again.output
    assert "核验一致" in again.stdout


def test_an_officer_goes_on_from_the_province_and_tries_out_a_reserve(
    app: Flask, who: People
) -> None:
    first = signed(who, PROVINCE, "浙环函〔2026〕1号")
    before = reserve_of(Level.CITY, "VOCs", 2025)
    client = browser_of(app, who.maker.user_id)
    address = "/rights/?level=city&pollutant=VOCs&year=2025&as_of=2025-12-31"
    plain = client.get(address).get_data(as_text=True)
    assert f"after={first}" in plain
    rest = client.get(f"{address}&after={first}").get_data(as_text=True)
    assert "按省级分配后的余额计算" in rest
    assert "改按申请全量计算" in rest
    trial = client.get(f"{address}&reserve=1.5").get_data(as_text=True)
    assert "试算" in trial
    assert ">1.500<" in trial
    assert "导出 Excel" not in trial
    odd = client.get(f"{address}&reserve=约1").get_data(as_text=True)
    assert "不是数字" in odd
    assert reserve_of(Level.CITY, "VOCs", 2025) == before
