"""Lists drafted, checked, signed, replaced and withdrawn; what must hold of them ever after."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html

from app.kernel.clock import parse_moment
from app.kernel.config import ROOT
from tests.chronicles.browser import words_of
from tests.chronicles.compare import answer
from tests.chronicles.life import COUNTIES, Issued, Life
from tests.chronicles.model import MEASURES, Register, list_of

_KINDS = {"新纳入": "entered", "不再纳入": "left", "位次变动": "moved", "其他变化": "changed"}
_PLANT = re.compile(r"/plants/(\d+)")


@dataclass
class Draft:
    """A list on its way (草稿)."""

    id: int
    measure: str
    day: date
    county: str
    checked: bool = False


def draft(life: Life) -> None:
    """A list is drafted; sometimes for an earlier day, sometimes for one county."""
    chance = life.chance
    measure = chance.choice(MEASURES)
    day = chance.choice((life.today, life.past_day()))
    county = chance.choice((*COUNTIES, "", "", ""))
    listed = [it for it in list_of(life.register, measure, day) if county in ("", it["county"])]
    if not listed:
        return
    with life.held():
        maker = life.office.at("city-officer")
        form = {"list": f"measure/{measure}", "as_of": str(day), "county": county, "act": "draft"}
        made = maker.post("/lists/new", data=form)
        if made.status_code != 303:
            life.fault(f"draft {form}: {made.status_code} {words_of(made)[:300]}")
            return
    number = int(made.location.split("/lists/")[1].split("?")[0])
    life.drafts.append(Draft(number, measure, day, county))
    life.story.append(f"{life.now:%Y-%m-%d %H:%M} draft list {number} {measure} {county} of {day}")


def proceed(life: Life) -> None:
    """A draft is checked by a second person, or signed by the head."""
    if not life.drafts:
        draft(life)
    if not life.drafts:
        return
    it = life.chance.choice(life.drafts)
    if not it.checked:
        with life.held():
            done = life.office.at("city-officer-2").post(f"/lists/{it.id}/check", data={"note": ""})
        it.checked = True
        if done.status_code != 303:
            life.fault(f"check of list {it.id}: {done.status_code} {words_of(done)[:300]}")
        if life.chance.random() < 0.4:
            return
        life.pass_minutes()
    _sign(life, it)


def _sign(life: Life, it: Draft) -> None:
    number = life.document("发")
    with life.held():
        head = life.office.at("city-head")
        form = {"number": number, "signed_on": "", "effective_on": "", "confirm": "1",
                "reason": "已知悉其后的变动"}  # fmt: skip
        done = head.post(f"/lists/{it.id}/sign", data=form)
        if done.status_code != 303:
            life.fault(f"signing list {it.id}: {done.status_code} {words_of(done)[:400]}")
            life.drafts.remove(it)
            return
        made = head.post(f"/lists/{it.id}/download", data={"format": "json"})
        with head.get(made.location) as file:
            frozen = file.data
    life.drafts.remove(it)
    known_at = parse_moment(json.loads(frozen)["issue"]["known_at"])
    life.issued.append(Issued(it.id, it.measure, it.day, it.county, known_at, frozen))
    life.story.append(f"{life.now:%Y-%m-%d %H:%M} sign list {it.id}")


def withdraw(life: Life) -> None:
    """A list in force is withdrawn."""
    if not life.issued:
        return
    it = life.chance.choice(life.issued)
    with life.held():
        head = life.office.at("city-head")
        if "撤回清单" in head.get(f"/lists/{it.id}").text:
            done = head.post(f"/lists/{it.id}/withdraw", data={"note": "另行签发"})
            if done.status_code != 303:
                life.fault(f"withdrawing list {it.id}: {done.status_code} {words_of(done)[:300]}")
            life.story.append(f"{life.now:%Y-%m-%d %H:%M} withdraw list {it.id}")


# --- Ever after ----------------------------------------------------------------------------------


def hold(life: Life) -> None:
    """Every list verifies, comes out again byte for byte, and is flagged where it should be."""
    life.work()
    for it in life.issued:
        with life.held():
            verified = life.app.test_cli_runner().invoke(args=["policy", "verify", str(it.id)])
        if verified.exit_code != 0:
            life.fault(f"list {it.id} does not verify: {verified.output[:500]}")
        _byte_for_byte(life, it)
        _alone(life, it)
        _flagged(life, it)


def _byte_for_byte(life: Life, it: Issued) -> None:
    words = ["run", it.measure, "--as-of", str(it.day), "--known-at", it.known_at.isoformat()]
    found, content = answer(life, *words, *(["--county", it.county] if it.county else []))
    signed = json.loads(it.frozen)
    said = {key: value for key, value in signed["content"]["list"].items() if key != "known_at"}
    again = {key: value for key, value in found.items() if key != "known_at"}
    if _written(said) != _written(again):
        life.fault(f"list {it.id} comes out otherwise: {said['sha256']} {again['sha256']}")
    sealed = {key: value for key, value in signed.items() if key != "sha256"}
    if hashlib.sha256(_written(sealed)).hexdigest() != signed["sha256"]:
        life.fault(f"list {it.id}: its own hash is not that of its bytes")
    assert content


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _alone(life: Life, it: Issued) -> None:
    """The stand-alone script, for one list in three."""
    if it.id % 3:
        return
    path = Path(life.app.config["CONFIG"].instance_dir) / f"list-{it.id}.json"
    path.write_bytes(it.frozen)
    digest = json.loads(it.frozen)["sha256"]
    script = [sys.executable, str(ROOT / "scripts" / "verify_list.py"), str(path)]
    script += ["--sha256", digest]
    done = subprocess.run(script, capture_output=True, text=True)
    if done.returncode:
        life.fault(f"list {it.id}: the script says {done.stdout[-500:]} {done.stderr[-300:]}")


def _flagged(life: Life, it: Issued) -> None:
    """The flags are the lines on which the list, had all been known, would have differed."""
    with life.held():
        head, page = life.office.at("city-head"), 1
        found: dict[int, str] = {}
        while True:
            answer_ = head.get(f"/lists/{it.id}?part=flags&page={page}")
            rows = list(_rows(answer_.text))
            found.update(rows)
            if f'page={page + 1}"' not in answer_.text:
                break
            page += 1
    expected = differing(life.as_known(it.known_at), life.register, it)
    if found != expected:
        apart = {
            key: (found.get(key), expected.get(key))
            for key in found.keys() | expected.keys()
            if found.get(key) != expected.get(key)
        }
        which = f"list {it.id} ({it.measure} {it.county} on {it.day}, known {it.known_at})"
        life.fault(f"flags of {which}: plant → flagged, expected: {apart}")


def _rows(text: str) -> Iterator[tuple[int, str]]:
    for row in lxml.html.fromstring(text).iter("tr"):
        cells = row.findall("td")
        link = row.find("th/a")
        if cells and link is not None and (found := _PLANT.match(link.get("href") or "")):
            yield int(found[1]), _KINDS[(cells[0].text or "").strip()]


def differing(then: Register, now: Register, it: Issued) -> dict[int, str]:
    """Plant → what became of its line; names and places are no decision."""
    before, after = _lines(then, it), _lines(now, it)
    found = {}
    for key in before.keys() | after.keys():
        was, becomes = before.get(key), after.get(key)
        kind = _kind(was, becomes)
        if kind:
            found[key] = kind
    return found


def _kind(was: dict[str, Any] | None, becomes: dict[str, Any] | None) -> str:
    listed = bool(was and was["admitted"]), bool(becomes and becomes["admitted"])
    if listed[0] != listed[1]:
        return "entered" if listed[1] else "left"
    if was is None or becomes is None:
        return "changed"
    if was["rank"] != becomes["rank"]:
        return "moved"
    decided = ("grade", "rulebook", "reasons", "facts")
    return "changed" if any(was[name] != becomes[name] for name in decided) else ""


def _lines(register: Register, it: Issued) -> dict[int, dict[str, Any]]:
    keys = {(plant.owner, plant.number): key for key, plant in register.plants.items()}
    return {
        keys[row["uscc"], row["plant"]]: row
        for row in list_of(register, it.measure, it.day)
        if not it.county or row["county"] == it.county
    }
