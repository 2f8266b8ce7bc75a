"""What goes on at the same time: long work outside the writer's lock, two people on one list."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.domain import Role
from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.domain import Line, State
from app.issuing.queries import flags_of, lines_of, present, steps_of
from app.issuing.routes import drafting, paper
from app.issuing.services import Moved, Signature
from app.issuing.services.flags import JOB, queue_review
from app.issuing.verifying import verify
from app.kernel import audit, transaction
from app.kernel.authority import EVERYTHING
from app.kernel.database import db, is_writing
from app.kernel.models import Job
from app.kernel.transaction import close, reading_first, rulebook_changed, standing_changed, writing
from app.kernel.workflow import ActionNotAllowed
from app.policy import queries as policy
from app.supervision.services import ViolationEntry, record_violations
from tests.issuing import DAY, People, acting, actor, all_of, checked, issued, people, view, work
from tests.ledgers import load, read_ledger
from tests.people import ClientAs

NUMBER = Signature("绍环发〔2026〕1号", confirms_draft_rulebook=True)
NEW = {"list": "measure/positive-list", "as_of": "2025-06-30", "county": "", "act": "draft"}


@pytest.fixture
def crew(app: Flask) -> People:
    """The three people, for tests that go through pages: no app context is open."""
    with app.app_context():
        load(read_ledger())
    return people(app)


@pytest.fixture
def who(app: Flask, crew: People) -> Iterator[People]:
    with app.app_context():
        yield crew


def violation(line: Line) -> None:
    with writing("测试"):
        entry = ViolationEntry(line.enterprise_id, line.plant_id, "逃避监管排放", None, DAY, "9号")
        record_violations([entry])
        audit.record("test.recorded", "violation", 1)


def first_admitted(list_id: int) -> Line:
    return next(line for line in lines_of(list_id) if line.admitted)


# --- Long work and the writer's lock -----------------------------------------------------------


def test_a_list_frozen_before_a_change_says_as_known_then(who: People) -> None:
    frozen = services.freeze("measure", "positive-list", DAY)
    close()
    other = issued(who, as_of=DAY.replace(day=29))
    violation(first_admitted(other))
    with acting(who.maker):
        list_id = services.enter(frozen)
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    assert view(list_id).known_at == frozen.known_at < view(list_id).made_at
    with pytest.raises(Moved), acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER)
    with acting(who.signer):
        signature = Signature("2号", confirms_draft_rulebook=True, reason="按起草时的台账签发")
        services.sign(list_id, EVERYTHING, signature)
    found = verify(view(list_id))
    assert found.agrees, found.told


def test_what_was_seen_before_signing_is_looked_at_again_when_it_was_overtaken(who: People) -> None:
    list_id = checked(who)
    seen = present(view(list_id))
    assert seen.differences == ()
    violation(first_admitted(list_id))
    with pytest.raises(Moved), acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER, seen)


def test_what_was_seen_before_signing_is_relied_on(
    who: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = checked(who)
    seen = present(view(list_id))
    close()
    actor_signs_in = audit.record_aside
    actor_signs_in("session.opened", "account", 1)  # what no list rests on may happen meanwhile
    ranked = policy.rank_register

    def outside(*words: object, **more: object) -> object:
        assert not transaction.holds_writer_lock(), "the whole list is computed inside the lock"
        return ranked(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("app.issuing.measures.rank_register", outside)
    with acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER, seen)
    work()
    violation(first_admitted(list_id))
    work()
    assert flags_of(list_id, EVERYTHING)


def test_no_page_computes_a_list_while_others_wait_to_write(
    app: Flask, client_as: ClientAs, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        ready = checked(crew)
    ranked = policy.rank_register
    modes = []

    def noted(*words: object, **more: object) -> object:
        modes.append(is_writing())
        return ranked(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("app.issuing.measures.rank_register", noted)
    officer, head = client_as("city-officer"), client_as("city-head")
    for act in ("preview", "draft"):
        officer.post("/lists/new", data={**NEW, "as_of": "2025-06-29", "act": act})
    head.get(f"/lists/{ready}/sign")
    form = {"number": "1号", "signed_on": "", "effective_on": "", "reason": "", "confirm": "1"}
    assert head.post(f"/lists/{ready}/sign", data=form).status_code == 303
    assert head.post(f"/lists/{ready}/verify").status_code == 303
    assert modes == [False] * 5


def test_reading_first_takes_no_lock_and_sees_what_the_own_transaction_wrote(who: People) -> None:
    with reading_first():
        assert not is_writing()
    with writing("测试"), reading_first():
        assert is_writing()


# --- In the background -------------------------------------------------------------------------


def test_a_large_list_is_drafted_and_checked_in_the_background(
    app: Flask, client_as: ClientAs, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "LARGE", 0)
    monkeypatch.setattr(paper, "LARGE", 0)
    officer, other = client_as("city-officer"), client_as("city-officer")
    asked = officer.post("/lists/new", data=NEW)
    assert asked.status_code == 303
    assert officer.post("/lists/new", data=NEW).location == asked.location
    assert "等待起草" in all_of(officer, asked.location)
    assert "等待起草" not in all_of(other, asked.location)
    with app.app_context():
        work()
    made = officer.get(asked.location)
    assert made.status_code == 303
    assert "草稿，待复核" in all_of(officer, made.location)
    with app.app_context():
        list_id = issued(crew, as_of=DAY.replace(day=29))
    asked = officer.post(f"/lists/{list_id}/verify")
    assert "等待核验" in all_of(officer, asked.location)
    with app.app_context():
        work()
    assert "核验：一致" in all_of(officer, asked.location)
    assert "等待核验" not in all_of(officer, asked.location)


def test_what_cannot_be_drafted_in_the_background_is_told_on_the_form(
    app: Flask, client_as: ClientAs, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "LARGE", 0)
    officer = client_as("city-officer")
    with app.app_context(), acting(crew.maker):
        services.draft("measure", "positive-list", DAY)
    asked = officer.post("/lists/new", data=NEW)
    with app.app_context():
        work()
    page = all_of(officer, asked.location)
    assert "已起草内容相同的清单" in page
    assert 'value="2025-06-30"' in page


def test_every_look_that_a_transaction_asks_for_is_queued(who: People) -> None:
    list_id = issued(who)
    work()
    with writing("测试"):
        rulebook_changed.emit([1])
        standing_changed.emit([7])
        queue_review([list_id])
        queue_review([list_id])
        audit.record("test.changed", "register", 1)
    query = select(Job.payload).where(Job.kind == JOB, Job.state == "queued").order_by(Job.id)
    waiting = list(db.session.execute(query).scalars())
    close()
    assert len(waiting) == 3, waiting
    assert sum(f'"lists": [{list_id}]' in it for it in waiting) == 1


# --- Two people on one list --------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each of these acts comes to when all begin at the same instant."""
    start, came = threading.Barrier(len(acts)), [object()] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            came[place] = act()
        except (Refused, ActionNotAllowed) as fault:
            came[place] = fault

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_of_two_signers_one_signs_and_the_other_is_told_who_and_when(
    app: Flask, client_as: ClientAs, crew: People
) -> None:
    with app.app_context():
        list_id = checked(crew)
    heads = [client_as("city-head"), client_as("city-head")]
    form = {"signed_on": "", "effective_on": "", "reason": "", "confirm": "1"}
    answers = at_once(
        *(
            lambda head=head, n=n: head.post(
                f"/lists/{list_id}/sign", data={**form, "number": f"{n}号"}
            )
            for n, head in enumerate(heads)
        ),
    )
    statuses = sorted(answer.status_code for answer in answers)  # type: ignore[attr-defined]
    assert statuses == [303, 409]
    late = next(it.text for it in answers if it.status_code == 409)  # type: ignore[attr-defined]
    with app.app_context():
        signed = view(list_id)
        assert [it.action for it in steps_of(list_id)].count("sign") == 1
        assert verify(signed).agrees
    assert f"{signed.signed_by_name}已于" in late
    assert "办理“签发”，清单现为“已签发”" in late


def test_of_a_signer_and_whoever_sends_it_back_one_succeeds(app: Flask, who: People) -> None:
    list_id = checked(who)
    close()
    other = actor(app, Role.CITY_HEAD)

    def sign() -> str:
        with app.app_context(), acting(who.signer):
            services.sign(list_id, EVERYTHING, NUMBER)
        return "signed"

    def send_back() -> str:
        with app.app_context(), acting(other):
            services.send_back(list_id, EVERYTHING, "重新核对", by_signer=True)
        return "returned"

    came = at_once(sign, send_back)
    assert len([it for it in came if isinstance(it, ActionNotAllowed)]) == 1
    state = view(list_id).state
    assert state is (State.IN_FORCE if "signed" in came else State.RETURNED)


def test_of_a_withdrawer_and_the_signer_of_the_successor_both_find_an_end(
    app: Flask, who: People
) -> None:
    first, second = issued(who), checked(who, as_of=DAY.replace(day=29))
    close()
    other = actor(app, Role.CITY_HEAD)

    def sign() -> str:
        with app.app_context(), acting(who.signer):
            services.sign(second, EVERYTHING, Signature("2号", confirms_draft_rulebook=True))
        return "signed"

    def withdraw() -> str:
        with app.app_context(), acting(other):
            services.withdraw(first, EVERYTHING, "依据有误")
        return "withdrawn"

    came = at_once(sign, withdraw)
    assert came[0] == "signed"
    ended = view(first).state
    assert ended is (State.WITHDRAWN if came[1] == "withdrawn" else State.REPLACED)
    assert view(second).state is State.IN_FORCE
    assert audit.verify().broken_at is None
    for list_id in (first, second):
        assert verify(view(list_id)).agrees
