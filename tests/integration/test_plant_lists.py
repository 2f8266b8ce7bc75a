"""A signed list and the plants on it that live on: sold, split, merged, moved (清单与厂区变更)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.issuing.queries import flags_of, lines_of
from app.issuing.verifying import verify
from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.kernel.database import db
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import find_change
from tests.facts import code
from tests.integration.test_plant_changes import made
from tests.issuing import DAY, People, issued, people, view, work
from tests.ledgers import load, read_ledger


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(read_ledger())
    found = people(app)
    with app.app_context():
        yield found


def act(kind: ChangeKind, plant_id: int, **more: object) -> int:
    change = Change(kind, plant_id, today(), "原因", "文件", **more)  # type: ignore[arg-type]
    return made(change)


def test_what_becomes_of_its_plants_flags_a_list_and_alters_nothing(who: People) -> None:
    """The list stays, verifiable; the lines that would read otherwise today are named."""
    assert today() > DAY
    list_id = issued(who)
    work()
    first, second, *_ = (line for line in lines_of(list_id) if line.admitted)
    before = [(it.key, it.rank, it.name) for it in lines_of(list_id)]
    act(
        ChangeKind.TRANSFER, first.plant_id, uscc=code(7), number="001",
        enterprise_name="受让有限公司", bars="stay",
    )  # fmt: skip
    split = find_change(
        act(
            ChangeKind.SPLIT, second.plant_id, name="东", number="900", county="330602",
            bars="follow",
        )
    )  # fmt: skip
    assert split is not None
    db.session.rollback()
    act(ChangeKind.MERGE, second.plant_id, survivor_id=split.other_plant_id, bars="stay")
    work()
    flags = {flag.key for flag in flags_of(list_id, EVERYTHING)}
    assert first.key in flags
    assert str(split.other_plant_id) in flags
    assert second.key not in flags, "it was closed after the day of the list"
    assert [(it.key, it.rank, it.name) for it in lines_of(list_id)] == before
    assert verify(view(list_id)).agrees
