"""People who all write the same few records as fast as they are answered (争写)."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ground import Ground
from bench.load.browser import Answer, Browser, Unanswered
from bench.load.people import PASSWORD, Officer
from bench.load.timing import Answers
from sqlalchemy import bindparam, text

from app.kernel import audit
from app.kernel.database import db

WHO_AND_WHEN = re.compile(r"经办\d+号 于 \d{4}-\d{2}-\d{2} \d{2}:\d{2}")


@dataclass
class Written:
    """What the server acknowledged: value → plant; kept in a file, so that a run can go on."""

    path: Path
    values: dict[str, int] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    """Values whose answer never came: they may stand on record or not."""

    def __post_init__(self) -> None:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                value, plant = line.split()
                self._take(value, int(plant))

    def add(self, value: str, plant: int = 0) -> None:
        """Enter one as soon as its answer is there, or, without a plant, has failed to come."""
        self._take(value, plant)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{value} {plant}\n")

    def _take(self, value: str, plant: int) -> None:
        if plant:
            self.values[value] = plant
        else:
            self.unanswered.add(value)


@dataclass
class Writer:
    """Somebody who changes the officer in charge of one plant again and again.

    The form is read, and sent with its version; its fingerprint is that of the preview, which is
    looked at once, and again whenever the server says that something else would follow now. After
    a conflict the form that comes with it is sent on.
    """

    officer: Officer
    browser: Browser
    plant: int
    written: Written
    answers: Answers
    told_nothing: int = 0
    """Conflicts that did not say who was first and when."""
    acknowledged: int = 0
    patience: int = 20
    """So many breaks, or answers that nobody should get, one after the other, and it gives up."""
    _fingerprint: str = ""
    _number: int = 0

    @property
    def address(self) -> str:
        """Of the form."""
        return f"/desk/plants/{self.plant}/edit"

    async def sign_in(self) -> None:
        """Come in."""
        await self.browser.sign_in(self.officer.name, PASSWORD)

    async def go_on(self, goes_on: Callable[[], bool], mark: str) -> None:
        """Write until told to stop; ``mark`` makes the values of this run its own."""
        form: Mapping[str, str] | None = None
        faults = 0
        while goes_on() and faults < self.patience:
            self._number += 1
            value = f"{mark}{self.officer.name}-{self._number}"
            try:
                if form is None:
                    page = await self.browser.get(self.address)
                    if not self.answers.note("form", page):
                        faults += 1
                        continue
                    form = page.form(self.address)
                if not self._fingerprint:
                    form = await self._previewed(form, value)
                    continue
                form = await self._send(form, value)
                faults = 0
            except Unanswered as why:
                self.answers.break_off("write", why)
                self.written.add(value)
                form, faults = None, faults + 1
                await asyncio.sleep(0.2)

    async def _previewed(self, form: Mapping[str, str], value: str) -> Mapping[str, str] | None:
        sent = {**form, "officer": value, "step": "preview"}
        page = await self.browser.post(self.address, sent)
        if page.status == 409:
            return self._conflict(page)
        if not self.answers.note("preview", page):
            return None
        shown = page.form(self.address)
        self._fingerprint = shown["fingerprint"]
        return shown

    async def _send(self, form: Mapping[str, str], value: str) -> Mapping[str, str] | None:
        sent = {
            **form, "officer": value, "step": "confirm", "fingerprint": self._fingerprint,
        }  # fmt: skip
        page = await self.browser.post(self.address, sent)
        if page.status == 303:
            self.answers.note("save", page, expected=(303,))
            self.written.add(value, self.plant)
            self.acknowledged += 1
            return None
        if page.status == 409:
            return self._conflict(page)
        self.answers.note("save", page, expected=(303, 409))
        return None

    def _conflict(self, page: Answer) -> Mapping[str, str]:
        self.answers.note("conflict", page, expected=(409,))
        self.answers.conflicts += 1
        form = page.form(self.address)
        if "fingerprint" in form:  # not another's change of the plant: something else would follow
            self._fingerprint = form["fingerprint"]
        elif not WHO_AND_WHEN.search(page.words(2000)):
            self.told_nothing += 1
        return form


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands in the records and the trail, held against what was acknowledged."""

    lost: int
    """Acknowledged values that the records do not hold exactly once, or the trail not."""
    surplus: int
    """Values on record that nobody acknowledged and whose answer did not go missing."""
    disorder: int
    """Places where a record does not begin when the one before ends, or an entry of the trail
    changes another value than the one before it left; entries more or fewer than records."""
    entries: int
    """Entries of the trail for these plants."""
    chain_broken_at: int | None


def prove(place: Ground, plants: Sequence[int], written: Written) -> Proof:
    """Read records and trail of the hot plants from the database, and compare."""
    with place.app().app_context():
        records = _rows(
            "SELECT plant_id, officer, recorded_at, annulled_at FROM plant_record"
            " WHERE plant_id IN :plants ORDER BY id", plants,
        )  # fmt: skip
        trail = _rows(
            "SELECT object_id, detail FROM audit_entry WHERE action = 'plant.edited'"
            " AND object_type = 'plant' AND object_id IN :plants ORDER BY sequence",
            [str(it) for it in plants],
        )
        checked = audit.verify()
    on_record = Counter((value, plant) for plant, value, _, _ in records)
    changes = [(int(plant), *_change(detail)) for plant, detail in trail]
    in_trail = Counter((new, plant) for plant, _, new in changes)
    lost = sum(
        on_record[key] != 1 or in_trail[key] != 1 for key in written.values.items()
    )  # fmt: skip
    own = {value for value, _ in on_record if "." in value and "-" in value}
    return Proof(
        lost=lost,
        surplus=len(own - written.values.keys() - written.unanswered),
        disorder=_gaps(records) + _jumps(changes) + abs(len(trail) - len(own)),
        entries=len(trail),
        chain_broken_at=checked.broken_at,
    )


def values_on_record(place: Ground, plants: Sequence[int]) -> set[str]:
    """Every value that the plants ever had."""
    with place.app().app_context():
        rows = _rows("SELECT officer FROM plant_record WHERE plant_id IN :plants", plants)
    return {value for (value,) in rows}


def _rows(query: str, plants: Iterable[Any]) -> list[tuple[Any, ...]]:
    statement = text(query).bindparams(bindparam("plants", expanding=True))
    return [tuple(row) for row in db.session.execute(statement, {"plants": list(plants)})]


def _change(detail: str) -> tuple[str, str]:
    old, _, new = str(json.loads(detail).get("经办人", "")).partition(" → ")
    return old, new


def _gaps(records: Iterable[tuple[Any, ...]]) -> int:
    last: dict[int, Any] = {}
    found = 0
    for plant, _, recorded_at, annulled_at in records:
        found += plant in last and last[plant] != recorded_at
        last[plant] = annulled_at
    return found + sum(at is not None for at in last.values())


def _jumps(changes: Iterable[tuple[int, str, str]]) -> int:
    last: dict[int, str] = {}
    found = 0
    for plant, old, new in changes:
        found += plant in last and last[plant] != old
        last[plant] = new
    return found
