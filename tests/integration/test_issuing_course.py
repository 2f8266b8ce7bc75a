"""A list on its way: drafted, checked by a second, signed by a third, replaced, withdrawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts.domain import Role
from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.domain import Question, State
from app.issuing.queries import (
    differences_between,
    frozen_bytes,
    lines_of,
    newest_draft,
    previous_of,
    steps_of,
)
from app.issuing.services import Moved, Signature
from app.issuing.verifying import verify
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.kernel.transaction import writing
from app.kernel.workflow import ActionNotAllowed
from app.policy.documents import as_json
from app.policy.queries import run_measure
from tests.issuing import DAY, People, acting, actor, checked, drafted, issued, people, view
from tests.ledgers import load, read_ledger

NUMBER = Signature("绍环发〔2026〕1号", confirms_draft_rulebook=True)


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(read_ledger())
    found = people(app)
    with app.app_context():
        yield found


def test_a_list_goes_from_draft_to_force_through_three_people(who: People) -> None:
    list_id = issued(who)
    signed = view(list_id)
    assert signed.state is State.IN_FORCE
    assert signed.effective_on == signed.signed_on == clock.today()
    assert [it.action for it in steps_of(list_id)] == ["sign", "check", "draft"]
    assert verify(signed).agrees, verify(signed).differences


def test_the_file_holds_the_list_of_the_contract_to_the_byte(who: People) -> None:
    signed = view(issued(who))
    file = json.loads(frozen_bytes(signed.file_sha256 or ""))
    document = run_measure("positive-list", DAY, known=signed.known_at).document
    assert file["content"]["list"] == json.loads(as_json(document))
    assert file["content"]["list"]["sha256"] == document["sha256"] == signed.list_sha256
    assert as_json(file) == frozen_bytes(signed.file_sha256 or "")
    assert file["sha256"] == signed.sha256
    assert {it["id"] for it in file["content"]["parameters"]} >= {
        "positive_list.exclude_blocked",
        "rulebook_in_force",
        "grade.order",
    }
    assert file["content"]["rulebook"]["status"] == "征求意见稿"


def test_nobody_checks_the_own_draft_nor_signs_what_they_checked(app: Flask) -> None:
    with app.app_context():
        load(read_ledger())
    head, other = actor(app, Role.CITY_HEAD), actor(app, Role.CITY_HEAD)
    with app.app_context():
        who = People(head, other, head)
        list_id = drafted(who)
        with pytest.raises(Refused, match="起草人不能复核"), acting(head):
            services.check(list_id, EVERYTHING)
        with acting(other):
            services.check(list_id, EVERYTHING)
        with pytest.raises(Refused, match="复核人不能签发"), acting(other):
            services.sign(list_id, EVERYTHING, NUMBER)
        with acting(head):
            services.sign(list_id, EVERYTHING, NUMBER)
        assert view(list_id).state is State.IN_FORCE


def test_a_draft_cannot_be_signed_before_it_is_checked(who: People) -> None:
    list_id = drafted(who)
    with pytest.raises(ActionNotAllowed), acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER)


@pytest.mark.parametrize(
    ("signature", "sentence"),
    [
        (Signature("", confirms_draft_rulebook=True), "没有填写文号"),
        (Signature("x" * 101, confirms_draft_rulebook=True), "不能超过"),
        (Signature("绍环发〔2026〕1号"), "征求意见稿"),
    ],
)
def test_a_signature_needs_number_and_confirmation(
    who: People, signature: Signature, sentence: str
) -> None:
    list_id = checked(who)
    with pytest.raises(Refused, match=sentence), acting(who.signer):
        services.sign(list_id, EVERYTHING, signature)
    assert view(list_id).state is State.CHECKED


def test_days_of_a_signature_make_sense(who: People) -> None:
    list_id, today = checked(who), clock.today()
    day = timedelta(days=1)
    for signed_on, effective_on, sentence in (
        (today + day, None, "不能在今天以后"),
        (today - day, None, "不能早于复核"),
        (today, today - day, "施行日期不能早于签发日期"),
    ):
        wanted = Signature("1号", signed_on, effective_on, confirms_draft_rulebook=True)
        with pytest.raises(Refused, match=sentence), acting(who.signer):
            services.sign(list_id, EVERYTHING, wanted)


def test_a_returned_draft_comes_back_only_with_an_answer(who: People) -> None:
    list_id = checked(who)
    with pytest.raises(Refused, match="必须写明理由"), acting(who.signer):
        services.send_back(list_id, EVERYTHING, " ", by_signer=True)
    with acting(who.signer):
        services.send_back(list_id, EVERYTHING, "范围不对", by_signer=True)
    assert (view(list_id).state, view(list_id).checked_by) == (State.RETURNED, None)
    with acting(who.maker):
        services.resubmit(list_id, EVERYTHING, "范围无误")
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    with acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER)
    assert verify(view(list_id)).agrees


def test_only_the_maker_discards_a_draft(who: People) -> None:
    list_id = drafted(who)
    with pytest.raises(Refused, match="只有起草人"), acting(who.checker):
        services.discard(list_id, EVERYTHING, "不要了")
    with acting(who.maker):
        services.discard(list_id, EVERYTHING, "不要了")
    assert view(list_id).state is State.DISCARDED


def test_the_same_draft_sent_twice_is_one(who: People) -> None:
    assert drafted(who) == drafted(who)
    with pytest.raises(Refused, match="已起草内容相同"), acting(who.checker):
        services.draft("measure", "positive-list", DAY)


def test_each_is_led_to_the_draft_that_they_made_themselves(who: People) -> None:
    first, asked = drafted(who), Question("positive-list", DAY, None)
    with acting(who.maker):
        services.discard(first, EVERYTHING, "由另一人起草")
    with acting(who.checker):
        second = services.draft("measure", "positive-list", DAY)
    assert newest_draft(who.maker.user_id, "measure", asked) == first
    assert newest_draft(who.checker.user_id, "measure", asked) == second


def test_a_new_issue_takes_the_place_of_the_one_in_force(who: People) -> None:
    first = issued(who)
    second = checked(who, as_of=DAY + timedelta(days=1))
    later = clock.today() + timedelta(days=10)
    with acting(who.signer):
        services.sign(
            second,
            EVERYTHING,
            Signature("2号", effective_on=later, confirms_draft_rulebook=True),
        )
    old, new = view(first), view(second)
    assert (old.state, old.ended_on, old.replaced_by) == (State.REPLACED, later, second)
    assert old.holds_on(clock.today())
    assert not new.holds_on(clock.today())
    assert new.holds_on(later)
    assert not old.holds_on(later)
    assert previous_of(new) == old
    assert verify(old).agrees
    assert verify(new).agrees
    assert differences_between(old, old) == ()


def test_lists_of_other_counties_are_not_replaced(who: People) -> None:
    whole, part = issued(who), issued(who, number="2号", county="330602")
    assert view(whole).state is view(part).state is State.IN_FORCE
    assert {line.county for line in lines_of(part)} == {"330602"}
    assert {line.rank for line in lines_of(part)} <= {line.rank for line in lines_of(whole)}
    assert verify(view(part)).agrees


def test_a_county_head_signs_for_the_county_only(app: Flask, who: People) -> None:
    list_id = checked(who)
    with pytest.raises(Refused, match="不在您的权限范围"), acting(who.signer):
        services.sign(list_id, Scope(frozenset({"330602"})), NUMBER)


def test_a_withdrawn_list_ends_with_a_reason(who: People) -> None:
    list_id = issued(who)
    with acting(who.signer):
        services.withdraw(list_id, EVERYTHING, "依据有误")
    withdrawn = view(list_id)
    assert (withdrawn.state, withdrawn.ended_on) == (State.WITHDRAWN, clock.today())
    assert verify(withdrawn).agrees
    with pytest.raises(ActionNotAllowed), acting(who.signer):
        services.withdraw(list_id, EVERYTHING, "依据有误")


def test_a_register_that_has_moved_is_told_before_signing(who: People) -> None:
    from app.supervision.services import ViolationEntry, record_violations

    list_id = checked(who)
    line = next(it for it in lines_of(list_id) if it.admitted)
    with writing("测试"):
        record_violations(
            [
                ViolationEntry(
                    line.enterprise_id,
                    line.plant_id,
                    "逃避监管排放",
                    None,
                    DAY,
                    "绍环罚〔2025〕9号",
                )
            ]
        )
        audit.record("test.recorded", "violation", 1)
    with pytest.raises(Moved) as moved, acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER)
    left = next(it for it in moved.value.now.differences if it.line.key == line.key)
    assert left.kind == "left"
    assert any("绍环罚〔2025〕9号" in sentence for sentence in left.why)
    with acting(who.signer):
        signed, told = services.sign(
            list_id,
            EVERYTHING,
            Signature("1号", confirms_draft_rulebook=True, reason="已另行处理"),
        )
    assert len(told) == 2
    assert verify(signed).agrees


TAMPERING = (
    "UPDATE issued_list SET title = 'x'",
    "UPDATE issued_list SET number = 'x'",
    "UPDATE issued_list SET sha256 = 'x'",
    "UPDATE issued_list SET state = 'draft'",
    "UPDATE issued_list SET signed_by = 1",
    "DELETE FROM issued_list",
    "UPDATE issued_list_line SET line = '{}'",
    "DELETE FROM issued_list_line",
    "UPDATE issued_list_step SET note = 'x'",
    "DELETE FROM issued_list_step",
)


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_database_itself_keeps_what_was_signed(who: People, statement: str) -> None:
    issued(who)
    with pytest.raises(DBAPIError), writing("测试"):
        db.session.execute(text(statement))


@pytest.mark.parametrize("target", ["in_force", "replaced", "withdrawn"])
def test_the_database_itself_keeps_the_course(who: People, target: str) -> None:
    drafted(who)
    with pytest.raises(DBAPIError), writing("测试"):
        db.session.execute(text("UPDATE issued_list SET state = :state"), {"state": target})
