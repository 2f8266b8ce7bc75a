"""Examples for the addresses of operations (运行维护)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kernel import audit, jobs
from app.kernel.database import db
from app.kernel.models import Job
from app.kernel.transaction import writing
from app.operations.queries.backups import backup_folder, list_backups
from app.operations.services import write_backup
from app.operations.services.backing_up import free_path
from app.operations.services.by_hand import CHECK
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.world import Principal, World


def _backups(world: World, _who: Principal, _endpoint: str) -> Examples:
    with world.app.app_context():
        if not list_backups():
            write_backup(free_path(backup_folder(), "manual"))
        yield Kind.OWN, {"backup": list_backups()[0].name}
    yield Kind.UNKNOWN, {"backup": "..app.db"}
    yield Kind.UNKNOWN, {"backup": "unknown.zip"}


def _jobs(world: World, _who: Principal, _endpoint: str) -> Examples:
    with world.app.app_context():
        with writing("测试"):
            job_id = jobs.enqueue(CHECK, {"name": "x.zip"}, key=f"failed:{next(numbers)}")
            job = db.session.get_one(Job, job_id)
            job.state, job.error, job.finished_at = "failed", "测试", job.created_at
            audit.record("job.repeated", "job", job_id)
        yield Kind.OWN, {"job_id": job_id}
    yield Kind.UNKNOWN, {"job_id": NOWHERE}


def _no_fields(_world: World, _who: Principal) -> dict[str, Any]:
    return {}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("backup",): _backups, ("job_id",): _jobs}
FORMS: Mapping[str, Form] = {
    "operations.back_up_now": _no_fields,
    "operations.begin_drill": _no_fields,
    "operations.check_backup": _no_fields,
    "operations.export_backups": _no_fields,
    "operations.export_chain_end": _no_fields,
    "operations.look_now": _no_fields,
    "operations.repeat_job": _no_fields,
}
