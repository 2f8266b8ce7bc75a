"""Violations, findings and grades by hand: recorded, withdrawn, corrected, annulled (经办)."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import lxml.html

from tests.chronicles.browser import confirmed, previewed, words_of
from tests.chronicles.life import Life
from tests.chronicles.model import (
    ANY_GRADE,
    BOOK,
    LAW_KINDS,
    LOWEST,
    NATIONAL,
    SCHEMES,
    Finding,
    Grade,
    Register,
    Violation,
)
from tests.chronicles.rules import finding_refused, grade_refused, violation_refused

Fact = Violation | Finding | Grade
LISTED = {Violation: "violations", Finding: "findings", Grade: "grades"}


def _list(register: Register, kind: type[Any]) -> list[Any]:
    held: dict[type[Any], list[Any]] = {
        Violation: register.violations, Finding: register.findings, Grade: register.grades,
    }  # fmt: skip
    return held[kind]


def _some(life: Life, kind: type[Any]) -> Any:
    found = _list(life.register, kind)
    return life.chance.choice(found) if found else None


def _a_plant_of(life: Life, fact: Fact) -> int | None:
    """A plant within whose page the fact is found; none when its enterprise has no plant left."""
    if fact.plant is not None:
        return fact.plant
    owner = getattr(fact, "owner", "")
    found = [it.key for it in life.register.plants.values() if it.owner == owner]
    return found[0] if found else None


def _refused(register: Register, new: Any, old: Any, today: date) -> str:
    if isinstance(new, Grade):
        return grade_refused(register, new, old, today)
    if isinstance(new, Violation):
        return violation_refused(register, new, old)
    return finding_refused(register, new, old)


def _stand(life: Life, old: Any, new: Any) -> None:
    """In the model the old record goes and the new one is recorded last."""
    held = _list(life.register, type(new if new is not None else old))
    if old is not None:
        held[:] = [it for it in held if it is not old]
    if new is not None:
        held.append(new)


def _address(life: Life, fact: Fact) -> str:
    """The page of a fact, found as a person finds it: by its document."""
    listed = LISTED[type(fact)]
    page = life.office.at("city-head").get(f"/desk/{listed}?q={fact.document}")
    place = "企业全部厂区"
    if fact.plant is not None:
        plant = life.register.plants[fact.plant]
        place = f"{plant.number} {plant.name}"
    found = [
        row.findall("th/a")[0].get("href")
        for row in lxml.html.fromstring(page.text).iter("tr")
        if row.findall("th/a") and place in " ".join(row.text_content().split())
    ]
    assert len(found) == 1, (fact, found, words_of(page))
    return str(found[0])


def _act(
    life: Life, told: str, address: str, values: dict[str, Any], old: Any, new: Any, *,
    two: bool, refused: str = "",
) -> None:  # fmt: skip
    """Do it on the pages; then in the model, if neither of them refuses."""
    with life.held():
        maker = life.office.at(_maker(life, two))
        before_proposals = life.proposals(maker) if two else set()
        seen = previewed(maker, address, values)
        if seen.status_code != 200:
            if not refused:
                life.fault(f"{told}: refused ({seen.status_code}) {_errors(seen)}")
            return
        if refused:
            life.fault(f"{told}: the preview accepts what is {refused}")
        if two and life.chance.random() < 0.5:
            life.pass_minutes()
        done = confirmed(maker, address, seen)
        if done.status_code != 303:
            life.fault(f"{told}: not saved ({done.status_code}) {_errors(done)}")
            return
        proposal = life.proposal_of(maker, before_proposals) if two else 0
    if two:
        seen, done = life.decided(proposal, "city-head")
        if done.status_code != 303:
            life.fault(f"{told}: not approved ({done.status_code}) {_errors(done)}")
            return
    before = deepcopy(life.register)
    _stand(life, old, new)
    life.check_preview(seen, before, told)
    life.keep(told)


def _maker(life: Life, two: bool) -> str:
    return "city-head-2" if two else life.chance.choice(("city-officer", "city-officer-2"))


def _errors(page: Any) -> str:
    found = re.findall(r'class="field-error"[^>]*>([^<]*)|<li><a href="#f-[^>]*>([^<]*)', page.text)
    return " / ".join(a or b for a, b in found) or words_of(page)[:300]


# --- Recording ---------------------------------------------------------------------------------


def record_violation(life: Life) -> None:
    """A decision arrives on paper."""
    plant = life.plant()
    if plant is None:
        return
    whole = life.chance.random() < 0.25
    decided = life.past_day()
    acted = decided - timedelta(life.chance.randrange(500)) if life.chance.random() < 0.5 else None
    kind = life.chance.choice((*LAW_KINDS, "其他", "其他"))
    new = Violation(
        plant.owner, None if whole else plant.key, kind, acted, decided, life.document("罚")
    )
    refused = violation_refused(life.register, new, None)
    _act(life, f"record {new}", f"/desk/plants/{plant.key}/violations/new", _values(new),
         None, new, two=False, refused=refused)  # fmt: skip


def record_finding(life: Life) -> None:
    """False material is found."""
    plant = life.plant()
    if plant is None:
        return
    key = None if life.chance.random() < 0.25 else plant.key
    new = Finding(plant.owner, key, life.past_day(), life.document("认"))
    _act(life, f"record {new}", f"/desk/plants/{plant.key}/findings/new", _values(new),
         None, new, two=True, refused=finding_refused(life.register, new, None))  # fmt: skip


def record_grade(life: Life) -> None:
    """A grade is given."""
    plant = life.plant()
    if plant is None:
        return
    new = random_grade(life, plant.key)
    refused = grade_refused(life.register, new, None, life.today)
    _act(life, f"record {new}", f"/desk/plants/{plant.key}/grades/new", _values(new),
         None, new, two=True, refused=refused)  # fmt: skip


def random_grade(life: Life, key: int) -> Grade:
    """A grade record of a plant, mostly within its scheme."""
    plant, chance = life.register.plants[key], life.chance
    book = NATIONAL if chance.random() < 0.15 else BOOK
    lowest = LOWEST.get((book, plant.industry, plant.subtype))
    source = chance.choice(("核定", "复核", "降级", "历史"))
    allowed = SCHEMES[lowest] if lowest and chance.random() < 0.9 else ANY_GRADE[book]
    start = life.past_day()
    if chance.random() < 0.1:
        start = life.today + timedelta(chance.randrange(1, 60))
    end = start + timedelta(chance.randrange(0, 500)) if chance.random() < 0.3 else None
    return Grade(key, book, chance.choice(allowed), start, end, source, life.document("级"))


# --- Afterwards --------------------------------------------------------------------------------


def withdraw(life: Life, kind: type[Any]) -> None:
    """A decision is withdrawn; a grade is ended."""
    old = _some(life, kind)
    if old is None or _a_plant_of(life, old) is None:
        return
    if kind is Grade:
        end = life.chance.choice((life.today, old.start + timedelta(life.chance.randrange(1, 300))))
        new = replace(old, end=end)
        values = {"expires_on": end, "ending_document": "止", "ending_reason": "到期"}
        if old.end is not None:
            return
    else:
        began = old.decided if kind is Violation else old.found
        day = life.chance.choice((life.today, began, began + timedelta(30)))
        if old.withdrawn is not None or day > life.today:
            return
        new = replace(old, withdrawn=day)
        values = {"withdrawn_on": day, "withdrawal_document": "撤", "withdrawal_reason": "复议"}
    with life.held():
        address = f"{_address(life, old)}/withdraw"
    refused = _refused(life.register, new, old, life.today)
    two = kind is not Violation
    _act(life, f"withdraw {new}", address, values, old, new, two=two, refused=refused)


def correct(life: Life, kind: type[Any]) -> None:
    """A mistake is mended: the old record stays visible, the new one rules."""
    old = _some(life, kind)
    if old is None or _a_plant_of(life, old) is None:
        return
    chance = life.chance
    if isinstance(old, Grade):
        drawn = random_grade(life, old.plant)
        drawn.document = old.document
        new: Any = replace(drawn, end=old.end if chance.random() < 0.5 else drawn.end)
        if chance.random() < 0.5:
            new = replace(old, grade=drawn.grade)
    elif isinstance(old, Violation):
        decided = life.past_day() if chance.random() < 0.5 else old.decided
        kind_ = old.kind if old.marked else chance.choice((*LAW_KINDS, "其他"))
        withdrawn = chance.choice((old.withdrawn, None, life.today)) if old.withdrawn else None
        new = replace(old, kind=kind_, decided=decided, withdrawn=withdrawn)
        if chance.random() < 0.3:
            new.acted = decided - timedelta(chance.randrange(400))
    else:
        withdrawn = chance.choice((old.withdrawn, None, life.today)) if old.withdrawn else None
        new = replace(old, found=life.past_day(), withdrawn=withdrawn)
    if new == old:
        return
    with life.held():
        address = f"{_address(life, old)}/correct"
    values = {**_values(new), **_end_values(new, old), "reason": "登记有误"}
    refused = _refused(life.register, new, old, life.today)
    two = kind is not Violation
    _act(life, f"correct {old} to {new}", address, values, old, new, two=two, refused=refused)


def annul(life: Life, kind: type[Any]) -> None:
    """A record that should never have been entered."""
    old = _some(life, kind)
    if old is None or _a_plant_of(life, old) is None:
        return
    if isinstance(old, Violation) and old.marked:
        return
    with life.held():
        address = f"{_address(life, old)}/annul"
    _act(
        life, f"annul {old}", address, {"reason": "重复登记"}, old, None, two=kind is not Violation
    )


def mark(life: Life) -> None:
    """The head marks another kind of violation as barring, or lifts the mark."""
    found = [it for it in life.register.violations if it.kind == "其他"]
    old = life.chance.choice(found) if found else None
    if old is None or _a_plant_of(life, old) is None:
        return
    new = replace(old, marked=not old.marked)
    with life.held():
        address = f"{_address(life, old)}/{'unmark' if old.marked else 'mark'}"
    values = {"reason": "重新认定"} if old.marked else {"barring_reason": "情节严重"}
    _act(life, f"mark {new}", address, values, old, new, two=True)


def _values(new: Fact) -> dict[str, Any]:
    reach = {"reach": "enterprise" if new.plant is None else "plant"}
    if isinstance(new, Violation):
        return {
            **reach, "kind": new.kind, "acted_on": new.acted or "", "decided_on": new.decided,
            "document": new.document,
        }  # fmt: skip
    if isinstance(new, Finding):
        return {**reach, "found_on": new.found, "document": new.document}
    return {
        "rulebook": new.book, "grade": new.grade, "effective_on": new.start,
        "expires_on": new.end or "", "source": new.source, "document": new.document,
    }  # fmt: skip


def _end_values(new: Fact, old: Fact) -> dict[str, Any]:
    if isinstance(new, Grade) or isinstance(old, Grade) or old.withdrawn is None:
        return {}
    if new.withdrawn is None:
        return {"withdrawn_on": "", "withdrawal_document": "", "withdrawal_reason": ""}
    return {"withdrawn_on": new.withdrawn, "withdrawal_document": "撤", "withdrawal_reason": "复议"}
