"""Settings changed by the rule editor and approved by the head (本局设定的修改)."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from tests.chronicles.browser import filled, form_of, words_of
from tests.chronicles.life import COUNTIES, Life
from tests.chronicles.model import BOOK, DEFAULTS, NATIONAL, Edit

VALUES: dict[str, tuple[Any, ...]] = {
    "rulebook_in_force": (BOOK, NATIONAL),
    "ungraded_as_lowest": (True, False),
    "positive_list.exclude_blocked": (True, False),
    "violation_year_basis": ("decided", "acted"),
    "block.other_kinds": (True, False),
    "violations.window_months": (6, 12, 24, 36, 48),
    "allocation.partial": (True, False),
}
PREVIEW, PROPOSE = "/desk/rulebook/change/preview", "/desk/rulebook/change"


def change(life: Life) -> None:
    """A new value from a day on."""
    chance = life.chance
    name = chance.choice(tuple(VALUES))
    county = chance.choice(("", *COUNTIES)) if name == "rulebook_in_force" else ""
    day = chance.choice((life.today, life.past_day(), life.today + timedelta(chance.randrange(60))))
    national_since = date(2026, 1, 13)
    if name == "rulebook_in_force":
        day = max(day, national_since)
    others = [it for it in VALUES[name] if it != life.register.setting(name, day, county)]
    if any(
        (it.parameter, it.county, it.from_on) == (name, county, day) for it in life.register.edits
    ):
        return
    value = chance.choice(others)
    new = Edit(name, value, day, county)
    address = f"{PROPOSE}?act=set&subject={name}"
    typed = {"value": str(value).lower() if isinstance(value, bool) else value, "from_on": day,
             "reason": "经局务会研究", **({"county": county} if county else {})}  # fmt: skip
    with life.held():
        editor = life.office.at("rule-editor")
        known = life.proposals(editor)
        page = editor.get(address)
        seen = editor.post(PREVIEW, data=filled(page, PREVIEW, typed))
        if seen.status_code == 303:
            seen = editor.get(seen.location)
        if seen.status_code != 200:
            life.fault(f"{new}: refused {words_of(seen)[:300]}")
            return
        done = editor.post(PROPOSE, data=form_of(seen, PROPOSE))
        if done.status_code != 303:
            life.fault(f"{new}: not proposed ({done.status_code}) {words_of(done)[:300]}")
            return
        proposal = life.proposal_of(editor, known)
    _, done = life.decided(proposal, "city-head")
    if done.status_code != 303:
        life.fault(f"{new}: not approved ({done.status_code}) {words_of(done)[:300]}")
        return
    deepcopy(life.register)
    life.register.edits.append(new)
    life.keep(f"set {new}")


assert set(VALUES) == set(DEFAULTS)
