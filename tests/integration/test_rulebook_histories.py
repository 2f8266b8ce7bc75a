"""Random edits of settings against an independent reading of what should rule (对照模型).

The model knows nothing of files, libraries or caches: it keeps every edit with the step at which
it was recorded and annulled, and reads a value off that list.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.approvals.domain import Refused
from app.kernel import clock
from app.rulebook.changes import Change
from app.rulebook.queries import parameter, setting
from tests.rule_changes import Editors, editors

COUNTIES = ("", "330602", "330603")
VALUES: dict[str, list[Any]] = {
    "violations.window_months": [12, 24, 36],
    "block.other_kinds": [True, False],
    "rulebook_in_force": ["shaoxing-2023", "national-2026"],
}
FIRST = date(2026, 2, 1)
DAYS = [FIRST + timedelta(days=it) for it in range(6)]
ASKED = [date(2026, 1, 31), *DAYS, date(2027, 1, 1)]


@dataclass
class Entry:
    """An edit: what it says, and from which step until before which it was known."""

    subject: str
    county: str
    from_on: date
    value: Any
    since: int
    until: int | None = None


@dataclass
class Model:
    """All edits ever recorded, above the values of the files."""

    files: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)

    def known(self, step: int) -> list[Entry]:
        return [it for it in self.entries
                if it.since <= step and (it.until is None or step < it.until)]  # fmt: skip

    def ruling(self, subject: str, on: date, county: str, step: int) -> tuple[Any, str]:
        """The value, and whose it is: a county's own goes before the city's."""
        held = [it for it in self.known(step) if it.subject == subject and it.from_on <= on]
        for whose in dict.fromkeys((county, "")):
            own = [it for it in held if it.county == whose]
            if own:
                newest = max(own, key=lambda it: it.from_on)
                return newest.value, whose
        return self.files[subject], ""

    def refuses(self, wanted: Entry, replaced: Entry | None, step: int) -> bool:
        """A second value for the same day, or one that is there already."""
        same = (wanted.subject, wanted.county, wanted.from_on)
        for it in self.known(step):
            if it is not replaced and (it.subject, it.county, it.from_on) == same:
                return True
        now = self.ruling(wanted.subject, wanted.from_on, wanted.county, step)
        return replaced is None and now == (wanted.value, wanted.county)


@dataclass
class Life:
    """The register and its model side by side, step by step."""

    people: Editors
    model: Model
    draw: random.Random
    moments: list[datetime] = field(default_factory=list)
    ids: dict[int, int] = field(default_factory=dict)
    """Place of an entry in the model → number of the edit on record."""

    def live(self, steps: int) -> dict[str, int]:
        done = {"set": 0, "correct": 0, "withdraw": 0, "refused": 0}
        for step in range(1, steps + 1):
            self._note_moment()
            done[self._step(step)] += 1
        self._note_moment()
        return done

    def _note_moment(self) -> None:
        with self.people.app.app_context():
            self.moments.append(clock.now())

    def _step(self, step: int) -> str:
        standing = [n for n, it in enumerate(self.model.entries) if it.until is None]
        act = self.draw.choice(["set", "set", "correct", "withdraw"]) if standing else "set"
        place = self.draw.choice(standing) if standing else -1
        old = self.model.entries[place] if act != "set" else None
        if act == "withdraw" and old is not None:
            self.people.change(
                Change("withdraw", old.subject, old.from_on, "撤", replaces=self.ids[place])
            )
            old.until = step
            return act
        subject = old.subject if old else self.draw.choice(list(VALUES))
        counties = COUNTIES if subject == "rulebook_in_force" else ("",)
        wanted = Entry(subject, self.draw.choice(counties), self.draw.choice(DAYS),
                       self.draw.choice(VALUES[subject]), step)  # fmt: skip
        change = Change(
            "set", subject, wanted.from_on, "理由", county=wanted.county,
            content={"value": wanted.value}, replaces=self.ids[place] if old else None,
        )  # fmt: skip
        if self.model.refuses(wanted, old, step - 1):
            with pytest.raises(Refused):
                self.people.propose(change)
            return "refused"
        self.people.change(change)
        if old is not None:
            old.until = step
        self.model.entries.append(wanted)
        self.ids[len(self.model.entries) - 1] = self.people.newest()
        return act

    def differences(self) -> list[str]:
        """Every question to which the register and the model give different answers."""
        found = []
        with self.people.app.app_context():
            for subject in VALUES:
                for county in COUNTIES:
                    for on in ASKED:
                        for step, moment in enumerate(self.moments):
                            said = setting(subject, on, county or None, moment)
                            wanted = self.model.ruling(subject, on, county, step)[0]
                            if said != wanted:
                                found.append(f"{subject} {county} {on} {step}: {said} {wanted}")
        return found


@pytest.fixture
def life(app: Flask, bureau: None, request: pytest.FixtureRequest) -> Life:
    with app.app_context():
        files = {it: parameter(it, FIRST).value for it in VALUES}
    return Life(editors(app), Model(files), random.Random(request.param))  # noqa: S311 - a draw


@pytest.mark.parametrize("life", [1, 2, 3], indirect=True)
def test_every_day_and_every_moment_reads_as_the_model_says(life: Life) -> None:
    done = life.live(25)
    assert min(done.values()) > 0, done
    assert life.differences() == []


@pytest.mark.parametrize("life", [1], indirect=True)
def test_a_model_that_is_wrong_by_one_edit_is_found_out(life: Life) -> None:
    """The comparison can fail: an edit the model forgot, and one it annuls a step too late."""
    life.live(10)
    forgotten = life.model.entries.pop()
    assert life.differences()
    life.model.entries.append(forgotten)
    assert life.differences() == []
    forgotten.since += 1
    assert life.differences()
