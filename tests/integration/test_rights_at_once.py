"""Several people at the same instant: nothing is booked twice, nothing is handed out twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.accounts.domain import Actor, Role
from app.approvals import services as approvals
from app.approvals.domain import Refused
from app.issuing import services as issuing
from app.issuing.services import Signature
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import close
from app.kernel.workflow import ActionNotAllowed
from app.rights.domain import Level, total_of
from app.rights.queries import list_applications
from app.rights.queries.issued import KIND, AllocationSpec, allocations_in_force, given_by
from app.rights.queries.reserves import find_statement
from app.rights.services import proposals
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.issuing import People, acting, actor, people, view
from tests.ledgers import load, made_up_ledger

DAY = date(2025, 12, 31)
CITY = AllocationSpec(Level.CITY, "VOCs", 2025)
PROVINCE = replace(CITY, level=Level.PROVINCE)
RESERVE = Account(Level.CITY, "VOCs", 2025)


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(made_up_ledger(5))
    found = people(app)
    with app.app_context():
        yield found


def at_once(app: Flask, acts: Sequence[tuple[Actor, Callable[[], object]]]) -> list[str]:
    """Each person acts in a transaction of their own, all at one instant; what was refused."""
    gate, refused = threading.Barrier(len(acts)), list[str]()

    def run(person: Actor, act: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait(30)
            try:
                with acting(person):
                    act()
            except (Refused, ActionNotAllowed) as sentence:
                refused.append(str(sentence))

    close()
    threads = [threading.Thread(target=run, args=it) for it in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return refused


def balance() -> tuple[Decimal, Decimal]:
    """What the city's reserve may share out, and what is left of it."""
    close()
    found = find_statement(RESERVE)
    assert found is not None
    assert found.lowest >= 0
    return found.supply, found.balance


def checked(who: People, spec: AllocationSpec, on: date = DAY) -> int:
    with acting(who.maker):
        list_id = issuing.draft(KIND, str(spec), on)
    with acting(who.checker):
        issuing.check(list_id, EVERYTHING)
    return list_id


def signing(list_id: int) -> Callable[[], object]:
    signature = Signature(f"{list_id}号", confirms_draft_rulebook=True, reason="照此签发")
    return lambda: issuing.sign(list_id, EVERYTHING, signature)


def test_an_entry_that_two_approve_at_once_is_booked_once(app: Flask, who: People) -> None:
    supply, _ = balance()
    draft = EntryDraft(RESERVE, EntryKind.IN, Decimal("2.5"), DAY, "示例文件")
    with acting(who.maker):
        proposal_id = proposals.propose_entry(draft)
    others = [who.checker, who.signer, actor(app, Role.CITY_HEAD)]
    refused = at_once(app, [(it, lambda: approvals.approve(proposal_id)) for it in others])
    assert len(refused) == 2
    assert balance()[0] == supply + Decimal("2.5")


def test_of_a_correction_and_an_annulment_proposed_at_once_one_waits_for_review(
    app: Flask, who: People
) -> None:
    supply, _ = balance()
    draft = EntryDraft(RESERVE, EntryKind.IN, Decimal(2), DAY, "示例文件")
    with acting(who.maker):
        entry_id = book(draft)
    corrected = replace(draft, tonnes=Decimal(3))
    refused = at_once(
        app,
        [
            (who.maker, lambda: proposals.propose_correction(entry_id, corrected, "甲")),
            (who.checker, lambda: proposals.propose_annulment(entry_id, "乙", "")),
        ],
    )
    assert len(refused) == 1
    assert balance()[0] == supply + 2, "what is proposed counts for nothing"


def test_of_two_allocations_signed_at_once_one_stands_in_the_ledger(
    app: Flask, who: People
) -> None:
    """The later signature takes the other's place; the reserve is given out once."""
    lists = [checked(who, CITY), checked(who, CITY, DAY - timedelta(30))]
    head = actor(app, Role.CITY_HEAD)
    refused = at_once(app, [(it, signing(list_id)) for it, list_id in
                            zip((who.signer, head), lists, strict=True)])  # fmt: skip
    supply, left = balance()
    (standing,) = allocations_in_force(Level.CITY, "VOCs", 2025)
    assert len(refused) <= 1
    assert supply - left == total_of(given_by(standing).values())


def test_both_levels_signed_at_once_never_give_more_than_was_asked(app: Flask, who: People) -> None:
    lists = [checked(who, CITY), checked(who, PROVINCE)]
    head = actor(app, Role.CITY_HEAD)
    refused = at_once(app, [(it, signing(list_id)) for it, list_id in
                            zip((who.signer, head), lists, strict=True)])  # fmt: skip
    assert len(refused) == 1
    assert "两级合计分配" in refused[0]
    close()
    asked = {it.matter: it.asked for it in list_applications("VOCs", 2025)}
    given = [given_by(view(it)) for it in lists if view(it).is_issued]
    assert len(given) == 1
    assert all(amount <= asked[matter] for matter, amount in given[0].items())


def test_tonnes_taken_out_and_allocated_at_once_are_taken_once(app: Flask, who: People) -> None:
    list_id = checked(who, CITY)
    supply, _ = balance()
    taking = EntryDraft(RESERVE, EntryKind.OUT, supply, DAY, "示例文件")
    with acting(who.maker):
        proposal_id = proposals.propose_entry(taking)
    refused = at_once(
        app, [(who.signer, signing(list_id)), (who.checker, lambda: approvals.approve(proposal_id))]
    )
    assert len(refused) == 1
    assert "透支" in refused[0]
    assert balance()[1] >= 0
