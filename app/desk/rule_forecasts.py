"""Keeping what a change of 规则库 would move (影响推算): worked out once, shown to both people.

The result lies in ``instance/forecasts/`` under the change's key: it is derived, so it stands in no
table and no backup, and is worked out again where it is lost. A small register is answered at once;
for a large one a background job does the work. What was entered since makes it outdated, not wrong:
the page says so and offers to work it out again.
"""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from app.approvals.queries import open_of_kinds
from app.desk.rule_effects import Step, foresee_change
from app.desk.rule_moves import Moved, RuleEffects, rows_of_json, rows_to_json
from app.kernel import audit, clock, daily, jobs
from app.kernel.transaction import close, transaction
from app.registry.queries import list_plant_ids
from app.rulebook.changes import Change
from app.rulebook.services import INDUSTRY, PARAMETER, ground

JOB = "rulebook.forecast"
AT_ONCE = 1_000
"""Plants up to which the answer is worth waiting for; a larger register is a job's work."""
KEPT = timedelta(days=30)
SHAPE = 1
"""Of what is kept; another program's file counts as lost. To be raised with every change of it."""
_UNREADABLE = (OSError, KeyError, ValueError, zipfile.BadZipFile)
MOVES_NOTHING = frozenset({
    "account", "address", "anchor", "backup", "bureau", "download", "drill", "health",
    "issued_list", "job", "message", "proposal",
})  # fmt: skip
"""Kinds of objects whose entries in the audit log leave every standing and list as it was."""
Fields = Sequence[Sequence[str]]
"""Names and values of the form in which the change was typed; empty where nobody kept it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known of what a change would move: worked out, being worked out, or not yet."""

    key: str
    change: Change
    fields: Fields
    effects: RuleEffects | None = None
    made_at: datetime | None = None
    outdated: str = ""
    """Why it no longer tells what would happen now; empty while it does."""
    job: jobs.JobView | None = None

    @property
    def is_running(self) -> bool:
        """Whether a job is at it."""
        return self.job is not None and self.job.is_running

    @property
    def is_past(self) -> bool:
        """Whether the change begins before today."""
        return self.change.from_on < clock.today()

    @property
    def failure(self) -> str:
        """Why the last job came to nothing."""
        return self.job.error if self.job is not None and self.job.state == "failed" else ""


# --- Looking --------------------------------------------------------------------------------


def find_forecast(key: str) -> Forecast | None:
    """What is known under this key; None where nobody ever asked for or proposed such a change."""
    if len(key) != 32 or not (key.isascii() and key.isalnum()):
        return None
    about, job = _about(key), _newest_job(key)
    told = about or (job.payload if job else None)
    if told is None:
        found = [Change.of(it.payload) for it in open_of_kinds((PARAMETER, INDUSTRY))]
        change = next((it for it in found if it.key == key), None)
        return Forecast(key, change, ()) if change else None
    change = Change.of(told["change"])
    if about is None:
        return Forecast(key, change, told["fields"], job=job)
    effects = RuleEffects.of_summary(about["effects"])
    is_waiting = job is not None and job.state != "done"
    return Forecast(
        key, change, about["fields"], effects, datetime.fromisoformat(about["made_at"]),
        _outdated(effects, about["seen"]), job if is_waiting else None,
    )  # fmt: skip


def forecast_of(change: Change) -> Forecast:
    """What is known of this change."""
    return find_forecast(change.key) or Forecast(change.key, change, ())


def rows_of(forecast: Forecast, day: int, part: str) -> tuple[Moved, ...]:
    """All rows of one part on one day; none where it was not kept."""
    try:
        with zipfile.ZipFile(_path(forecast.key)) as kept:
            return rows_of_json(json.loads(kept.read(f"{day}/{part}.json")))
    except _UNREADABLE:
        return ()


def _outdated(effects: RuleEffects, seen: str) -> str:
    if effects.today != clock.today():
        return f"这是 {effects.today} 推算的，今天的情况可能不同。"
    if audit.is_touched_since(seen, MOVES_NOTHING):
        return "推算之后，台账、规则库或排污权登记有新的记录。"
    return ""


def _about(key: str) -> dict[str, Any] | None:
    try:
        with zipfile.ZipFile(_path(key)) as kept:
            found: dict[str, Any] = json.loads(kept.read("about.json"))
            return found if found.get("shape") == SHAPE else None
    except _UNREADABLE:
        return None


def _newest_job(key: str) -> jobs.JobView | None:
    return jobs.newest(JOB, f"{JOB}:{key}:")


# --- Working it out -------------------------------------------------------------------------


def work_out(change: Change, fields: Fields = ()) -> None:
    """Have it worked out: at once where the register is small, else by a job.

    Inside a writing request; at once means that it is given up for a reading one, so that no other
    writer waits meanwhile.
    """
    if len(list_plant_ids()) <= AT_ONCE:
        close()
        _make(change, fields or forecast_of(change).fields)
        return
    before = _newest_job(change.key)
    if before is None or not before.is_running:
        kept = fields or forecast_of(change).fields
        jobs.enqueue(JOB, {"change": change.to_payload(), "fields": list(kept)},
                     key=f"{JOB}:{change.key}:{transaction().moment.isoformat()}")  # fmt: skip


def _do(run: jobs.JobRun) -> None:
    try:
        _make(Change.of(run.payload["change"]), run.payload["fields"], run.progress)
    finally:
        close()


jobs.define(JOB, _do, title="推算规则修改的影响", repeatable=True)


def _make(change: Change, fields: Fields, step: Step = lambda *_: None) -> None:
    """Work it out within one reading transaction, and put it in the place of an earlier one."""
    seen = audit.mark()
    replaced = next((it.from_on for it in ground().edits if it.id == change.replaces), None)
    effects = foresee_change(change, replaced, step)
    about = {
        "shape": SHAPE,
        "change": change.to_payload(),
        "fields": list(fields),
        "seen": seen,
        "made_at": clock.now().isoformat(),
        "effects": effects.to_summary(),
    }
    members: dict[str, object] = {"about.json": about}
    for number, day in enumerate(effects.days):
        members |= {f"{number}/{it.id}.json": rows_to_json(it.rows) for it in day.parts}
    _keep(change.key, members)


def _keep(key: str, members: Mapping[str, object]) -> None:
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{secrets.token_hex(8)}")
    try:
        with zipfile.ZipFile(unfinished, "x", zipfile.ZIP_DEFLATED) as file:
            for name, value in members.items():
                file.writestr(name, json.dumps(value, ensure_ascii=False))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _folder() -> Path:
    root: Path = current_app.config["CONFIG"].instance_dir
    return root / "forecasts"


def _path(key: str) -> Path:
    return _folder() / f"{key}.zip"


def let_go(on: date) -> None:
    """Remove what was worked out long ago; what is still wanted is worked out again."""
    last = datetime.combine(on, datetime.min.time(), clock.SHANGHAI) - KEPT
    for path in _folder().glob("*") if _folder().is_dir() else ():
        if path.stat().st_mtime < last.timestamp():
            path.unlink(missing_ok=True)


daily.each_day("规则影响推算清理", let_go)
