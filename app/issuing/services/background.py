"""Long work on lists in the background (后台起草、后台核验): with thousands of lines a job does it.

Both are harmless when they are done twice: the same draft is found again, a check only notes what
it found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.approvals.domain import Refused
from app.issuing.queries import ListView, find_list
from app.issuing.services.checking import note_verification
from app.issuing.services.drafting import enter, freeze
from app.issuing.subjects import faults_of
from app.issuing.verifying import verify
from app.kernel import jobs
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.models import Job
from app.kernel.transaction import close, transaction, writing

DRAFT, VERIFY = "lists.draft", "lists.verify"
LARGE = 3000
"""With more lines than this a person is shown progress rather than kept waiting."""
STEPS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list that is to be drafted."""

    kind: str
    spec: str
    as_of: str
    county: str


def draft_in_background(kind: str, spec: str, as_of: date, county: str) -> int:
    """Have a list drafted for the person who asks; returns the job's id."""
    return _enqueue(DRAFT, asdict(Wanted(kind, spec, as_of.isoformat(), county)))


def verify_in_background(view: ListView) -> int:
    """Have a signed list checked for the person who asks; returns the job's id."""
    return _enqueue(VERIFY, {"list_id": view.id})


def _enqueue(kind: str, what: Mapping[str, Any]) -> int:
    """The same asked for again by the same person, before it is done, is one job."""
    current = transaction()
    payload = {**what, "by": current.actor_id, "by_name": current.actor_name}
    waiting = db.session.execute(
        select(Job.id).where(
            Job.kind == kind,
            Job.payload == json.dumps(payload, ensure_ascii=False),
            Job.state.in_(jobs.UNDER_WAY),
        )
    ).scalar()
    key = f"{kind}:{current.actor_id}:{current.moment.isoformat()}"
    return waiting or jobs.enqueue(kind, payload, key=key)


def wanted_by(work: jobs.JobView) -> Wanted:
    """What a job of drafting drafts."""
    return Wanted(**{name: work.payload[name] for name in Wanted.__dataclass_fields__})


def find_work(job_id: int, kind: str, person_id: int) -> jobs.JobView | None:
    """The work of this kind, if it was this person who asked for it."""
    job = jobs.find_job(job_id)
    if job is None or job.kind != kind or job.created_by != person_id:
        return None
    return jobs.view_of(job)


def _draft(run: jobs.JobRun) -> None:
    its = run.payload
    run.progress(0, STEPS, "正在按现在所知判定各厂区")
    faults: tuple[type[Exception], ...] = (Refused, *faults_of(its["kind"]))
    try:
        frozen = freeze(its["kind"], its["spec"], date.fromisoformat(its["as_of"]), its["county"])
    except faults as fault:
        raise jobs.JobFailed(str(fault)) from fault
    finally:
        close()
    run.progress(1, STEPS, f"已判定 {len(frozen.rows)} 行，正在冻结内容")
    try:
        with writing("后台起草", actor_id=its["by"], actor_name=its["by_name"]):
            enter(frozen)
    except Refused as fault:
        raise jobs.JobFailed(str(fault)) from fault


def _verify(run: jobs.JobRun) -> None:
    its = run.payload
    run.progress(0, STEPS, "正在核对字节和审计链，并按当时所知重新判定各行")
    try:
        view = find_list(its["list_id"], EVERYTHING)
        if view is None or not view.is_issued:
            raise jobs.JobFailed("没有这份签发的清单，没有核验。")
        found = verify(view)
    finally:
        close()
    with writing("后台核验", actor_id=its["by"], actor_name=its["by_name"]):
        note_verification(view, found)


jobs.define(DRAFT, _draft, title="起草清单（截至 {as_of}）")
jobs.define(VERIFY, _verify, title="核验编号 {list_id} 的清单")
